/** Opens a trace's SQLite file for reading, with the checks that need no row of it. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { RING_SUFFIX } from './ring-image.ts';
import { APPLICATION_ID, CALLS_VIEW, FORMAT_VERSION } from './schema.ts';

/** SQLite file format, section 1.3: https://www.sqlite.org/fileformat2.html#the_database_header */
const HEADER = {
  size: 100,
  magic: 'SQLite format 3\0',
  pageSize: 16,
  pages: 28,
  applicationId: 68,
} as const;

/**
 * @returns `truncated` where the file is shorter than it says itself
 * @throws WasiRrError TRACE_NOT_FOUND, TRACE_UNREADABLE, NOT_A_TRACE, TRACE_TOO_NEW, TRACE_TRUNCATED (with nothing in it)
 */
export function openDatabase(path: string): { db: Database.Database; truncated: boolean } {
  const { header, size } = readHeader(path);
  if (size === 0 && hasRing(path)) throw unbegun(path);
  if (size === 0 || header.toString('latin1', 0, 16) !== HEADER.magic.slice(0, header.length)) {
    throw new WasiRrError(
      'NOT_A_TRACE',
      `${path} is not a trace of wasi-rr: it is ${size === 0 ? 'empty' : 'no SQLite file'}.`,
    );
  }
  if (header.length < HEADER.size) throw tooShort(path);
  const pageSize = header.readUInt16BE(HEADER.pageSize);
  // a page of 65536 bytes does not fit into the field: it says 1
  const short = header.readUInt32BE(HEADER.pages) * (pageSize === 1 ? 65536 : pageSize) > size;
  let truncated = false;
  let db: Database.Database;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    truncated = short && !isBeingWritten(path, db);
    // SQLite refuses a file that is shorter than it says, unless the schema may be written
    if (truncated) db.unsafeMode(true).pragma('writable_schema = on');
    db.pragma('trusted_schema = off');
    db.pragma('cell_size_check = on');
    if (hasRing(path) && !hasDescription(db)) throw unbegun(path);
    checkVersion(path, db);
    checkTables(path, db);
    // in place of the trace's own, which runs what its author wants
    db.pragma('temp_store = memory');
    db.exec(`create temp ${CALLS_VIEW}`);
  } catch (cause) {
    db.close();
    if (cause instanceof WasiRrError) throw cause;
    if (truncated) throw tooShort(path, cause);
    throw systemCode(cause) === 'SQLITE_BUSY' || systemCode(cause)?.startsWith('SQLITE_CANTOPEN')
      ? unreadable(path, cause)
      : new WasiRrError(
          'TRACE_CORRUPT',
          `${path} is damaged: ${messageOf(cause)}. Record the run again.`,
          { cause },
        );
  }
  return { db, truncated };
}

/**
 * Leaves one file of a trace that is finished: whoever read it when the recording ended kept the recorder
 * from doing so. Does nothing where it is still read by others, or may not be written.
 */
export function foldWriteAheadLog(path: string): void {
  if (!existsSync(`${path}-wal`)) return;
  try {
    const db = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      db.pragma('journal_mode = DELETE');
    } finally {
      db.close();
    }
  } catch {
    // it stays readable as it is
  }
}

/** Whether the rest of a short file is in its write-ahead log: a checkpoint writes the first page first. */
function isBeingWritten(path: string, db: Database.Database): boolean {
  if (!existsSync(`${path}-wal`)) return false;
  try {
    db.prepare('select 1 from sqlite_schema').get();
    return true;
  } catch {
    return false;
  }
}

/** Whether a recorder writes it or was killed. */
function hasRing(path: string): boolean {
  return existsSync(path + RING_SUFFIX);
}

function hasDescription(db: Database.Database): boolean {
  const table = db.prepare("select 1 from sqlite_schema where type = 'table' and name = 'meta'");
  return table.get() !== undefined && db.prepare('select 1 from meta limit 1').get() !== undefined;
}

function checkVersion(path: string, db: Database.Database): void {
  const application = db.pragma('application_id', { simple: true });
  const version = Number(db.pragma('user_version', { simple: true }));
  if (application !== APPLICATION_ID) {
    throw new WasiRrError('NOT_A_TRACE', `${path} is a SQLite file, but not a trace of wasi-rr.`);
  }
  if (version > FORMAT_VERSION) {
    throw new WasiRrError(
      'TRACE_TOO_NEW',
      `${path} has trace format ${version}; this wasi-rr reads up to ${FORMAT_VERSION}. ` +
        'Install a newer wasi-rr (npm install wasi-rr@latest) to read it.',
    );
  }
}

/** Everything that is read of a trace. */
const TABLES = [
  'meta',
  'modules',
  'instances',
  'functions',
  'segments',
  'snapshots',
  'pages',
  'keyframes',
  'keyframe_groups',
  'injections',
  'requests',
  'forwarded',
  'forwarded_bytes',
  'bookmarks',
  'call_rows',
  'call_shapes',
  'late_answers',
  'entries',
];

/**
 * A view, a virtual table or a computed column in the place of a table would run what its author
 * wants (a query that never ends, say) as soon as it is read.
 */
function checkTables(path: string, db: Database.Database): void {
  const names = TABLES.map((name) => `'${name}'`).join(',');
  const rows = db
    .prepare(`select name, type, sql from sqlite_schema where lower(name) in (${names})`)
    .all() as { name: string; type: string; sql: unknown }[];
  for (const { name, type, sql } of rows) {
    const plain =
      /^create table\b/i.test(String(sql)) && !/\bgenerated\b|\bas\s*\(/i.test(String(sql));
    if (type === 'table' && plain) continue;
    throw new WasiRrError(
      'TRACE_CORRUPT',
      `${path} is no honest trace: its ${name} is no plain table. Do not trust where it comes from.`,
    );
  }
}

function readHeader(path: string): { header: Buffer; size: number } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') {
      throw new WasiRrError(
        'TRACE_NOT_FOUND',
        `there is no trace ${path}. \`wasi-rr ls\` lists the traces in the trace folder.`,
        { cause },
      );
    }
    throw unreadable(path, cause);
  }
  try {
    const buffer = Buffer.alloc(HEADER.size);
    const length = readSync(file, buffer, 0, HEADER.size, 0);
    return { header: buffer.subarray(0, length), size: fstatSync(file).size };
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, cause: unknown): WasiRrError {
  return new WasiRrError(
    'TRACE_UNREADABLE',
    `the trace ${path} cannot be read: ${messageOf(cause)}.`,
    {
      cause,
    },
  );
}

function unbegun(path: string): WasiRrError {
  return new WasiRrError(
    'TRACE_TRUNCATED',
    `${path} holds nothing yet: its recorder is about to begin, or was killed before it had. Record the run again.`,
  );
}

function tooShort(path: string, cause?: unknown): WasiRrError {
  return new WasiRrError(
    'TRACE_TRUNCATED',
    `${path} was cut so short that nothing of it can be read. Copy it again, or record the run again.`,
    { cause },
  );
}
