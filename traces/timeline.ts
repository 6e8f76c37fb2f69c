/**
 * The `calls` index in pages, for a screen that shows a few rows of millions: rows by key range, the
 * numbers of the calls that match a filter, and where in the run time went. Everything asks by key
 * range; nothing here counts or sorts the whole index unless it says so.
 */
import type Database from 'better-sqlite3';
import { messageOf, WasiRrError } from '../errors.ts';
import { Entries } from './entries.ts';
import { LateAnswers } from './late-answers.ts';
import { openDatabase } from './open-database.ts';

/** A row of the calls index. Texts are unescaped. */
export interface CallRow {
  /** Event number. */
  readonly number: number;
  readonly name: string;
  readonly fd: number | undefined;
  readonly path: string | undefined;
  /** JSON object of the decoded arguments. */
  readonly args: string;
  /** Name of the error, `success`, or undefined for a call that did not return. */
  readonly errno: string | undefined;
  /** JSON object of the decoded results. */
  readonly result: string | undefined;
  /** Bytes moved. */
  readonly bytes: number | undefined;
  /** Nanoseconds since the recording's start. */
  readonly startNs: number;
  readonly durationNs: number | undefined;
}

/** All that is given must hold. Texts match anywhere and in any case. */
export interface CallFilter {
  readonly name?: string;
  /** Exactly this name, not a part of it. */
  readonly function?: string;
  readonly errno?: string;
  /** Calls that returned an error, but for `unless`. */
  readonly failed?: boolean;
  /** Functions, each with an error of it that is no failure (how a program learns that a list ended). */
  readonly unless?: readonly { readonly function: string; readonly errno: string }[];
  readonly fd?: number;
  /** Calls that succeeded with this number as the `fd` of their result. */
  readonly returnedFd?: number;
  readonly path?: string;
  /** In the name, the path, the arguments or the result. */
  readonly text?: string;
  /** An SQL expression over the columns of `calls`. */
  readonly where?: string;
  /**
   * Of a component: calls of these functions that have words, by id, and the events of the table `entries`. Nothing
   * else may be given with it.
   */
  readonly spoken?: readonly number[];
}

/** A slice of the run, for an overview. */
export interface Slice {
  readonly calls: number;
  /** Those that match what was asked for. */
  readonly marked: number;
  /** From the start of its first call to that of the first one after it; of the last, to the start of its last. */
  readonly spanNs: number;
}

/** Event numbers that one statement looks at: small enough to answer a cancel within some 10 ms. */
const CHUNK = 65_536;

const COLUMNS =
  'seq as number, name, fd, path, args, errno, result, bytes, enter_ns as startNs, duration_ns as durationNs';

const FAILED = "errno is not null and errno <> 'success'";

export class Timeline {
  private readonly db: Database.Database;
  private readonly page: Database.Statement;
  /** Answers to calls that came later. */
  readonly late: LateAnswers;
  /** Where a component's functions were called. */
  readonly entries: Entries;

  /** @throws WasiRrError as for a trace that is opened */
  constructor(path: string) {
    this.db = openDatabase(path).db;
    try {
      this.page = this.db.prepare(`select ${COLUMNS} from calls where seq >= ? and seq < ?`);
    } catch (cause) {
      this.db.close();
      throw new WasiRrError('TRACE_CORRUPT', `${path} has no call index: ${messageOf(cause)}`, {
        cause,
      });
    }
    this.late = new LateAnswers(this.db);
    this.entries = new Entries(this.db);
  }

  close(): void {
    this.db.close();
  }

  /**
   * The calls with numbers from `from` up to, without, `to`, in order. Other events have no row. Rows
   * that a damaged file does not give up are left out.
   */
  rows(from: number, to: number): CallRow[] {
    try {
      return (this.page.all(from, to) as Record<keyof CallRow, unknown>[]).map(callRow);
    } catch {
      return [];
    }
  }

