/** What a trace tells by itself, at the position at which one stands: no replay, so it always works. */
import { WasiRrError } from '../../errors.ts';
import {
  addBookmark,
  type Bookmark,
  editBookmark,
  listBookmarks,
  removeBookmark,
} from '../../traces/annotations.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { SnapshotEntry } from '../../traces/snapshots.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import type { OpenFile } from './descriptor-history.ts';
import { type FailurePlace, findFailure } from './failure.ts';
import { type CallCondition, type Direction, findCall } from './find-call.ts';
import type { OpenResource } from './resource-history.ts';
import { type Output, StreamsAndFiles } from './streams-and-files.ts';

/** Bytes of output that {@link TraceView.output} gives at once. */
const OUTPUT_LIMIT = 1 << 20;

export class TraceView {
  /** Everything else that the trace holds. Closed with the session. */
  readonly trace: TraceReader;
  protected readonly streams: StreamsAndFiles;
  protected at = -1;

  constructor(trace: TraceReader) {
    this.trace = trace;
    this.streams = new StreamsAndFiles(trace);
  }

  /** Number of the event after which one stands. */
  get position(): number {
    return this.at;
  }

  /** Number of the last event; -1 for a run without any. */
  get lastEvent(): number {
    return this.trace.eventCount - 1;
  }

  /** Where the run went wrong; moves nowhere. @throws as {@link find} */
  failure(options: RequestOptions = {}): Promise<FailurePlace> {
    return findFailure(this.trace, options);
  }

  /**
   * The next or previous call that meets a condition; moves nowhere and replays nothing.
   * @param from event number; the present position by default
   * @throws WasiRrError QUERY_FAILED, TRACE_CORRUPT, SEGMENT_CORRUPT; the reason of `signal`
   */
  find(
    condition: CallCondition,
    direction: Direction,
    options: RequestOptions & { readonly from?: number } = {},
  ): Promise<number | undefined> {
    return findCall(this.trace, condition, options.from ?? this.at, direction, options);
  }

  /**
   * The open descriptors, by number, with offset, rights and flags. From the trace.
   * @throws WasiRrError SEGMENT_CORRUPT
   */
  files(options: RequestOptions = {}): Promise<readonly OpenFile[]> {
    return this.streams.filesAt(this.at, options);
  }

  /**
   * Of a component, the handles of resources that it holds: descriptors, streams and others. From the trace.
   * @returns undefined for a core module, and where handles of several components cannot be told apart
   * @throws WasiRrError SEGMENT_CORRUPT
   */
  resources(options: RequestOptions = {}): Promise<readonly OpenResource[] | undefined> {
    return this.streams.resourcesAt(this.at, options);
  }

  /**
   * What the guest had printed. From the trace, which may hold only the beginning of each call's bytes:
   * {@link printed} has them all.
   * @param options `limit`: bytes to give, the last ones; 1 MiB by default
   * @throws WasiRrError SEGMENT_CORRUPT
   */
  output(options: RequestOptions & { readonly limit?: number } = {}): Promise<Output> {
    return this.streams.outputAt(this.at, options.limit ?? OUTPUT_LIMIT, options);
  }

  /** Memory snapshots in the trace. */
  snapshots(): readonly SnapshotEntry[] {
    return this.trace.snapshots();
  }

  /** @throws WasiRrError TRACE_CORRUPT */
  bookmarks(): readonly Bookmark[] {
    return listBookmarks(this.trace.path);
  }

  /**
   * Names an event; the present position by default.
   * @throws WasiRrError EVENT_NOT_FOUND, TRACE_WRITE_FAILED, TRACE_IS_BUSY
   */
  addBookmark(name: string, note = '', event = this.at): Bookmark {
    this.checkEvent(event);
    return addBookmark(this.trace.path, { event, name, note });
  }

  /** @returns whether there was one. @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
  removeBookmark(id: number): boolean {
    return removeBookmark(this.trace.path, id);
  }

  /** @returns whether there was one. @throws WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY */
  editBookmark(id: number, note: string): boolean {
    return editBookmark(this.trace.path, id, note);
  }

  /** @throws WasiRrError EVENT_NOT_FOUND */
  checkEvent(event: number): void {
    if (Number.isInteger(event) && event >= -1 && event <= this.lastEvent) return;
    throw new WasiRrError(
      'EVENT_NOT_FOUND',
      `there is no event ${event}: the events of this trace are 0 to ${this.lastEvent}, and -1 stands for the beginning.`,
    );
  }
}
