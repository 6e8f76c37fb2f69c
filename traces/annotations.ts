/**
 * What is added to a trace after its recording: bookmarks and memory snapshots. The log is never
 * touched.
 */
import type Database from 'better-sqlite3';
import { messageOf, WasiRrError } from '../errors.ts';
import { changeTrace } from './change.ts';
import { openDatabase } from './open-database.ts';
import { type SnapshotImage, storeSnapshot } from './snapshots.ts';

/** More than a person makes. */
const MAX_BOOKMARKS = 10_000;

/** A place in a run that a user named. */
export interface Bookmark {
  readonly id: number;
  /** Number of the event after which it stands; -1 for the beginning. */
  readonly event: number;
  readonly name: string;
  readonly note: string;
  /** ISO 8601, UTC. */
  readonly created: string;
}

/**
 * By event.
 * @throws WasiRrError TRACE_CORRUPT, and as for a trace that is opened
 */
export function listBookmarks(path: string): Bookmark[] {
  const { db } = openDatabase(path);
  try {
    return db
      .prepare(
        `select id, event, cast(name as text) as name, cast(note as text) as note,
           cast(created as text) as created
         from bookmarks where typeof(event) = 'integer' order by event, id limit ?`,
      )
      .all(MAX_BOOKMARKS) as Bookmark[];
  } catch (cause) {
    throw new WasiRrError(
      'TRACE_CORRUPT',
      `the bookmarks of ${path} cannot be read: ${messageOf(cause)}.`,
      { cause },
    );
  } finally {
    db.close();
  }
}

/** Whether there are any; not in a trace in which they cannot be read. */
export function hasBookmarks(db: Database.Database): boolean {
  try {
    return db.prepare('select 1 from bookmarks limit 1').get() !== undefined;
  } catch {
    return false;
  }
}

/** @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
export function addBookmark(
  path: string,
  bookmark: { readonly event: number; readonly name: string; readonly note?: string },
): Bookmark {
  const { event, name, note = '' } = bookmark;
  const created = new Date().toISOString();
  return changeTrace(path, (db) => {
    const { lastInsertRowid } = db
      .prepare('insert into bookmarks (event, name, note, created) values (?,?,?,?)')
      .run(event, name, note, created);
    return { id: Number(lastInsertRowid), event, name, note, created };
  });
}

/**
 * @returns whether there was one
 * @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY
 */
export function removeBookmark(path: string, id: number): boolean {
  return changeTrace(
    path,
    (db) => db.prepare('delete from bookmarks where id = ?').run(id).changes > 0,
  );
}

/**
 * @returns whether there was one
 * @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY
 */
export function editBookmark(path: string, id: number, note: string): boolean {
  return changeTrace(path, (db) => {
    const { changes } = db.prepare('update bookmarks set note = ? where id = ?').run(note, id);
    return changes > 0;
  });
}

/** All of them or none. @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
export function addSnapshots(path: string, images: readonly SnapshotImage[]): void {
  changeTrace(path, (db) => {
    for (const image of images) storeSnapshot(db, image);
  });
}
