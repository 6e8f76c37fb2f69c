/**
 * Keyframes in a trace: made once, they show memory at any event of it without a replay. The tables are there only
 * where somebody had them made. They belong to the log that they were made of, and count for no other.
 */
import type Database from 'better-sqlite3';
import { changeTrace } from '../change.ts';
import { sha256 } from '../sha256.ts';
import type { SegmentHeader } from '../trace-content.ts';
import { zstdCompressSync, zstdDecompressSync } from '../zstd.ts';
import {
  type GroupInfo,
  type KeyframeParts,
  MAX_GROUP_WORDS,
  MAX_PATCHES,
  MAX_STEPS,
} from './parts.ts';
import { damaged } from './reader.ts';

const TABLES = `
create table if not exists keyframes (
  id integer primary key,
  log blob not null,
  hash blob not null,
  head blob not null
);
create table if not exists keyframe_groups (
  id integer primary key,
  words integer not null,
  patches blob not null,
  hash blob not null,
  data blob not null
);
delete from keyframes;
delete from keyframe_groups;`;

const HASH_BYTES = 16;
/** Steps take a few bytes each, and so do sizes. */
const MAX_HEAD = 32 * MAX_STEPS;
/** A patch has two words at least, and three varints. */
const MAX_PATCHES_BYTES = 10 * MAX_GROUP_WORDS;
const MAX_DATA_BYTES = 8 * MAX_GROUP_WORDS;
/** Of all patches together; each group has one at least. */
const MAX_INDEX_BYTES = 12 * MAX_PATCHES;

export interface KeyframesEntry {
  /** Bytes that they take in the trace. */
  readonly bytes: number;
  readonly groups: number;
}

/** What the log was when the keyframes were made: it may have been recorded on since. */
export function logIdentity(segments: readonly SegmentHeader[]): Buffer {
  const sums = segments.map(({ events, crc32 }) => `${events} ${crc32}`).join('\n');
  return sha256(Buffer.from(sums)).subarray(0, HASH_BYTES);
}

/** In the place of those that there were. @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
export function storeKeyframes(
  path: string,
  segments: readonly SegmentHeader[],
  parts: KeyframeParts,
): void {
  changeTrace(path, (db) => {
    db.exec(TABLES);
    const add = db.prepare(
      'insert into keyframe_groups (id, words, patches, hash, data) values (?,?,?,?,?)',
    );
    for (const [group, { words, patches }] of parts.groups.entries()) {
      const data = parts.data(group);
      add.run(group, words, zstdCompressSync(patches), hashOf([data]), data);
    }
    const log = logIdentity(segments);
    const hash = hashOf([log, parts.head, ...parts.groups.map(({ patches }) => patches)]);
    db.prepare('insert into keyframes (id, log, hash, head) values (0,?,?,?)').run(
      log,
      hash,
      zstdCompressSync(parts.head),
    );
  });
}

/** @returns whether there were any; @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
export function removeKeyframes(path: string): boolean {
  return changeTrace(path, (db) => {
    if (!hasTables(db)) return false;
    const had = db.prepare('select 1 from keyframes').get() !== undefined;
    db.exec('drop table keyframes; drop table keyframe_groups');
    return had;
  });
}

/** Undefined where there are none, or they belong to another log. */
export function keyframesEntry(
  db: Database.Database,
  segments: readonly SegmentHeader[],
): KeyframesEntry | undefined {
  if (!belongs(db, segments)) return undefined;
  const row = db
    .prepare(
      'select count(*) as groups, coalesce(sum(length(patches) + length(data)), 0) as bytes from keyframe_groups',
    )
    .get() as KeyframesEntry;
  return { groups: Number(row.groups), bytes: Number(row.bytes) };
}

/**
 * The data of groups is read where it is asked for.
 * @returns undefined where there are none, or they belong to another log
 * @throws WasiRrError TRACE_CORRUPT where they are not what their hashes say
 */
export function loadKeyframes(
  db: Database.Database,
  segments: readonly SegmentHeader[],
): KeyframeParts | undefined {
  if (!belongs(db, segments)) return undefined;
  const row = db
    .prepare('select log, hash, head from keyframes where id = 0 and length(head) <= ?')
    .get(MAX_HEAD) as { log: Uint8Array; hash: unknown; head: unknown } | undefined;
  if (row === undefined) throw damaged('their head is missing, or too long');
  const head = unpacked(row.head, MAX_HEAD);
  const groups: GroupInfo[] = [];
  const rows = db
    .prepare(
      'select id, words, patches from keyframe_groups where length(patches) <= ? order by id limit ?',
    )
    .iterate(MAX_PATCHES_BYTES, MAX_PATCHES) as IterableIterator<{
    id: unknown;
    words: unknown;
    patches: unknown;
  }>;
  let total = 0;
  for (const { id, words, patches } of rows) {
    const known = typeof words === 'number' && words > 0 && words <= MAX_GROUP_WORDS;
    if (id !== groups.length || !known) throw damaged('a group is missing, or of impossible size');
    const index = unpacked(patches, MAX_PATCHES_BYTES);
    total += index.length;
    if (total > MAX_INDEX_BYTES) throw damaged('there are too many changes');
    groups.push({ words, patches: index });
  }
  const hash = hashOf([row.log, head, ...groups.map(({ patches }) => patches)]);
  if (!same(row.hash, hash)) throw damaged('they are not what their checksum names');
  const select = db.prepare(
    'select hash, data from keyframe_groups where id = ? and length(data) <= ?',
  );
  const data = (group: number) => {
    const found = select.get(group, MAX_DATA_BYTES) as { hash: unknown; data: unknown } | undefined;
    if (!(found?.data instanceof Uint8Array)) throw damaged(`group ${group} is missing`);
    if (!same(found.hash, hashOf([found.data]))) {
      throw damaged(`group ${group} is not the one that its checksum names`);
    }
    return found.data;
  };
  return { head, groups, data };
}

function hasTables(db: Database.Database): boolean {
  const tables = "select 1 from sqlite_schema where type = 'table' and name = 'keyframes'";
  return db.prepare(tables).get() !== undefined;
}

function belongs(db: Database.Database, segments: readonly SegmentHeader[]): boolean {
  if (!hasTables(db)) return false;
  const log = db.prepare('select log from keyframes where id = 0').pluck().get();
  return same(log, logIdentity(segments));
}

function unpacked(blob: unknown, most: number): Uint8Array {
  if (!(blob instanceof Uint8Array)) throw damaged('bytes are missing');
  try {
    return zstdDecompressSync(blob, { maxOutputLength: most });
  } catch (cause) {
    throw damaged('something does not unpack', cause);
  }
}

function hashOf(parts: readonly Uint8Array[]): Buffer {
  return sha256(Buffer.concat(parts)).subarray(0, HASH_BYTES);
}

function same(left: unknown, right: Uint8Array): boolean {
  return left instanceof Uint8Array && Buffer.compare(left, right) === 0;
}
