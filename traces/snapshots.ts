/**
 * Memory snapshots: every page's content is stored once in the trace, however many snapshots hold it;
 * pages of zeros are not stored at all.
 */
import type Database from 'better-sqlite3';
import { WasiRrError } from '../errors.ts';
import { sha256 } from './sha256.ts';
import { zstdCompressSync, zstdDecompressSync } from './zstd.ts';

/** Bytes. The unit in which guests' memories are compared and deduplicated. */
export const SNAPSHOT_PAGE_SIZE = 4096;

/** A 32-bit memory has no more. */
const MAX_MEMORY_SIZE = 2 ** 32;

/** A memory to store: the state after event `event`. */
export interface SnapshotImage {
  readonly event: number;
  /** Why it was taken, for people. */
  readonly label: string;
  /** Number of a component's memory; 0 by default. */
  readonly number?: number;
  /** A multiple of the page size. */
  readonly memory: Uint8Array;
}

export interface SnapshotEntry {
  readonly id: number;
  readonly event: number;
  readonly label: string;
  /** Number of a component's memory; 0 in the trace of a module. */
  readonly memory: number;
  /** Bytes. */
  readonly memorySize: number;
}

/** Stores a snapshot; run it inside a transaction. */
export function storeSnapshot(db: Database.Database, image: SnapshotImage): void {
  const find = db.prepare('select id from pages where hash = ?').pluck();
  const insert = db.prepare('insert into pages (hash, data) values (?, ?)');
  const { memory } = image;
  const count = memory.length / SNAPSHOT_PAGE_SIZE;
  // 0 stands for a page of zeros
  const ids = new Uint32Array(count);
  for (let page = 0; page < count; page++) {
    const from = page * SNAPSHOT_PAGE_SIZE;
    const bytes = memory.subarray(from, from + SNAPSHOT_PAGE_SIZE);
    if (isZero(bytes)) continue;
    const hash = sha256(bytes).subarray(0, 16);
    const id = find.get(hash) ?? insert.run(hash, zstdCompressSync(bytes)).lastInsertRowid;
    ids[page] = Number(id);
  }
  if (!hasNumbers(db)) db.exec(ADD_NUMBERS);
  db.prepare(
    'insert into snapshots (event, memory, memory_size, page_size, label, page_ids) values (?,?,?,?,?,?)',
  ).run(
    image.event,
    image.number ?? 0,
    memory.length,
    SNAPSHOT_PAGE_SIZE,
    image.label,
    zstdCompressSync(new Uint8Array(ids.buffer)),
  );
}

/** Of a trace that was made before components had snapshots. */
const ADD_NUMBERS = 'alter table snapshots add column memory integer not null default 0';

function hasNumbers(db: Database.Database): boolean {
  const column = "select 1 from pragma_table_info('snapshots') where name = 'memory'";
  return db.prepare(column).get() !== undefined;
}

export function listSnapshots(db: Database.Database): SnapshotEntry[] {
  const number = hasNumbers(db) ? 'memory' : '0';
  const rows = db
    .prepare(
      `select id, event, label, ${number} as memory, memory_size as memorySize from snapshots order by event, id`,
    )
    .all();
  return rows as SnapshotEntry[];
}

/**
 * The memory of a snapshot.
 * @throws WasiRrError TRACE_CORRUPT where it is incomplete or of impossible size
 */
export function loadSnapshot(db: Database.Database, id: number): Uint8Array {
  const row = db
    .prepare(
      'select memory_size as size, page_size as pageSize, page_ids as ids from snapshots where id = ?',
    )
    .get(id) as { size: number; pageSize: number; ids: Uint8Array } | undefined;
  if (row === undefined) throw damaged(id, 'it does not exist');
  const { size, pageSize } = row;
  const valid = size >= 0 && size <= MAX_MEMORY_SIZE && pageSize === SNAPSHOT_PAGE_SIZE;
  if (!valid || size % pageSize !== 0) throw damaged(id, 'its size is impossible');
  const count = size / pageSize;
  const data = db.prepare('select data from pages where id = ?').pluck();
  try {
    const bytes = zstdDecompressSync(row.ids, { maxOutputLength: Math.max(count * 4, 1) });
    if (bytes.length !== count * 4) throw new RangeError('a list of another length');
    const ids = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + count * 4));
    // not before the list has proved as long as the size demands
    const memory = new Uint8Array(size);
    for (let page = 0; page < count; page++) {
      const pageId = ids[page];
      if (!pageId) continue;
      const blob = data.get(pageId) as Uint8Array;
      memory.set(zstdDecompressSync(blob, { maxOutputLength: pageSize }), page * pageSize);
    }
    return memory;
  } catch (cause) {
    throw damaged(id, 'a page is missing or unreadable', cause);
  }
}

function isZero(bytes: Uint8Array): boolean {
  const words = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  for (let i = 0; i < words.length; i++) {
    // -0 and NaN have bits set; NaN compares unequal to 0, -0 does not
    if (words[i] !== 0 || Object.is(words[i], -0)) return false;
  }
  return true;
}

function damaged(id: number, what: string, cause?: unknown): WasiRrError {
  return new WasiRrError(
    'TRACE_CORRUPT',
    `memory snapshot ${id} of the trace is damaged: ${what}. Replaying the trace gives the memory again.`,
    { cause },
  );
}
