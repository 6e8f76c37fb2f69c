/** Lines of one unit by address and addresses by line: the rows that can be believed, packed. */
import type { CodeLayout } from './code-layout.ts';
import type { LineRow, LineTable } from './line-program.ts';
import { isTombstone } from './ranges.ts';

/** A place in the source. */
export interface LinePlace {
  readonly file: string;
  /** From 1. Undefined for code that no line of the source stands for. */
  readonly line: number | undefined;
  /** From 1. Undefined where the compiler did not say. */
  readonly column: number | undefined;
}

/** `src/main.c:12:3`; not escaped. */
export function placeText({ file, line, column }: LinePlace): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** A row as it is kept. */
export interface IndexedRow {
  readonly address: number;
  /** Where the next row's code begins. */
  readonly end: number;
  readonly file: number;
  /** 0: none. */
  readonly line: number;
  readonly column: number;
  readonly isStatement: boolean;
  readonly prologueEnd: boolean;
}

const STATEMENT = 1;
const PROLOGUE_END = 2;
const END = 4;

export class LineIndex {
  readonly files: LineTable['files'];
  /** Sequences whose code is not what it was when they were made. */
  readonly stale: number;
  private readonly addresses: Float64Array;
  private readonly fileNumbers: Uint32Array;
  private readonly lines: Uint32Array;
  private readonly columns: Uint32Array;
  private readonly flags: Uint8Array;

  constructor(table: LineTable, layout: CodeLayout) {
    const { rows, stale } = believable(table, layout);
    this.files = table.files.map((file) => file && tidyPath(file));
    this.stale = stale;
    this.addresses = Float64Array.from(rows, ({ address }) => address);
    this.fileNumbers = Uint32Array.from(rows, ({ file }) => file);
    this.lines = Uint32Array.from(rows, ({ line }) => line);
    this.columns = Uint32Array.from(rows, ({ column }) => column);
    this.flags = Uint8Array.from(
      rows,
      ({ isStatement, prologueEnd, endSequence }) =>
        (isStatement ? STATEMENT : 0) | (prologueEnd ? PROLOGUE_END : 0) | (endSequence ? END : 0),
    );
  }

  get length(): number {
    return this.addresses.length;
  }

  /** The row whose code an address lies in; of several at one address the last. */
  rowAt(address: number): IndexedRow | undefined {
    const { addresses } = this;
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((addresses[middle] as number) <= address) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.row(low - 1);
  }

  /** Rows in the order of their addresses, without the ends of sequences. */
  *rows(): Generator<IndexedRow, undefined> {
    for (let i = 0; i < this.length; i++) {
      const row = this.row(i);
      if (row !== undefined) yield row;
    }
  }

  place({ file, line, column }: IndexedRow): LinePlace | undefined {
    return placeOf(this.files, file, line, column);
  }

  private row(i: number): IndexedRow | undefined {
    const flags = this.flags[i] ?? END;
    if (flags & END) return undefined;
    return {
      address: this.addresses[i] ?? 0,
      end: this.addresses[i + 1] ?? 0,
      file: this.fileNumbers[i] ?? 0,
      line: this.lines[i] ?? 0,
      column: this.columns[i] ?? 0,
      isStatement: (flags & STATEMENT) !== 0,
      prologueEnd: (flags & PROLOGUE_END) !== 0,
    };
  }
}

/** Compilers that were given `.` for a folder write `././source.c`. `..` may lead through a link: it stays. */
export function tidyPath(path: string): string {
  return path.replace(/\/(?:\.?\/)+/g, '/').replace(/^\.\/(?=.)/, '');
}

/** A place by its numbers; undefined where there is no such file. */
export function placeOf(
  files: LineTable['files'],
  file: number,
  line: number,
  column: number,
): LinePlace | undefined {
  const path = files[file];
  if (path === undefined) return undefined;
  return { file: path, line: line || undefined, column: (line && column) || undefined };
}

function believable(table: LineTable, layout: CodeLayout): { rows: LineRow[]; stale: number } {
  const sequences: LineRow[][] = [];
  let stale = 0;
  let from = 0;
  table.rows.forEach((row, i) => {
    if (!row.endSequence) return;
    const sequence = table.rows.slice(from, i + 1);
    from = i + 1;
    const low = sequence[0]?.address ?? 0;
    if (isTombstone(low, table.addressSize) || row.address <= low) return;
    const rises = sequence.every(({ address }, at) => address >= (sequence[at - 1]?.address ?? 0));
    if (rises && layout.fits(low, row.address)) sequences.push(sequence);
    else stale++;
  });
  sequences.sort((a, b) => (a[0]?.address ?? 0) - (b[0]?.address ?? 0));
  return { rows: sequences.flat(), stale };
}
