/**
 * Reads a trace. A trace is untrusted input: sizes are bounded before anything is unpacked, sums are
 * checked, and what is damaged is named. A trace that was cut short is read as far as it goes.
 */
import { crc32 } from 'node:zlib';
import type Database from 'better-sqlite3';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { type AttachmentEntry, listAttachments, readAttachment } from './attachments.ts';
import { EventReader } from './event-reader.ts';
import type { LogEvent, LoggedFunction } from './events.ts';
import { type ForwardedEntry, listForwarded, readForwarded } from './forwarded.ts';
import { countInjections, type Injection, listInjections } from './injections.ts';
import { type CoreInstance, parseLinks } from './instances.ts';
import type { KeyframeParts } from './keyframes/parts.ts';
import { type KeyframesEntry, keyframesEntry, loadKeyframes } from './keyframes/store.ts';
import { type LogTail, readTail } from './log-tail.ts';
import type { TraceMeta } from './meta.ts';
import { foldWriteAheadLog, openDatabase } from './open-database.ts';
import { MAX_SEGMENT_SIZE } from './record-kinds.ts';
import { listRequests, type ServedRequest } from './requests.ts';
import { CODEC } from './schema.ts';
import { listSnapshots, loadSnapshot, type SnapshotEntry } from './snapshots.ts';
import { loadModule } from './stored-module.ts';
import {
  beginsInside,
  readContent,
  type SegmentHeader,
  type TraceContent,
} from './trace-content.ts';
import { zstdDecompressSync } from './zstd.ts';

const MAX_INSTANCES = 10_000;

export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: IterableIterator<readonly unknown[]>;
}

export class TraceReader {
  readonly path: string;
  private readonly db: Database.Database;
  private readonly truncated: boolean;
  private content: TraceContent;
  /** What a killed recorder had not stored. */
  private tail: LogTail | undefined;
  /** SQLite's count of the changes that others made to the file. */
  private dataVersion: unknown;
  private readonly openQueries = new Set<IterableIterator<unknown[]>>();

  /**
   * @throws WasiRrError TRACE_NOT_FOUND, TRACE_UNREADABLE, NOT_A_TRACE, TRACE_TOO_NEW, TRACE_CORRUPT,
   *   TRACE_TRUNCATED (so short that nothing is left)
   */
  constructor(path: string) {
    this.path = path;
    const { db, truncated } = openDatabase(path);
    this.db = db;
    this.truncated = truncated;
    try {
      this.content = this.readContent();
      this.addTail();
    } catch (cause) {
      db.close();
      throw cause;
    }
  }

  get meta(): TraceMeta {
    return this.content.meta;
  }

  get functions(): ReadonlyMap<number, LoggedFunction> {
    return this.content.functions;
  }

  get segments(): readonly SegmentHeader[] {
    return this.content.segments;
  }

  /** How many events can be read: all numbers below it. */
  get eventCount(): number {
    return this.content.eventCount;
  }

  /** What is missing or damaged, in a sentence; undefined for a whole file. */
  get damage(): string | undefined {
    return this.content.damage;
  }

  /** Whether the recording ended and all of it is here. */
  get complete(): boolean {
    return this.meta.outcome !== undefined && this.damage === undefined;
  }

  /**
   * Looks whether the recorder has written more since the trace was opened or last refreshed; costs next
   * to nothing where it has not. What is read at the time ({@link events}) goes on to its old end.
   * @returns whether anything is new
   * @throws WasiRrError as for a trace that is opened
   */
  refresh(): boolean {
    const version = this.guard(() => this.db.pragma('data_version', { simple: true }));
    if (version === this.dataVersion) return false;
    this.content = this.readContent();
    this.addTail();
    return true;
  }

  close(): void {
    // a query whose rows were not all taken would keep the file open
    for (const rows of this.openQueries) rows.return?.();
    this.db.close();
    if (this.complete) foldWriteAheadLog(this.path);
  }

  /**
   * The guest's module.
   * @param id of a component's many; by default the first
   * @throws WasiRrError TRACE_CORRUPT where it is missing, too large or not what its hash says
   */
  module(id = 0): Uint8Array {
    try {
      return loadModule(this.db, id);
    } catch (cause) {
      const rest =
        this.meta.flavour === 'preview1'
          ? `Replay the rest with the program itself: wasi-rr replay --module ${this.meta.program}.`
          : 'Record the run again.';
      throw new WasiRrError(
        'TRACE_CORRUPT',
        `the module of ${this.path} ${messageOf(cause)}. ${rest}`,
        { cause },
      );
    }
  }

