/**
 * Faults that were injected into a recording, beside the log: for people, never for a replay. Only traces
 * that were recorded so have the table.
 */
import type Database from 'better-sqlite3';

export interface Injection {
  /** Number of the call that it happened to. */
  readonly event: number;
  /** What it was: `short-read`, `no-space`… */
  readonly fault: string;
  /** E.g. `3 of 4096 bytes`. */
  readonly detail: string;
}

/** `short read 3 of 4096 bytes`. Unescaped, as everything in a trace. */
export function describeInjection({ fault, detail }: Injection): string {
  return `${fault.replaceAll('-', ' ')} ${detail}`;
}

/** What is read of one trace: a call seldom has two. */
const MOST = 4_000_000;

const SCHEMA = `
create table injections (event integer not null, fault text not null, detail text not null);
create index injections_by_event on injections (event);
`;

export function createInjections(db: Database.Database): void {
  db.exec(SCHEMA);
}

/** Run inside a transaction. */
export function storeInjections(db: Database.Database, injections: readonly Injection[]): void {
  const insert = db.prepare('insert into injections values (?,?,?)');
  for (const { event, fault, detail } of injections) insert.run(event, fault, detail);
}

export function hasInjections(db: Database.Database): boolean {
  const sql = "select 1 from sqlite_schema where type = 'table' and name = 'injections'";
  return db.prepare(sql).get() !== undefined;
}

/** By event. @param from first event number @param to event number to stop before */
export function listInjections(db: Database.Database, from: number, to: number): Injection[] {
  if (!hasInjections(db)) return [];
  return db
    .prepare(
      'select event, cast(fault as text) as fault, cast(detail as text) as detail from injections ' +
        'where event >= ? and event < ? order by event, rowid limit ?',
    )
    .all(from, to, MOST) as Injection[];
}

/** How often each fault happened, the most frequent first. */
export function countInjections(db: Database.Database): { fault: string; count: number }[] {
  if (!hasInjections(db)) return [];
  return db
    .prepare(
      'select cast(fault as text) as fault, count(*) as count from injections group by fault order by count desc, fault',
    )
    .all() as { fault: string; count: number }[];
}
