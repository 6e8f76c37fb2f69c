/**
 * The requests that a recorded HTTP server was sent, beside the log: for people, never for a replay. Only
 * traces of servers have the table.
 */
import type Database from 'better-sqlite3';

/** A run of events, the first and the last. */
export type Span = readonly [first: number, last: number];

export interface ServedRequest {
  /** From 1, in the order in which they came. */
  readonly id: number;
  /** `GET`. Unescaped, as everything in a trace. */
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** What answered it; null where nothing of the program did. */
  readonly status: number | null;
  /** Why the program did not answer. */
  readonly failure: string | null;
  /** Nanoseconds since the recording's start. */
  readonly startNs: number;
  /** Until the program was done with it. */
  readonly durationNs: number;
  /** What the program did for it. Those of one request do not overlap. */
  readonly spans: readonly Span[];
}

/** What is read of one trace. */
const MOST = 1_000_000;

const SCHEMA = `
create table requests (
  id integer primary key,
  method text not null,
  path text not null,
  status integer,
  failure text,
  start_ns integer not null,
  duration_ns integer not null,
  spans text not null
);
`;

export function createRequests(db: Database.Database): void {
  db.exec(SCHEMA);
}

/** Run inside a transaction. */
export function storeRequest(db: Database.Database, request: ServedRequest): void {
  const { id, method, path, status, failure, startNs, durationNs, spans } = request;
  db.prepare('insert or replace into requests values (?,?,?,?,?,?,?,?)').run(
    id,
    method,
    path,
    status,
    failure,
    Math.round(startNs),
    Math.round(durationNs),
    JSON.stringify(spans),
  );
}

export function hasRequests(db: Database.Database): boolean {
  const sql = "select 1 from sqlite_schema where type = 'table' and name = 'requests'";
  return db.prepare(sql).get() !== undefined;
}

/** In the order in which they came. */
export function listRequests(db: Database.Database): ServedRequest[] {
  if (!hasRequests(db)) return [];
  const rows = db
    .prepare(
      'select id, cast(method as text) as method, cast(path as text) as path, status, ' +
        'cast(failure as text) as failure, start_ns as startNs, duration_ns as durationNs, ' +
        'cast(spans as text) as spans from requests order by id limit ?',
    )
    .all(MOST) as (Omit<ServedRequest, 'spans'> & { readonly spans: string })[];
  return rows.map((row) => ({ ...row, status: numberOf(row.status), spans: spansOf(row.spans) }));
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** A trace may say anything. */
function spansOf(text: string): Span[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isSpan) : [];
  } catch {
    return [];
  }
}

function isSpan(value: unknown): value is Span {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

/** Finds the request for which something happened. */
export class RequestSpans {
  /** By where they begin. */
  private readonly spans: readonly { readonly span: Span; readonly of: ServedRequest }[];

  constructor(requests: readonly ServedRequest[]) {
    this.spans = requests
      .flatMap((of) => of.spans.map((span) => ({ span, of })))
      .sort((a, b) => a.span[0] - b.span[0]);
  }

  /** @returns undefined for what belongs to none */
  at(event: number): ServedRequest | undefined {
    let low = 0;
    let high = this.spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.spans[middle]?.span[0] ?? 0) <= event) low = middle + 1;
      else high = middle;
    }
    const found = this.spans[low - 1];
    return found && event <= found.span[1] ? found.of : undefined;
  }
}