  /** A component's core instances, in order. @throws WasiRrError TRACE_CORRUPT */
  instances(): CoreInstance[] {
    const rows = this.guard(() =>
      this.db
        .prepare('select id, module, imports from instances order by id limit ?')
        .all(MAX_INSTANCES),
    ) as { id: unknown; module: unknown; imports: unknown }[];
    return rows.map(({ id, module, imports }, i) => {
      const links = parseLinks(imports);
      if (id !== i || typeof module !== 'number' || links === undefined) {
        throw this.corrupt(`its core instance ${i} is unreadable`);
      }
      return { id: i, module, links };
    });
  }

  /**
   * The uncompressed bytes of a segment.
   * @param index position in {@link segments}
   * @throws WasiRrError SEGMENT_CORRUPT, naming the segment and its events
   */
  segmentBytes(index: number): Uint8Array {
    const header = this.segments[index];
    if (header === undefined) throw new RangeError(`no segment at position ${index}`);
    if (header === this.tail?.header) return this.tail.records;
    const fail = (what: string, cause?: unknown) => damagedSegment(this.path, header, what, cause);
    let row: { data: unknown; codec: number; rawSize: number; crc32: number } | undefined;
    try {
      // sums and sizes of this moment: while a recording runs, its last segment is rewritten, longer
      row = this.db
        .prepare('select data, codec, raw_size as rawSize, crc32 from segments where id = ?')
        .get(header.id) as typeof row;
    } catch (cause) {
      throw fail(messageOf(cause), cause);
    }
    if (!(row?.data instanceof Uint8Array)) throw fail('its bytes are missing');
    const { data, codec, rawSize } = row;
    if (crc32(data) !== row.crc32) throw fail('its checksum does not match');
    if (!(rawSize >= 0 && rawSize <= MAX_SEGMENT_SIZE)) throw fail(`it claims ${rawSize} bytes`);
    let bytes: Uint8Array = data;
    if (codec === CODEC.zstd) {
      try {
        bytes = zstdDecompressSync(data, { maxOutputLength: Math.max(1, rawSize) });
      } catch (cause) {
        throw fail(`it does not unpack to the ${rawSize} bytes that it claims`, cause);
      }
    } else if (codec !== CODEC.raw) throw fail(`its codec ${codec} is unknown`);
    if (bytes.length !== rawSize) throw fail(`it has ${bytes.length} bytes, and claims ${rawSize}`);
    return bytes;
  }

  /** Position in {@link segments} of the first segment with anything of event `number`. */
  segmentOf(number: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.segments[middle] as SegmentHeader).lastEvent < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Events in order, decoded one segment at a time. Byte fields live as long as they are held.
   * @param from first event number
   * @param to event number to stop before; all readable ones by default
   * @throws WasiRrError SEGMENT_CORRUPT at the first event that cannot be read
   */
  *events(from = 0, to = this.eventCount): Generator<LogEvent> {
    // those of now: a refresh may replace the last one by a longer one
    const { segments, functions } = this.content;
    const end = Math.min(to, this.eventCount);
    let index = this.segmentOf(from);
    const first = segments[index];
    if (first === undefined || from >= end) return;
    const { firstEvent, startNs } = first;
    const reader = new EventReader(functions, firstEvent, startNs, beginsInside(segments, index));
    for (; index < segments.length && reader.nextNumber < end; index++) {
      const header = segments[index] as SegmentHeader;
      reader.feed(this.segmentBytes(index), header.id);
      while (reader.nextNumber < end) {
        const event = reader.next();
        if (event === undefined) break;
        if (event.number >= from) yield event;
      }
      if (reader.nextNumber >= end) return;
      if (reader.nextNumber !== header.firstEvent + header.events) {
        throw damagedSegment(this.path, header, `it ends at event ${reader.nextNumber - 1}`);
      }
    }
  }

  /**
   * Faults that were injected into the recording, by event. None in one without chaos.
   * @param from first event number
   * @param to event number to stop before
   * @throws WasiRrError TRACE_CORRUPT
   */
  injections(from = 0, to = this.eventCount): Injection[] {
    return this.guard(() => listInjections(this.db, from, to));
  }

  /** How often each fault was injected, the most frequent first. @throws WasiRrError TRACE_CORRUPT */
  injectionCounts(): { readonly fault: string; readonly count: number }[] {
    return this.guard(() => countInjections(this.db));
  }

  /** The requests that a recorded server was sent. @throws WasiRrError TRACE_CORRUPT */
  requests(): ServedRequest[] {
    return this.guard(() => listRequests(this.db));
  }

