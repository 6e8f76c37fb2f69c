/**
 * Reads a trace. A trace is untrusted input: sizes are bounded before anything is unpacked, sums are
 * checked, and what is damaged is named. A trace that was cut short is read as far as it goes.
 */
import { createHash } from 'node:crypto';
import { crc32, zstdDecompressSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { EventReader } from './event-reader.ts';
import type { LogEvent, LoggedFunction, LoggedType } from './events.ts';
import { countInjections, type Injection, listInjections } from './injections.ts';
import { type CoreInstance, parseLinks } from './instances.ts';
import { parseMeta, type TraceMeta } from './meta.ts';
import { openDatabase } from './open-database.ts';
import { MAX_PARAMS, MAX_SEGMENT_SIZE } from './record-kinds.ts';
import { CODEC } from './schema.ts';
import { listSnapshots, loadSnapshot, type SnapshotEntry } from './snapshots.ts';

/** V8 takes no larger module. */
const MAX_MODULE_SIZE = 2 ** 30;
const MAX_META_SIZE = 64 << 20;
const MAX_FUNCTIONS = 100_000;
const MAX_INSTANCES = 10_000;

export interface SegmentHeader {
  readonly id: number;
  readonly firstEvent: number;
  readonly lastEvent: number;
  readonly events: number;
  readonly startNs: number;
  readonly codec: number;
  /** Bytes, uncompressed. */
  readonly rawSize: number;
  readonly crc32: number;
}

export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: IterableIterator<readonly unknown[]>;
}

export class TraceReader {
  readonly path: string;
  readonly meta: TraceMeta;
  readonly functions: ReadonlyMap<number, LoggedFunction>;
  readonly segments: readonly SegmentHeader[];
  /** How many events can be read: all numbers below it. */
  readonly eventCount: number;
  /** What is missing or damaged, in a sentence; undefined for a whole file. */
  readonly damage: string | undefined;
  private readonly db: Database.Database;
  private readonly openQueries = new Set<IterableIterator<unknown[]>>();

  /**
   * @throws WasiRrError TRACE_NOT_FOUND, TRACE_UNREADABLE, NOT_A_TRACE, TRACE_TOO_NEW, TRACE_CORRUPT,
   *   TRACE_TRUNCATED (so short that nothing is left)
   */
  constructor(path: string) {
    this.path = path;
    const { db, truncated } = openDatabase(path);
    this.db = db;
    try {
      this.meta = parseMeta(path, this.readMeta());
      this.functions = this.readFunctions();
      const { segments, problem } = this.readSegmentHeaders(truncated);
      this.segments = segments;
      this.eventCount = segments.reduce((sum, segment) => sum + segment.events, 0);
      this.damage = this.describeDamage(truncated, problem);
    } catch (cause) {
      db.close();
      throw cause instanceof WasiRrError ? cause : this.corrupt(cause);
    }
  }

  /** Whether the recording ended and all of it is here. */
  get complete(): boolean {
    return this.meta.outcome !== undefined && this.damage === undefined;
  }

  close(): void {
    // a query whose rows were not all taken would keep the file open
    for (const rows of this.openQueries) rows.return?.();
    this.db.close();
  }