  /**
   * Numbers of the calls that match, chunk by chunk, so that the caller can stop in between.
   * @param from first number to look at
   * @param to number to stop before
   * @param backwards from the end; each chunk is in descending order
   * @throws WasiRrError QUERY_FAILED where `where` is not SQL
   */
  *matches(
    filter: CallFilter,
    from: number,
    to: number,
    backwards = false,
  ): Generator<{ readonly numbers: readonly number[]; readonly looked: number }> {
    const { sql, values } = condition(filter);
    const order = backwards ? 'desc' : 'asc';
    const entries =
      filter.spoken === undefined
        ? ''
        : 'union all select event as seq from entries where event >= ? and event < ?';
    const query = `select seq from ${filter.where === undefined ? 'call_rows' : 'calls'} where seq >= ? and seq < ? and (${sql}) ${entries} order by seq ${order}`;
    try {
      const statement = this.db.prepare(query).pluck();
      for (let looked = 0; looked < to - from; ) {
        const size = Math.min(CHUNK, to - from - looked);
        const start = backwards ? to - looked - size : from + looked;
        const range = [start, start + size];
        const numbers = statement.all(
          ...range,
          ...values,
          ...(entries === '' ? [] : range),
        ) as number[];
        looked += size;
        yield { numbers, looked };
      }
    } catch (cause) {
      throw new WasiRrError('QUERY_FAILED', `the filter failed: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * Sorts matching numbers by a column, largest first. Looks at every call.
   * @returns all call numbers, sorted
   */
  sorted(by: 'duration' | 'bytes'): number[] {
    const query =
      by === 'duration'
        ? 'select seq from call_rows order by duration_ns desc, seq'
        : 'select c.seq from call_rows c join call_shapes s on s.id = c.shape order by s.bytes desc, c.seq';
    return this.db.prepare(query).pluck().all() as number[];
  }

  /**
   * The run in slices of equally many event numbers. Looks at every call: 0.2 s for a million.
   * @param events how many there are
   * @param count of slices
   * @param marked calls to count apart; without `where`
   */
  overview(events: number, count: number, marked: CallFilter): Slice[] {
    const width = Math.max(1, Math.ceil(events / count));
    const parts: SlicePart[] = [];
    const { sql, values } = condition(marked);
    const statement = this.db.prepare(
      'select count(*) as calls, min(enter_ns) as startNs, max(enter_ns) as lastNs, ' +
        `coalesce(sum(${sql}), 0) as marked from call_rows where seq >= ? and seq < ?`,
    );
    for (let from = 0; from < events; from += width) {
      parts.push(statement.get(...values, from, from + width) as SlicePart);
    }
    let nextNs: number | null = null;
    const slices: Slice[] = [];
    for (const { calls, marked, startNs, lastNs } of parts.reverse()) {
      slices.push({ calls, marked, spanNs: (nextNs ?? lastNs ?? 0) - (startNs ?? nextNs ?? 0) });
      nextNs = startNs ?? nextNs;
    }
    return slices.reverse();
  }
}

/** Of a slice, as the table has it; without times where no call is in it. */
interface SlicePart {
  readonly calls: number;
  readonly marked: number;
  readonly startNs: number | null;
  readonly lastNs: number | null;
}

function callRow(row: Record<keyof CallRow, unknown>): CallRow {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const count = (value: unknown) => (typeof value === 'number' ? value : undefined);
  return {
    number: Number(row.number),
    name: text(row.name) ?? '?',
    fd: count(row.fd),
    path: text(row.path),
    args: text(row.args) ?? '{}',
    errno: text(row.errno),
    result: text(row.result),
    bytes: count(row.bytes),
    startNs: count(row.startNs) ?? 0,
    durationNs: count(row.durationNs),
  };
}

/** All but `where` is a condition on the few shapes that calls have, which makes it cheap. */
function condition(filter: CallFilter): { sql: string; values: (string | number)[] } {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, ...given: (string | number)[]) => {
    parts.push(sql);
    values.push(...given);
  };
  const contains = (expression: string, text: string) =>
    add(`instr(lower(${expression}), ?) > 0`, text.toLowerCase());
  if (filter.spoken !== undefined) {
    // what has no words has its core values by their place
    add(
      `f.id in (select value from json_each(?)) and s.args not like '{"0":%'`,
      JSON.stringify(filter.spoken),
    );
  }
  if (filter.name !== undefined) contains('f.name', filter.name);
  if (filter.function !== undefined) add('f.name = ?', filter.function);
  if (filter.errno !== undefined) add('s.errno = ?', filter.errno.toLowerCase());
  if (filter.failed) add(FAILED);
  for (const { function: name, errno } of filter.unless ?? []) {
    add('not (f.name = ? and s.errno = ?)', name, errno);
  }
  if (filter.fd !== undefined) add('s.fd = ?', filter.fd);
  if (filter.returnedFd !== undefined) {
    add("s.errno = 'success' and json_extract(s.result, '$.opened_fd') = ?", filter.returnedFd);
  }
  if (filter.path !== undefined) contains("coalesce(s.path, '')", filter.path);
  const conditions = parts.length === 0 ? [] : [shapesWhere(parts.join(' and '))];
  if (filter.text !== undefined) {
    const text = filter.text.toLowerCase();
    // what each call answers differently stands in the row, not in the shape
    conditions.push(
      `(${shapesWhere(`instr(lower(${WORDS}), ?) > 0`)} or instr(lower(value), ?) > 0)`,
    );
    values.push(text, text);
  }
  const shapes = conditions.length === 0 ? undefined : conditions.join(' and ');
  if (filter.where === undefined) return { sql: shapes ?? 'true', values };
  // the view has no shape: look its numbers up
  const narrowed =
    shapes === undefined ? '' : ` and seq in (select seq from call_rows where ${shapes})`;
  return { sql: `(${filter.where}\n)${narrowed}`, values };
}

/** All that a shape says. */
const WORDS =
  "f.name || ' ' || coalesce(s.path, '') || ' ' || s.args || ' ' || coalesce(s.result, '') || ' ' || coalesce(s.errno, '')";

function shapesWhere(sql: string): string {
  return `shape in (select s.id from call_shapes s left join functions f on f.id = s.func where ${sql})`;
}