  /**
   * What the program passed on unread, by event.
   * @param from first event number
   * @param to event number to stop before
   * @throws WasiRrError TRACE_CORRUPT
   */
  forwarded(from = 0, to = this.eventCount): ForwardedEntry[] {
    return this.guard(() => listForwarded(this.db, from, to));
  }

  /** The bytes that are kept of it. @param most where to stop @throws WasiRrError TRACE_CORRUPT */
  forwardedBytes(entry: ForwardedEntry, most: number): Uint8Array {
    return this.guard(() => readForwarded(this.db, entry, most));
  }

  snapshots(): SnapshotEntry[] {
    return this.guard(() => listSnapshots(this.db));
  }

  /** Memory of a snapshot, by id. @throws WasiRrError TRACE_CORRUPT */
  snapshot(id: number): Uint8Array {
    return this.guard(() => loadSnapshot(this.db, id));
  }

  /** Keyframes of memory; undefined where there are none. @throws WasiRrError TRACE_CORRUPT */
  keyframes(): KeyframeParts | undefined {
    return this.guard(() => loadKeyframes(this.db, this.segments));
  }

  /** What {@link keyframes} would give. */
  keyframesEntry(): KeyframesEntry | undefined {
    return this.guard(() => keyframesEntry(this.db, this.segments));
  }

  /** Files that were put into the trace, to explain it. */
  attachments(): AttachmentEntry[] {
    return this.guard(() => listAttachments(this.db));
  }

  /** Bytes of a file that was put into the trace. @throws WasiRrError TRACE_CORRUPT */
  attachment(entry: AttachmentEntry): Uint8Array {
    return this.guard(() => readAttachment(this.db, entry));
  }

  /**
   * Runs one SQL statement that reads.
   * @throws WasiRrError QUERY_FAILED for anything that SQLite refuses, and for statements that write
   */
  query(sql: string): QueryResult {
    const failed = (cause: unknown) =>
      new WasiRrError('QUERY_FAILED', `the query failed: ${messageOf(cause)}`, { cause });
    try {
      const statement = this.db.prepare(sql);
      if (!statement.reader) throw new Error('only statements that return rows are allowed');
      const columns = statement.columns().map((column) => column.name);
      const rows = statement.raw().safeIntegers().iterate() as IterableIterator<unknown[]>;
      this.openQueries.add(rows);
      return { columns, rows: guardRows(rows, failed) };
    } catch (cause) {
      throw failed(cause);
    }
  }

  /** Whether the calls index lacks what a killed recorder had not stored (`rebuildIndex` adds it). */
  get tailUnindexed(): boolean {
    const first = this.tail?.header.firstEvent;
    if (first === undefined) return false;
    const row = 'select 1 from call_rows where seq >= ? limit 1';
    return this.guard(() => this.db.prepare(row).get(first)) === undefined;
  }

  private addTail(): void {
    const { content } = this;
    this.tail = readTail(this.path, content, (index) => this.segmentBytes(index));
    if (this.tail === undefined) return;
    const { header } = this.tail;
    const segments = [...content.segments, header];
    this.content = { ...content, segments, eventCount: content.eventCount + header.events };
  }

  private readContent(): TraceContent {
    return this.guard(() => {
      // before the content: a change in between is then read twice rather than never
      this.dataVersion = this.db.pragma('data_version', { simple: true });
      return readContent(this.db, this.path, this.truncated);
    });
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw cause instanceof WasiRrError ? cause : this.corrupt(cause);
    }
  }

  private corrupt(cause: unknown): WasiRrError {
    const code = systemCode(cause);
    if (code === 'SQLITE_BUSY') {
      return new WasiRrError(
        'TRACE_IS_BUSY',
        `${this.path} is being written by another process. Try again in a moment.`,
        { cause },
      );
    }
    return new WasiRrError(
      'TRACE_CORRUPT',
      `${this.path} is damaged: ${messageOf(cause)}. Record the run again.`,
      { cause },
    );
  }
}

/** @param what is wrong with it */
export function damagedSegment(
  path: string,
  { id, firstEvent, lastEvent }: SegmentHeader,
  what: string,
  cause?: unknown,
): WasiRrError {
  return new WasiRrError(
    'SEGMENT_CORRUPT',
    `segment ${id} (events ${firstEvent} to ${lastEvent}) of ${path} is damaged: ${what}. ` +
      `Events before ${firstEvent} can still be read.`,
    { event: firstEvent, cause },
  );
}

function* guardRows(
  rows: IterableIterator<unknown[]>,
  failed: (cause: unknown) => Error,
): Generator<readonly unknown[]> {
  try {
    yield* rows;
  } catch (cause) {
    throw failed(cause);
  }
}
