/**
 * The directories that a guest keeps going to, held open, so that a deep path need not be walked again.
 *
 * Held is not trusted: before each use the system is asked where the directory is now. Only if that is
 * still where its path leads, name by name and through no link, is it the one that the walk would find; a
 * directory that was moved, removed, or replaced by a link is elsewhere, and then the walk decides.
 * Asking costs 3 µs, each directory on a walk 4.2 µs.
 */
import { readlinkSync } from 'node:fs';
import { type Directory, descriptorPath, leave } from './directory.ts';

/** How many are held open for each directory that paths start from. */
const CAPACITY = 32;

/** A directory of the guest's, from which its paths start. */
export interface StartDirectory extends Directory {
  readonly known: KnownDirectories;
}

export function startingAt(directory: Directory): StartDirectory {
  return { ...directory, known: new KnownDirectories(directory) };
}

interface Known {
  readonly directory: Directory;
  readonly location: string;
}

class KnownDirectories {
  private readonly start: Directory;
  private readonly known = new Map<string, Known>();
  /** The last one that was walked to: one that is used once is not worth keeping. */
  private lastWalked = '';

  constructor(start: Directory) {
    this.start = start;
  }

  /** @param path of plain names, from the start */
  find(path: string): Directory | undefined {
    const known = this.known.get(path);
    if (known === undefined) return undefined;
    if (location(known.directory) === known.location) return known.directory;
    this.drop(path, known);
    return undefined;
  }

  /** @returns whether the directory, which has been walked to, is held from now on */
  keep(path: string, directory: Directory): boolean {
    const again = this.lastWalked === path;
    this.lastWalked = path;
    if (!again || this.known.has(path)) return false;
    const where = location(directory);
    const above = location(this.start);
    if (where === undefined || where !== `${above === '/' ? '' : above}/${path}`) return false;
    const [oldest] = this.known;
    if (oldest !== undefined && this.known.size === CAPACITY) this.drop(...oldest);
    this.known.set(path, { directory, location: where });
    return true;
  }

  close(): void {
    for (const { directory } of this.known.values()) leave(directory);
    this.known.clear();
  }

  private drop(path: string, { directory }: Known): void {
    this.known.delete(path);
    leave(directory);
  }
}

/** Where the directory is now, in bytes; undefined where it has no descriptor that could be asked. */
function location({ fd }: Directory): string | undefined {
  return fd === undefined ? undefined : readlinkSync(descriptorPath(fd), 'latin1');
}
