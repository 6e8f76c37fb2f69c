/** Source files that a module's debug information names: those that the trace holds, then those that are found here. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is larger is no source file. */
const MAX_BYTES = 16 << 20;

/** Of a path that begins with `from`. */
export interface PathChange {
  readonly from: string;
  readonly to: string;
}

export class SourceFiles {
  private readonly folders: readonly string[];
  private readonly stored: (file: string) => string | undefined;
  private readonly moved: readonly PathChange[];
  private readonly known = new Map<string, readonly string[] | undefined>();
  private readonly paths = new Map<string, string | undefined>();

  /**
   * @param folders where to look, in this order
   * @param stored text of a file that the trace holds
   * @param moved beginnings of paths that are others here; the first that fits counts
   */
  constructor(
    folders: readonly string[],
    stored: (file: string) => string | undefined = () => undefined,
    moved: readonly PathChange[] = [],
  ) {
    this.folders = folders;
    this.stored = stored;
    this.moved = moved;
  }

  /** @param file as the debug information has it; undefined where there is none */
  lines(file: string): readonly string[] | undefined {
    if (!this.known.has(file)) this.known.set(file, this.read(file));
    return this.known.get(file);
  }

  /** Where a file is here; undefined where it is not. */
  pathOf(file: string): string | undefined {
    if (!this.paths.has(file)) this.paths.set(file, this.find(file));
    return this.paths.get(file);
  }

  private read(file: string): readonly string[] | undefined {
    const path = this.pathOf(file);
    const text = this.stored(file) ?? (path && readFileSync(path, 'utf8'));
    return text?.split('\n');
  }

  /** The path itself, then its ends in each folder, the longest first. */
  private find(named: string): string | undefined {
    const change = this.moved.find(({ from }) => named.startsWith(from));
    const file = change === undefined ? named : change.to + named.slice(change.from.length);
    const parts = file.split('/').filter((part) => part !== '');
    const ends = parts.map((_, i) => parts.slice(i).join('/'));
    const paths = [file, ...this.folders.flatMap((folder) => ends.map((end) => join(folder, end)))];
    return paths.find((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat?.isFile() && stat.size <= MAX_BYTES;
    });
  }
}