  /**
   * The guest's module.
   * @param id of a component's many; by default the first
   * @throws WasiRrError TRACE_CORRUPT where it is missing, too large or not what its hash says
   */
  module(id = 0): Uint8Array {
    const row = this.guard(() =>
      this.db
        .prepare('select sha256, size, data from modules where id >= ? order by id limit 1')
        .get(id),
    ) as { sha256: string; size: number; data: Uint8Array } | undefined;
    if (row === undefined) {
      throw new WasiRrError(
        'TRACE_CORRUPT',
        `${this.path} holds no module: the recorder was killed before it had stored it. Record the run again.`,
      );
    }
    if (!(row.size > 0 && row.size <= MAX_MODULE_SIZE))
      throw this.corrupt('its module has no possible size');
    const bytes = this.guard(() => zstdDecompressSync(row.data, { maxOutputLength: row.size }));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== row.sha256)
      throw this.corrupt('its module is not the one that its checksum names');
    return bytes;
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
    const end = Math.min(to, this.eventCount);
    let index = this.segmentOf(from);
    const first = this.segments[index];
    if (first === undefined || from >= end) return;
    const reader = new EventReader(this.functions, first.firstEvent, first.startNs);
    for (; index < this.segments.length && reader.nextNumber < end; index++) {
      const header = this.segments[index] as SegmentHeader;
      reader.feed(this.segmentBytes(index), header.id);
      for (let event = reader.next(); event !== undefined; event = reader.next()) {
        if (event.number >= end) return;
        if (event.number >= from) yield event;
      }
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

  snapshots(): SnapshotEntry[] {
    return this.guard(() => listSnapshots(this.db));
  }

  /** Memory of a snapshot, by id. @throws WasiRrError TRACE_CORRUPT */
  snapshot(id: number): Uint8Array {
    return this.guard(() => loadSnapshot(this.db, id));
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

  private readMeta(): Map<string, unknown> {
    const size = this.db.prepare('select coalesce(sum(length(value)), 0) from meta').pluck().get();
    if (Number(size) > MAX_META_SIZE) throw this.corrupt('its description is absurdly long');
    const rows = this.db.prepare('select key, value from meta').all() as {
      key: string;
      value: string;
    }[];
    return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
  }

  private readFunctions(): Map<number, LoggedFunction> {
    const rows = this.db
      .prepare('select * from functions order by id limit ?')
      .all(MAX_FUNCTIONS) as Record<string, unknown>[];
    return new Map(
      rows.map((row) => {
        const params = parseTypes(row.params);
        const results = parseTypes(row.results);
        const known = DIRECTIONS.has(row.direction);
        if (!known || !params || !results) throw this.corrupt('its function list is unreadable');
        const func: LoggedFunction = {
          id: Number(row.id),
          direction: row.direction as LoggedFunction['direction'],
          module: String(row.module),
          name: String(row.name),
          params,
          results,
          ...(row.instance ? { instance: Number(row.instance) } : {}),
        };
        return [func.id, func];
      }),
    );
  }

  /** Headers as far as they hold together: each segment begins where the one before ended. */
  private readSegmentHeaders(truncated: boolean): { segments: SegmentHeader[]; problem?: string } {
    const segments: SegmentHeader[] = [];
    const statement = this.db.prepare(
      'select id, first_event as firstEvent, last_event as lastEvent, events, start_ns as startNs, ' +
        'codec, raw_size as rawSize, crc32 from segments order by id',
    );
    // reading a row's blob proves that its pages are there; only worth the time in a damaged file
    const blob = this.db.prepare('select length(hex(data)) from segments where id = ?').pluck();
    let next = 0;
    try {
      for (const row of statement.iterate() as IterableIterator<SegmentHeader>) {
        const whole = [row.firstEvent, row.lastEvent, row.events, row.startNs, row.rawSize].every(
          (value) => Number.isSafeInteger(value) && value >= 0,
        );
        // parts of the next event may stand behind the last one that ends here
        const reach = row.lastEvent - row.firstEvent - row.events;
        const fits = row.firstEvent === next && (reach === 0 || reach === -1);
        if (!whole || row.id !== segments.length + 1 || !fits) {
          return { segments, problem: `its segment ${row.id} does not follow on the one before` };
        }
        if (truncated) blob.get(row.id);
        next += row.events;
        segments.push(row);
      }
    } catch (cause) {
      return { segments, problem: messageOf(cause) };
    }
    return { segments };
  }

  private describeDamage(truncated: boolean, problem: string | undefined): string | undefined {
    const { events: expected, outcome } = this.meta;
    if (truncated || (expected !== undefined && expected > this.eventCount)) {
      return `the file is cut short: ${this.eventCount} of ${expected ?? 'an unknown number of'} events are there`;
    }
    if (problem !== undefined) {
      return `the file is damaged after event ${this.eventCount - 1}: ${problem}`;
    }
    if (outcome === undefined || expected === this.eventCount) return undefined;
    return `the file was changed: it says that it has ${expected ?? 'no number of'} events, and ${this.eventCount} are there`;
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

const DIRECTIONS: ReadonlySet<unknown> = new Set(['import', 'export', 'wit']);
const TYPES: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64']);

function parseTypes(text: unknown): LoggedType[] | undefined {
  if (typeof text !== 'string') return undefined;
  const types = text === '' ? [] : text.split(' ');
  return types.length <= MAX_PARAMS && types.every((type) => TYPES.has(type))
    ? (types as LoggedType[])
    : undefined;
}
