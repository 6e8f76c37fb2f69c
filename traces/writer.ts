/**
 * Writes a trace. All of one flush, segments and index rows, is one transaction, so that whatever
 * survives a `kill -9` is consistent. Errors of the file system come out as TRACE_WRITE_FAILED.
 */
import { crc32, constants as zlib, zstdCompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { WasiRrError } from '../errors.ts';
import { CallIndex } from './call-index.ts';
import type { LoggedFunction } from './events.ts';
import { fileSizeLimit } from './file-size-limit.ts';
import { type ForwardedPiece, storeForwarded } from './forwarded.ts';
import { createInjections, type Injection, storeInjections } from './injections.ts';
import type { CoreInstance } from './instances.ts';
import type { EndMeta, StartMeta } from './meta.ts';
import { OutputFile, SPARE, unwritable, writeFailed } from './output-file.ts';
import { type PackedModule, packModule } from './packed-module.ts';
import { createRequests, type ServedRequest, storeRequest } from './requests.ts';
import { APPLICATION_ID, CODEC, FORMAT_VERSION, PAGE_SIZE, SCHEMA } from './schema.ts';
import { type SnapshotImage, storeSnapshot } from './snapshots.ts';

/** Measured on a log of 1 M calls: level 1 takes 0.65 of level 3's time for the same size; esbuild's gets 7 % larger. */
const ZSTD = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };

/** A run of whole records, uncompressed. */
export interface Segment {
  /** Number of the event to which the first record belongs, and the last. */
  readonly firstEvent: number;
  readonly lastEvent: number;
  /** How many events end in it (parts of the next one may follow). */
  readonly events: number;
  /** Nanoseconds since the start at which the event before the first ended. */
  readonly startNs: number;
  readonly bytes: Uint8Array;
}

export interface ModuleEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where that was made already. */
  readonly packed?: PackedModule | undefined;
}

/** Of pages, in KiB. */
const CACHE_KIB = 2000;

export class TraceWriter {
  private readonly file: OutputFile;
  private readonly db: Database.Database;
  private readonly callIndex: CallIndex;
  private readonly insertSegment: Database.Statement;
  private readonly dropSegments: Database.Statement;
  private readonly sizeLimit = fileSizeLimit();
  private segments = 0;

  /**
   * Creates the file (mode 0600), which must not exist.
   * @param sync survive power loss, not only a killed process
   * @throws WasiRrError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
   */
  constructor(path: string, options: { sync?: boolean } = {}) {
    this.file = new OutputFile(path);
    this.db = new Database(path);
    try {
      this.db.pragma(`page_size = ${PAGE_SIZE}`);
      // before the log mode, which would wait for the disk
      this.db.pragma(`synchronous = ${options.sync ? 'FULL' : 'OFF'}`);
      this.db.pragma('journal_mode = WAL');
      this.db.pragma('locking_mode = NORMAL');
      // what is written is at the end of its tables: a cache of 16 MB holds what nobody asks for again
      this.db.pragma(`cache_size = -${CACHE_KIB}`);
      this.limitSize(SPARE);
      this.db.pragma(`application_id = ${APPLICATION_ID}`);
      this.db.pragma(`user_version = ${FORMAT_VERSION}`);
      this.db.exec(SCHEMA);
    } catch (cause) {
      this.db.close();
      this.file.remove();
      throw unwritable(path, cause);
    }
    this.callIndex = new CallIndex(this.db, `${path}-rows`);
    this.insertSegment = this.db.prepare('insert into segments values (?,?,?,?,?,?,?,?,?)');
    this.dropSegments = this.db.prepare('delete from segments where id >= ?');
  }

  /**
   * Everything that is known before the guest runs. The ids of its modules count from 1.
   * @throws WasiRrError OUTPUT_UNWRITABLE; the trace is then removed again
   */
  start(
    meta: StartMeta,
    functions: readonly LoggedFunction[],
    modules: readonly ModuleEntry[],
  ): void {
    try {
      this.transaction(() => {
        this.putMeta(meta);
        this.putFunctions(functions);
        if (meta.chaos !== undefined) createInjections(this.db);
        if (meta.serving !== undefined) createRequests(this.db);
      });
      for (const module of modules) this.addModule(module);
    } catch (cause) {
      this.discard();
      throw unwritable(this.file.path, cause instanceof WasiRrError ? cause.cause : cause);
    }
  }

  private addModule({ name, bytes, packed }: ModuleEntry): void {
    const { sha256, size, data } = packed ?? packModule(bytes);
    this.transaction(() => {
      this.db
        .prepare('insert into modules (sha256, name, size, data) values (?,?,?,?)')
        .run(sha256, name, size, data);
    });
  }

  /** Functions that are called for the first time later than at the start. */
  addFunctions(functions: readonly LoggedFunction[]): void {
    this.transaction(() => this.putFunctions(functions));
  }

