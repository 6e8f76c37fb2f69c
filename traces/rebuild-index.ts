/** Replaces the call index of a trace in one transaction: it is the old one until {@link commit}. */
import Database from 'better-sqlite3';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { CallIndex } from './call-index.ts';
import { CALLS_SCHEMA } from './schema.ts';

export class IndexRebuild {
  private readonly path: string;
  private readonly db: Database.Database;
  private readonly index: CallIndex;
  private committed = false;

  /** @throws WasiRrError TRACE_WRITE_FAILED */
  constructor(path: string) {
    this.path = path;
    try {
      this.db = new Database(path, { fileMustExist: true });
    } catch (cause) {
      throw this.failed(cause);
    }
    try {
      // a damaged or foreign schema must not run code of its own
      this.db.pragma('trusted_schema = off');
      // a large transaction would otherwise lock out whoever reads the segments meanwhile
      this.db.pragma('journal_mode = WAL');
      this.db.pragma('foreign_keys = off');
      this.db.exec('begin immediate');
      this.dropOld();
      this.db.exec(CALLS_SCHEMA);
      this.index = new CallIndex(this.db);
    } catch (cause) {
      this.db.close();
      throw this.failed(cause);
    }
  }

  /** Adds calls to the index. */
  add(calls: (index: CallIndex) => void): void {
    this.guard(() => {
      calls(this.index);
      this.index.flush();
    });
  }

  commit(): void {
    this.guard(() => {
      this.db.exec('commit');
    });
    this.committed = true;
  }

  /** Leaves the old index unless the new one was committed. Close other connections first. */
  close(): void {
    if (!this.committed && this.db.inTransaction) this.db.exec('rollback');
    try {
      // one file again; someone else who reads keeps that from happening, and does it when they close
      this.db.pragma('journal_mode = DELETE');
    } catch (cause) {
      if (!systemCode(cause)?.startsWith('SQLITE_BUSY')) throw this.failed(cause);
    } finally {
      this.db.close();
    }
  }

  // Dropped whole, since deleting rows would run the triggers that a hostile trace may have on them.
  private dropOld(): void {
    const old = this.db
      .prepare(
        "select type, name from sqlite_schema where type in ('table', 'view') " +
          "and lower(name) in ('calls', 'call_rows', 'call_shapes', 'late_answers', 'entries') order by type desc",
      )
      .all() as { type: 'table' | 'view'; name: string }[];
    for (const { type, name } of old) this.db.exec(`drop ${type} ${name}`);
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      throw cause instanceof WasiRrError ? cause : this.failed(cause);
    }
  }

  private failed(cause: unknown): WasiRrError {
    return new WasiRrError(
      'TRACE_WRITE_FAILED',
      `the call index of ${this.path} cannot be written: ${messageOf(cause)}.`,
      { cause },
    );
  }
}
