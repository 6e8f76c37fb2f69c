/** Keeps others from writing to a trace while it is decided on and removed. */
import Database from 'better-sqlite3';
import { systemCode, WasiRrError } from '../errors.ts';
import { removeTrace } from './folder.ts';

/** Another process that removes the trace, or adds a bookmark to it, needs no longer. */
const ATTEMPTS = 20;
const PAUSE_MS = 10;

/**
 * Runs `work` while no other process records the trace or adds to it. Who only reads a finished one is not
 * noticed, and reads on in the open file even when it is removed. What a killed recorder left in the write-ahead
 * log is moved into the trace's file. Waits up to 0.4 s, blocking.
 * @param work must read the trace through the connection that it is given (none where SQLite cannot read it):
 *   POSIX takes all locks of a process on a file away when it closes any descriptor of that file
 * @returns what `work` returns, or `inUse`
 */
export function whileUnwritten<T>(
  path: string,
  work: (db: Database.Database | undefined) => T,
): T | 'inUse' {
  for (let attempt = 1; ; attempt++) {
    const claim = claimTrace(path);
    if (claim !== 'busy') {
      try {
        return work(claim);
      } finally {
        claim?.close();
      }
    }
    if (attempt === ATTEMPTS) return 'inUse';
    // not in step with another one that tries
    pause(PAUSE_MS * (1 + Math.random()));
  }
}

/**
 * Removes a trace with what belongs to it, unless somebody writes to it. Who has it open for reading reads on.
 * @throws WasiRrError TRACE_IS_BUSY, TRACE_NOT_FOUND, TRACE_UNREADABLE
 */
export function removeUnwritten(path: string): void {
  if (whileUnwritten(path, () => removeTrace(path)) !== 'inUse') return;
  throw new WasiRrError(
    'TRACE_IS_BUSY',
    `${path} is being recorded, or written to otherwise, and stays. Remove it when that has ended.`,
  );
}

/** @returns undefined for what SQLite cannot lock: nobody uses it */
function claimTrace(path: string): Database.Database | 'busy' | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { fileMustExist: true, timeout: 0 });
    // a damaged or foreign schema must not run code of its own
    db.pragma('trusted_schema = off');
    // refused while anybody has the write-ahead log open, as a recorder has
    db.pragma('journal_mode = DELETE');
    db.exec('begin immediate');
    return db;
  } catch (cause) {
    db?.close();
    // else it is gone or damaged, or the disk is full, which is no reason to leave it there
    return systemCode(cause)?.startsWith('SQLITE_BUSY') ? 'busy' : undefined;
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
