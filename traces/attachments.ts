/**
 * Files that explain a trace and are kept in it: debug information that stands outside of the module, and source
 * files. No input of a replay. A trace has the table only where there are any.
 */
import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { WasiRrError } from '../errors.ts';
import { changeTrace } from './change.ts';
import { zstdCompressSync, zstdDecompressSync } from './zstd.ts';

/**
 * `debug`: a wasm file with the DWARF of the module. `split`: a `.dwo` or `.dwp`. `source-map`: JSON. `source`: a
 * source file, whose name is the path that the debug information has.
 */
export const ATTACHMENT_KINDS = ['debug', 'split', 'source-map', 'source'] as const;

export type AttachmentKind = (typeof ATTACHMENT_KINDS)[number];

export interface Attachment {
  readonly kind: AttachmentKind;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface AttachmentEntry {
  readonly id: number;
  readonly kind: AttachmentKind;
  readonly name: string;
  /** Bytes, unpacked. */
  readonly size: number;
}

/** V8 takes no larger module, and nothing else is that large. */
const MAX_SIZE = 2 ** 30;
/** Source files of a large program. */
const MAX_ENTRIES = 100_000;

const TABLE = `create table if not exists attachments (
  id integer primary key,
  kind text not null,
  name text not null,
  sha256 text not null,
  size integer not null,
  data blob not null,
  unique (kind, name)
)`;

/**
 * Puts files into a trace, in the place of those of the same kind and name.
 * @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY
 */
export function attach(path: string, files: readonly Attachment[]): void {
  if (files.length === 0) return;
  changeTrace(path, (db) => {
    db.exec(TABLE);
    const insert = db.prepare(
      'insert or replace into attachments (kind, name, sha256, size, data) values (?,?,?,?,?)',
    );
    for (const { kind, name, bytes } of files) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      insert.run(kind, name, sha256, bytes.length, zstdCompressSync(bytes));
    }
  });
}

/**
 * Takes files out of a trace: all of these kinds.
 * @returns how many there were
 * @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY
 */
export function detach(path: string, kinds: readonly AttachmentKind[]): number {
  return changeTrace(path, (db) => {
    db.exec(TABLE);
    const remove = db.prepare('delete from attachments where kind = ?');
    return kinds.reduce((sum, kind) => sum + remove.run(kind).changes, 0);
  });
}

/** By kind and name. */
export function listAttachments(db: Database.Database): AttachmentEntry[] {
  const table = "select 1 from sqlite_schema where type = 'table' and name = 'attachments'";
  if (db.prepare(table).get() === undefined) return [];
  const rows = db
    .prepare(
      `select id, cast(kind as text) as kind, cast(name as text) as name, size from attachments
       where typeof(size) = 'integer' order by kind, name limit ?`,
    )
    .all(MAX_ENTRIES) as (Omit<AttachmentEntry, 'kind'> & { kind: string })[];
  return rows.filter((row): row is AttachmentEntry =>
    ATTACHMENT_KINDS.includes(row.kind as AttachmentKind),
  );
}

/** @throws WasiRrError TRACE_CORRUPT */
export function readAttachment(db: Database.Database, { id, name }: AttachmentEntry): Uint8Array {
  const row = db.prepare('select sha256, size, data from attachments where id = ?').get(id) as
    | { sha256: string; size: number; data: Uint8Array }
    | undefined;
  const damaged = (what: string) =>
    new WasiRrError(
      'TRACE_CORRUPT',
      `the file ${name} in the trace is damaged: ${what}. Attach it again.`,
    );
  if (!(row?.data instanceof Uint8Array)) throw damaged('its bytes are missing');
  if (!(row.size >= 0 && row.size <= MAX_SIZE)) throw damaged('it has no possible size');
  // an empty file unpacks to nothing, for which zlib needs room
  const bytes = zstdDecompressSync(row.data, { maxOutputLength: Math.max(1, row.size) });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== row.sha256) throw damaged('it is not the one that its checksum names');
  return bytes;
}
