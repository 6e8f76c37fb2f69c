/**
 * What a program passed on without having had it in its memory: a body that it gave away as the stream that it got, headers
 * that it did not look at. It crosses no boundary of the guest and stands in no event, so it is kept beside the log: for who
 * wants the responses of a server again, and for people. No input of a replay. Only traces with any have the tables.
 */
import type Database from 'better-sqlite3';
import { zstdCompressSync, zstdDecompressSync } from './zstd.ts';

/**
 * `status`: decimal. `headers` and `trailers`: lines `name: value`, each ended by CR LF. `body`: what went on, whatever it
 * was: it need not be one of HTTP.
 */
export const FORWARDED_PARTS = ['status', 'headers', 'body', 'trailers'] as const;

export type ForwardedPart = (typeof FORWARDED_PARTS)[number];

export interface ForwardedEntry {
  readonly id: number;
  /** Number of the call with which it was passed on. */
  readonly event: number;
  readonly part: ForwardedPart;
  /** Bytes that went on; null where the recording ended before all had, or nothing tells. */
  readonly size: number | null;
  /** Bytes of it that are in the trace, from the first one on. */
  readonly kept: number;
}

/** One entry comes in pieces. */
export interface ForwardedPiece {
  /** From 1, each entry its own. */
  readonly id: number;
  readonly event: number;
  readonly part: ForwardedPart;
  /** At most {@link MAX_PIECE}. */
  readonly bytes: Uint8Array;
  /** With the last one: how many bytes there were, kept or not. */
  readonly size: number | undefined;
}

/** Bytes of one piece. */
export const MAX_PIECE = 1 << 20;

/** What is read of one trace. */
const MOST = 1_000_000;

const SCHEMA = `
create table if not exists forwarded (
  id integer primary key,
  event integer not null,
  part text not null,
  size integer,
  kept integer not null
);
create index if not exists forwarded_by_event on forwarded (event);
create table if not exists forwarded_bytes (forwarded integer not null, length integer not null, data blob not null);
create index if not exists forwarded_bytes_by_entry on forwarded_bytes (forwarded);
`;

/** Run inside a transaction. */
export function storeForwarded(db: Database.Database, piece: ForwardedPiece): void {
  const { id, event, part, bytes, size = null } = piece;
  if (!hasForwarded(db)) db.exec(SCHEMA);
  db.prepare(
    'insert into forwarded values (?,?,?,?,?) ' +
      'on conflict (id) do update set size = excluded.size, kept = kept + excluded.kept',
  ).run(id, event, part, size, bytes.length);
  if (bytes.length === 0) return;
  db.prepare('insert into forwarded_bytes values (?,?,?)').run(
    id,
    bytes.length,
    zstdCompressSync(bytes),
  );
}

export function hasForwarded(db: Database.Database): boolean {
  const sql =
    "select count(*) from sqlite_schema where type = 'table' and name in ('forwarded', 'forwarded_bytes')";
  return db.prepare(sql).pluck().get() === 2;
}

/** By event. @param from first event number @param to event number to stop before */
export function listForwarded(db: Database.Database, from: number, to: number): ForwardedEntry[] {
  if (!hasForwarded(db)) return [];
  const rows = db
    .prepare(
      "select id, event, cast(part as text) as part, case typeof(size) when 'integer' then size end as size, kept " +
        "from forwarded where event >= ? and event < ? and typeof(event) = 'integer' and typeof(kept) = 'integer' " +
        'order by event, id limit ?',
    )
    .all(from, to, MOST) as (Omit<ForwardedEntry, 'part'> & { part: string })[];
  return rows.filter((row): row is ForwardedEntry =>
    FORWARDED_PARTS.includes(row.part as ForwardedPart),
  );
}

/**
 * The bytes that are kept of one entry.
 * @param most where to stop
 * @throws Error for what is none of zstd's, or not as long as it is said to be
 */
export function readForwarded(
  db: Database.Database,
  { id }: Pick<ForwardedEntry, 'id'>,
  most: number,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let left = most;
  const rows = db
    .prepare('select length, data from forwarded_bytes where forwarded = ? order by rowid')
    .iterate(id) as IterableIterator<{ length: unknown; data: unknown }>;
  for (const { length, data } of rows) {
    if (left <= 0) break;
    const piece = unpacked(length, data).subarray(0, left);
    left -= piece.length;
    pieces.push(piece);
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

function unpacked(length: unknown, data: unknown): Uint8Array {
  if (typeof length === 'number' && length > 0 && length <= MAX_PIECE && Buffer.isBuffer(data)) {
    const bytes = zstdDecompressSync(data, { maxOutputLength: length });
    if (bytes.length === length) return bytes;
  }
  throw new Error('a piece of what the program passed on is unreadable');
}

/** Whether all of it is in the trace. */
export function isWhole({ size, kept }: ForwardedEntry): boolean {
  return size !== null && kept >= size;
}
