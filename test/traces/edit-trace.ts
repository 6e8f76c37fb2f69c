/** Forges traces: copies of real ones of which one thing was changed, with checksums that fit. */
import { copyFileSync } from 'node:fs';
import { crc32, zstdCompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import type { LogEvent } from '../../traces/events.ts';
import { TraceReader } from '../../traces/reader.ts';
import { encodeEvents } from './encode-events.ts';

/** A copy of a trace after some SQL. */
export function copyTrace(
  trace: string,
  to: string,
  edit: (db: Database.Database) => void = () => {},
): string {
  copyFileSync(trace, to);
  const db = new Database(to);
  try {
    // whoever forges a trace does not ask for permission
    db.unsafeMode(true);
    // forged by the thousand, and lost with the machine
    db.pragma('synchronous = off');
    db.pragma('foreign_keys = off');
    db.pragma('writable_schema = on');
    edit(db);
  } finally {
    db.close();
  }
  return to;
}

export interface ForgedSegment {
  readonly firstEvent: number;
  readonly lastEvent: number;
  readonly events: number;
  readonly startNs: number;
  readonly bytes: Uint8Array;
  /** What it claims to have; its real size by default. */
  readonly rawSize?: number;
  readonly codec?: number;
}

/** Replaces all segments. */
export function putSegments(db: Database.Database, segments: readonly ForgedSegment[]): void {
  db.exec('begin; delete from segments');
  const insert = db.prepare('insert into segments values (?,?,?,?,?,?,?,?,?)');
  segments.forEach((segment, i) => {
    const data = segment.codec === 0 ? segment.bytes : zstdCompressSync(segment.bytes);
    insert.run(
      i + 1,
      segment.firstEvent,
      segment.lastEvent,
      segment.events,
      segment.startNs,
      segment.codec ?? 1,
      segment.rawSize ?? segment.bytes.length,
      crc32(data),
      data,
    );
  });
  db.exec('commit');
}

/** One segment of these bytes. */
export function putBytes(db: Database.Database, bytes: Uint8Array, events: number): void {
  putSegments(db, [
    { firstEvent: 0, lastEvent: Math.max(0, events - 1), events, startNs: 0, bytes },
  ]);
}

/** A copy of a trace whose log is another. The number of events in its description follows. */
export function forgeLog(
  trace: string,
  to: string,
  edit: (events: LogEvent[]) => readonly LogEvent[],
): string {
  const events = edit(eventsOf(trace));
  return copyTrace(trace, to, (db) => {
    putBytes(db, encodeEvents(events), events.length);
    putMeta(db, 'events', events.length);
  });
}

export function putMeta(db: Database.Database, key: string, value: unknown): void {
  db.prepare('insert or replace into meta values (?, ?)').run(key, JSON.stringify(value));
}

/** All events of a trace, with bytes of their own. */
export function eventsOf(trace: string): LogEvent[] {
  const reader = new TraceReader(trace);
  try {
    return structuredClone([...reader.events()]);
  } finally {
    reader.close();
  }
}

/** An event as a line: comparing 20,000 of them as objects takes a test runner 20 s. */
export function lineOf(event: LogEvent): string {
  return JSON.stringify(event, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    // a Buffer comes as what its toJSON made of it
    if (isBytes(value)) return Buffer.from('data' in value ? value.data : value).toString('hex');
    return Object.is(value, -0) ? '-0' : typeof value === 'number' ? String(value) : value;
  });
}

function isBytes(value: unknown): value is Uint8Array | { readonly data: readonly number[] } {
  if (value instanceof Uint8Array) return true;
  return typeof value === 'object' && value !== null && 'data' in value && 'type' in value;
}
