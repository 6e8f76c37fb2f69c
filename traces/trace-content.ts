/**
 * What a trace says of itself, apart from its log: meta, functions, where the segments are. Read in one
 * go, so that a recording which goes on meanwhile cannot show half of a flush.
 */
import type Database from 'better-sqlite3';
import { messageOf } from '../errors.ts';
import type { LoggedFunction, LoggedType } from './events.ts';
import { parseMeta, type TraceMeta } from './meta.ts';
import { MAX_PARAMS } from './record-kinds.ts';

const MAX_META_SIZE = 64 << 20;
const MAX_FUNCTIONS = 100_000;

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

/** Whether the first event of a segment began in one before, with parts of what it took along. */
export function beginsInside(segments: readonly SegmentHeader[], index: number): boolean {
  return index > 0 && segments[index - 1]?.lastEvent === segments[index]?.firstEvent;
}

export interface TraceContent {
  readonly meta: TraceMeta;
  readonly functions: ReadonlyMap<number, LoggedFunction>;
  readonly segments: readonly SegmentHeader[];
  /** How many events can be read: all numbers below it. */
  readonly eventCount: number;
  /** What is missing or damaged, in a sentence; undefined for a whole file. */
  readonly damage: string | undefined;
}

/**
 * @param path for messages
 * @param truncated whether the file is shorter than it says itself
 * @throws Error with what is wrong; errors of SQLite
 */
export function readContent(db: Database.Database, path: string, truncated: boolean): TraceContent {
  const read = () => {
    const meta = parseMeta(path, readMeta(db));
    const functions = readFunctions(db);
    const { segments, problem } = readSegmentHeaders(db, truncated);
    const eventCount = segments.reduce((sum, segment) => sum + segment.events, 0);
    const damage = describeDamage(meta, eventCount, truncated, problem);
    return { meta, functions, segments, eventCount, damage };
  };
  // nobody writes to a file that is cut short, and what lacks of it would end the transaction
  return truncated ? read() : db.transaction(read)();
}

function readMeta(db: Database.Database): Map<string, unknown> {
  const size = db.prepare('select coalesce(sum(length(value)), 0) from meta').pluck().get();
  if (Number(size) > MAX_META_SIZE) throw new Error('its description is absurdly long');
  const rows = db.prepare('select key, value from meta').all() as { key: string; value: string }[];
  return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
}

function readFunctions(db: Database.Database): Map<number, LoggedFunction> {
  const rows = db
    .prepare('select * from functions order by id limit ?')
    .all(MAX_FUNCTIONS) as Record<string, unknown>[];
  return new Map(
    rows.map((row) => {
      const params = parseTypes(row.params);
      const results = parseTypes(row.results);
      const known = DIRECTIONS.has(row.direction);
      if (!known || !params || !results) throw new Error('its function list is unreadable');
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
function readSegmentHeaders(
  db: Database.Database,
  truncated: boolean,
): { segments: SegmentHeader[]; problem?: string } {
  const segments: SegmentHeader[] = [];
  const statement = db.prepare(
    'select id, first_event as firstEvent, last_event as lastEvent, events, start_ns as startNs, ' +
      'codec, raw_size as rawSize, crc32 from segments order by id',
  );
  // reading a row's blob proves that its pages are there; only worth the time in a damaged file
  const blob = db.prepare('select length(hex(data)) from segments where id = ?').pluck();
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

function describeDamage(
  { events: expected, outcome }: TraceMeta,
  eventCount: number,
  truncated: boolean,
  problem: string | undefined,
): string | undefined {
  if (truncated || (expected !== undefined && expected > eventCount)) {
    return `the file is cut short: ${eventCount} of ${expected ?? 'an unknown number of'} events are there`;
  }
  if (problem !== undefined) {
    return `the file is damaged after event ${eventCount - 1}: ${problem}`;
  }
  if (outcome === undefined || expected === eventCount) return undefined;
  return `the file was changed: it says that it has ${expected ?? 'no number of'} events, and ${eventCount} are there`;
}

const DIRECTIONS: ReadonlySet<unknown> = new Set(['import', 'export']);
const TYPES: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'funcref']);

function parseTypes(text: unknown): LoggedType[] | undefined {
  if (typeof text !== 'string') return undefined;
  const types = text === '' ? [] : text.split(' ');
  return types.length <= MAX_PARAMS && types.every((type) => TYPES.has(type))
    ? (types as LoggedType[])
    : undefined;
}