  /** A core instance of a component. */
  addInstance({ id, module, links }: CoreInstance): void {
    this.transaction(() => {
      this.db
        .prepare('insert into instances values (?,?,?)')
        .run(id, module, JSON.stringify(links));
    });
  }

  /**
   * Appends a segment.
   * @param build adds the calls of the segment's new events to the index and gives the segment
   * @param replaces how many of the last segments this one contains and takes the place of
   */
  append(build: (index: CallIndex) => Segment, replaces = 0): void {
    this.transaction(() => {
      const segment = build(this.callIndex);
      const data = zstdCompressSync(segment.bytes, ZSTD);
      if (replaces > 0) {
        this.segments -= replaces;
        this.dropSegments.run(this.segments + 1);
      }
      this.segments++;
      this.insertSegment.run(
        this.segments,
        segment.firstEvent,
        segment.lastEvent,
        segment.events,
        segment.startNs,
        CODEC.zstd,
        segment.bytes.length,
        crc32(data),
        data,
      );
      // after its segment: of a file that is cut short the log is worth more than the index
      this.callIndex.flush();
    });
  }

  /** Adds calls to the index that stand in no new segment. */
  index(add: (index: CallIndex) => void): void {
    this.transaction(() => {
      add(this.callIndex);
      this.callIndex.flush();
    });
  }

  /** Only for a recording whose meta says `chaos`. */
  addInjections(injections: readonly Injection[]): void {
    this.transaction(() => storeInjections(this.db, injections));
  }

  /** Only for a recording whose meta says `serving`. */
  addRequest(request: ServedRequest): void {
    this.transaction(() => storeRequest(this.db, request));
  }

  /** A piece of what the program passed on unread. */
  addForwarded(piece: ForwardedPiece): void {
    this.transaction(() => storeForwarded(this.db, piece));
  }

  addSnapshot(image: SnapshotImage): void {
    this.transaction(() => storeSnapshot(this.db, image));
  }

  /** Finds out, now and then, whether what is written can still be found. @throws WasiRrError TRACE_WRITE_FAILED */
  checkThere(): void {
    this.guard(() => this.file.checkThere());
  }

  /**
   * Writes how the run ended and leaves one file, without write-ahead log. The writer is closed.
   * @throws WasiRrError TRACE_WRITE_FAILED; the writer is then open as before
   */
  finish(meta: EndMeta): void {
    this.guard(() => this.file.checkThere(true));
    this.openSpare();
    this.transaction(() => this.putMeta(meta));
    this.close();
  }

  /**
   * After an error: writes how the trace ends, in room that was kept for it. The writer is closed. Where even
   * that fails, the trace looks as if its recorder had been killed.
   */
  finishCutShort(meta: EndMeta): void {
    this.openSpare();
    try {
      this.putMeta(meta);
    } catch {
      try {
        // a file that may not grow has room again once its contents were moved into the database
        this.db.pragma('wal_checkpoint(RESTART)');
        this.putMeta(meta);
      } catch {
        // nothing more can be done
      }
    }
    this.close();
  }

  /** Removes the trace. */
  discard(): void {
    this.callIndex.close();
    this.db.close();
    this.file.remove();
  }

  /** For what room was kept. */
  private openSpare(): void {
    this.file.freeSpare();
    this.limitSize(0);
  }

  /**
   * Where files may not grow as they like, all that the write-ahead log holds must fit into the database: else it is
   * a matter of chance whether there is room for the end behind the last thing that was written.
   * @param spare bytes that stay free
   */
  private limitSize(spare: number): void {
    if (this.sizeLimit === undefined) return;
    const pages = Math.max(1, Math.floor((this.sizeLimit - spare) / PAGE_SIZE));
    this.db.pragma(`max_page_count = ${pages}`);
  }

  private close(): void {
    this.file.freeSpare();
    try {
      this.db.pragma('wal_checkpoint(TRUNCATE)');
      this.db.pragma('journal_mode = DELETE');
    } catch {
      // another process reads the trace now, or the disk is full. Everything is in the write-ahead log, which
      // stays; the reader that is closed last folds it in
    } finally {
      this.callIndex.close();
      this.db.close();
      this.file.removeRing();
    }
  }

  private putMeta(meta: object): void {
    const put = this.db.prepare('insert or replace into meta values (?, ?)');
    this.db.transaction(() => {
      for (const [key, value] of Object.entries(meta)) put.run(key, JSON.stringify(value));
    })();
  }

  private putFunctions(functions: readonly LoggedFunction[]): void {
    const put = this.db.prepare('insert into functions values (?,?,?,?,?,?,?)');
    for (const { id, direction, module, name, params, results, instance } of functions) {
      put.run(id, direction, module, name, params.join(' '), results.join(' '), instance ?? 0);
    }
  }

  private transaction(work: () => void): void {
    this.guard(() => this.db.transaction(work)());
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      throw writeFailed(this.file.path, cause);
    }
  }
}
