/** Code by line and lines by code, for a debugger: what breakpoints and steps by line go by. */
import type { SourceRow } from '../dwarf/debug-info.ts';
import { type LinePlace, placeText } from '../dwarf/line-index.ts';
import type { FrameNames, LineSource } from './frame-names.ts';

/** Where a line's code begins in one function. */
export interface LineCode {
  readonly func: number;
  /** Byte offset in the module; an instruction that nothing happens at may stand there. */
  readonly offset: number;
  readonly place: LinePlace;
}

export class SourceLines {
  private readonly names: FrameNames;
  /** Undefined for a module that does not tell. */
  private readonly source: LineSource | undefined;
  private readonly known = new Map<number, readonly string[]>();
  private functionRows: ReadonlyMap<number, readonly SourceRow[]> | undefined;

  constructor(names: FrameNames) {
    this.names = names;
    this.source = names.lines;
  }

  /**
   * Lines of the calls that stand at a place, outermost first: more than one where calls were inlined.
   * Empty where none is known.
   */
  at(offset: number): readonly string[] {
    let lines = this.known.get(offset);
    if (lines === undefined) {
      lines = this.read(offset);
      this.known.set(offset, lines);
    }
    return lines;
  }

  /** Whether any line of a function is known. */
  has(func: number): boolean {
    return this.rowsOf(func).length > 0;
  }

  /** Where a function's parameters are in place; undefined where no line of it is known. */
  bodyOf(func: number): number | undefined {
    const rows = this.rowsOf(func);
    return (rows.find(({ prologueEnd }) => prologueEnd) ?? rows[0])?.offset;
  }

  /** Files of the module's lines. */
  get files(): readonly string[] {
    const files = new Set<string>();
    for (const rows of this.rows.values()) for (const { place } of rows) files.add(place.file);
    return [...files];
  }

  /**
   * Where the code of a line begins, in each function that has some; of the next line that has code, if
   * this one has none.
   */
  codeOf(file: string, line: number): readonly LineCode[] {
    let found: LineCode[] = [];
    let nearest = Number.POSITIVE_INFINITY;
    for (const [func, rows] of this.rows) {
      for (const { place, offset, isStatement } of rows) {
        const { line: own = 0 } = place;
        if (!isStatement || place.file !== file || own < line || own > nearest) continue;
        if (own < nearest) found = [];
        nearest = own;
        if (found.at(-1)?.func !== func) found.push({ func, offset, place });
      }
    }
    return found;
  }

  private rowsOf(func: number): readonly SourceRow[] {
    return this.rows.get(func) ?? [];
  }

  /** By function, in the order of the code; those without a line are left out. */
  private get rows(): ReadonlyMap<number, readonly SourceRow[]> {
    if (this.functionRows !== undefined) return this.functionRows;
    const rows = new Map<number, SourceRow[]>();
    for (const row of this.source?.rows() ?? []) {
      if (row.place.line === undefined) continue;
      const func = this.names.functionAt(row.offset);
      const own = rows.get(func);
      if (own === undefined) rows.set(func, [row]);
      else own.push(row);
    }
    for (const own of rows.values()) own.sort((a, b) => a.offset - b.offset);
    this.functionRows = rows;
    return rows;
  }

  private read(offset: number): readonly string[] {
    const lines: string[] = [];
    for (const { place } of this.source?.framesAt(offset) ?? []) {
      if (place?.line === undefined) return [];
      lines.push(placeText({ ...place, column: undefined }));
    }
    return lines.reverse();
  }
}
