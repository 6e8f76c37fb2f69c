/**
 * Rows of the call index. Runs once per recorded call. Measured for a million rows: ten columns a row
 * 1.4 µs, four columns 0.6 to 0.75 µs. So what calls have in common, their shape, is stored once; a row
 * holds its shape and its times, and a result that is another with every call: a shape for each reading of a clock
 * cost 3 µs.
 * Many rows at once go by row-pages.ts.
 */
import type Database from 'better-sqlite3';
import { type EntryRow, storeEntries } from './entries.ts';
import { type LateAnswerRow, storeLateAnswers } from './late-answers.ts';
import { RowPages } from './row-pages.ts';
import { CALL_ROWS } from './schema.ts';

/** What a call is in words, without its place in time. Texts are unescaped. */
export interface CallShape {
  /** Id in the function dictionary. */
  readonly func: number;
  readonly fd: number | undefined;
  readonly path: string | undefined;
  /** JSON object of the decoded arguments. */
  readonly args: string;
  /** Name of the error, `success`, or undefined for a call that did not return. */
  readonly errno: string | undefined;
  /**
   * JSON object of the decoded results; undefined where there are none. With `valued` it holds
   * {@link VALUE_MARK} in place of its only number or text, which stands in the row.
   */
  readonly result: string | undefined;
  readonly valued: boolean;
  /** Bytes moved, for calls that move any. */
  readonly bytes: number | undefined;
}

/** A number, or what stands between the quotes of a JSON text. */
export type CallValue = number | bigint | string;

/** What stands for a row's value in the result of its shape; the view `calls` knows it too. */
export const VALUE_MARK = '@';

const COLUMNS = 5;
const BATCH = 64;

/** Rows of one flush from which on pages are made: to begin with them takes as long as 1,000 rows by statements. */
const MANY = 500;

/** Shapes that are remembered. A program whose every call is new does not profit from more. */
const MAX_SHAPES = 20_000;

export class CallIndex {
  private readonly insertRow: Database.Statement;
  private readonly insertBatch: Database.Statement;
  private readonly insertShape: Database.Statement;
  private readonly shapes = new Map<string, number>();
  private shapeCount = 0;
  private values: (CallValue | null)[] = [];
  private late: LateAnswerRow[] = [];
  /** Undefined of what is no component. */
  private entries: EntryRow[] | undefined;
  private hasEntries = false;
  private readonly db: Database.Database;
  private readonly pagesPath: string | undefined;
  private pages: RowPages | undefined;

  /** @param pagesPath of a file that may be made for many rows, where each {@link flush} has its own transaction */
  constructor(db: Database.Database, pagesPath?: string) {
    this.db = db;
    this.pagesPath = pagesPath;
    const row = `(${new Array(COLUMNS).fill('?').join(',')})`;
    this.insertRow = db.prepare(`insert into call_rows values ${row}`);
    this.insertBatch = db.prepare(
      `insert into call_rows values ${new Array(BATCH).fill(row).join(',')}`,
    );
    this.insertShape = db.prepare('insert into call_shapes values (?,?,?,?,?,?,?,?,?)');
  }

  /**
   * Adds a call, which {@link flush} writes.
   * @param seq the call's event number
   * @param shape of {@link shapeId}
   * @param enterNs nanoseconds since the recording's start
   * @param durationNs undefined for a call that did not return
   * @param value for a shape that is `valued`
   */
  add(
    seq: number,
    shape: number,
    enterNs: number,
    durationNs: number | undefined,
    value: CallValue | null = null,
  ): void {
    const { pages } = this;
    if (pages?.takes(seq, value)) pages.add(seq, shape, enterNs, durationNs ?? null, value);
    else {
      // the column has no type, and a number that is no bigint would become 5.0
      const stored = typeof value === 'number' ? BigInt(value) : value;
      this.values.push(seq, shape, enterNs, durationNs ?? null, stored);
    }
  }

  /** Adds what came later of a call, which {@link flush} writes. */
  addLate(answer: LateAnswerRow): void {
    this.late.push(answer);
  }

  /** The functions of a component may be called: there is a table of that. */
  withEntries(): void {
    this.entries ??= [];
  }

  /** Adds where one was called, or returned, which {@link flush} writes. */
  addEntry(entry: EntryRow): void {
    this.entries ??= [];
    this.entries.push(entry);
  }

  /** Writes the calls that were added. Run inside a transaction. */
  flush(): void {
    const { values, late, pagesPath } = this;
    this.values = [];
    this.late = [];
    storeLateAnswers(this.db, late);
    if (this.entries !== undefined && (this.entries.length > 0 || !this.hasEntries)) {
      storeEntries(this.db, this.entries);
      this.entries = [];
      this.hasEntries = true;
    }
    this.pages?.store();
    if (values.length >= COLUMNS * MANY && this.pages === undefined && pagesPath !== undefined) {
      this.pages = new RowPages(this.db, CALL_ROWS, pagesPath);
    }
    let at = 0;
    for (; at + COLUMNS * BATCH <= values.length; at += COLUMNS * BATCH) {
      this.insertBatch.run(values.slice(at, at + COLUMNS * BATCH));
    }
    for (; at < values.length; at += COLUMNS) {
      this.insertRow.run(values.slice(at, at + COLUMNS));
    }
  }

  close(): void {
    this.pages?.close();
  }

  /** The id of a shape, which is stored where it is new. Run inside a transaction. */
  shapeId(shape: CallShape): number {
    // fd and bytes are said by args and result
    const { func, path, args, errno, result } = shape;
    const key = `${func}\0${path}\0${args}\0${errno}\0${result}`;
    const known = this.shapes.get(key);
    if (known !== undefined) return known;
    if (this.shapes.size === MAX_SHAPES) this.shapes.clear();
    const id = ++this.shapeCount;
    const { fd, bytes } = shape;
    this.insertShape.run(
      id,
      func,
      fd ?? null,
      path ?? null,
      args,
      errno ?? null,
      result ?? null,
      bytes ?? null,
      Number(shape.valued),
    );
    this.shapes.set(key, id);
    return id;
  }
}
