/** A change to a trace after its recording: opens the file, is one transaction, and closes it again. */
import Database from 'better-sqlite3';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';

/** Milliseconds for which another process may hold the file. */
const BUSY_MS = 1000;

/** @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
export function changeTrace<T>(path: string, work: (db: Database.Database) => T): T {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { fileMustExist: true, timeout: BUSY_MS });
    // a damaged or foreign schema must not run code of its own
    db.pragma('trusted_schema = off');
    const triggers = db.prepare("select count(*) from sqlite_schema where type = 'trigger'");
    if (triggers.pluck().get() !== 0)
      throw new Error('it has triggers, which no trace of ours has');
    return db.transaction(work)(db);
  } catch (cause) {
    if (systemCode(cause)?.startsWith('SQLITE_BUSY')) {
      throw new WasiRrError(
        'TRACE_IS_BUSY',
        `${path} is being written by another process. Try again when it is done.`,
        { cause },
      );
    }
    throw new WasiRrError(
      'TRACE_WRITE_FAILED',
      `${path} cannot be added to: ${messageOf(cause)}.`,
      { cause },
    );
  } finally {
    db?.close();
  }
}
