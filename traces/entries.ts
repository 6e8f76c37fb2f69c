/**
 * Where a component's functions were called and returned, in words: part of the call index, for people, never for a
 * replay. Only traces of components have the table. With it one can tell what is worth a line: of all events that are
 * no calls, these.
 */
import type Database from 'better-sqlite3';

/** `resume` and `pause`: a task that has waited goes on, and waits or is done. */
export type EntryKind = 'enter' | 'leave' | 'unwind' | 'resume' | 'pause';

const KINDS: readonly string[] = ['enter', 'leave', 'unwind', 'resume', 'pause'];

/** Texts are unescaped, as everything in a trace. */
export interface EntryRow {
  readonly event: number;
  readonly kind: EntryKind;
  /** Number of the event at which the function was called; undefined where it is not known which task goes on. */
  readonly entry: number | undefined;
  /** Of `enter`, `resume` and `pause`. */
  readonly interface: string | undefined;
  readonly name: string | undefined;
  /** Of `enter`: a JSON object of values in words. */
  readonly args: string | undefined;
  /** Of `leave` what it returned, in words; of `resume` what has come, of `pause` how it goes on. */
  readonly result: string | undefined;
}

const SCHEMA = `
create table if not exists entries (
  event integer primary key,
  kind text not null,
  entry integer,
  interface text,
  name text,
  args text,
  result text
)`;

/** What is read at once. */
const MOST = 10_000;

/** Writes them, and makes the table where it is not there, though there be none. Run inside a transaction. */
export function storeEntries(db: Database.Database, rows: readonly EntryRow[]): void {
  db.exec(SCHEMA);
  const insert = db.prepare('insert or replace into entries values (?,?,?,?,?,?,?)');
  for (const { event, kind, entry, interface: from, name, args, result } of rows) {
    insert.run(
      event,
      kind,
      entry ?? null,
      from ?? null,
      name ?? null,
      args ?? null,
      result ?? null,
    );
  }
}

/** Reads them; none where a trace has no such table. */
export class Entries {
  private readonly db: Database.Database;
  private statement: Database.Statement | undefined;

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** Whether the trace has the table: one made before has none. */
  get exist(): boolean {
    try {
      this.db.prepare('select event from entries limit 1').get();
      return true;
    } catch {
      return false;
    }
  }

  /** Those from `from` up to, without, `to`. What a damaged file does not give up is left out. */
  rows(from: number, to: number): EntryRow[] {
    try {
      this.statement ??= this.db.prepare(
        `select event, kind, entry, interface, name, args, result from entries where event >= ? and event < ? order by event limit ${MOST}`,
      );
      return (this.statement.all(from, to) as Record<keyof EntryRow, unknown>[]).flatMap(entryRow);
    } catch {
      return [];
    }
  }
}

function entryRow(row: Record<keyof EntryRow, unknown>): EntryRow[] {
  const { kind } = row;
  if (!isKind(kind)) return [];
  return [
    {
      event: Number(row.event),
      kind,
      entry: typeof row.entry === 'number' ? row.entry : undefined,
      interface: textOf(row.interface),
      name: textOf(row.name),
      args: textOf(row.args),
      result: textOf(row.result),
    },
  ];
}

function isKind(value: unknown): value is EntryKind {
  return typeof value === 'string' && KINDS.includes(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
