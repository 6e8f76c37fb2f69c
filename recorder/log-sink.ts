/**
 * Turns the records that come out of the ring into segments and index rows. A segment that was flushed
 * before it was full is written again, longer, until it is: so a run with a call now and then does not
 * leave a segment for each.
 */
import { RECORD } from '../traces/record-kinds.ts';
import type { TraceWriter } from '../traces/writer.ts';
import type { LogIndexing } from './module-indexing.ts';

/**
 * Bytes from which a segment is not extended any more. Less than what a busy ring gives at once, some 64 KiB
 * up to the end of a record: a segment for each, instead of every other one compressed twice.
 */
const FULL = 48 << 10;

export interface Stored {
  readonly events: number;
  readonly calls: number;
  /** Nanoseconds since the start at which the last event ended. */
  readonly durationNs: number;
}

export class LogSink {
  private readonly writer: TraceWriter;
  private readonly indexing: LogIndexing;
  private bytes = new Uint8Array(FULL * 2);
  private length = 0;
  private flushedLength = 0;
  /** State at the beginning of the segment that is being filled. */
  private firstEvent = 0;
  private startNs = 0;
  private inTrace: Stored = { events: 0, calls: 0, durationNs: 0 };

  constructor(writer: TraceWriter, indexing: LogIndexing) {
    this.writer = writer;
    this.indexing = indexing;
  }

  /** What is in the trace. */
  get stored(): Stored {
    return this.inTrace;
  }

  /** Takes whole records; `records` may be reused afterwards. */
  take(records: Uint8Array): void {
    const end = this.length + records.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(records, this.length);
    this.length = end;
  }

  /** Takes the first half of a call that the host never answered. Flush first. */
  takeHalf(half: Uint8Array): void {
    const record = new Uint8Array(half.length + 5);
    record.set(half);
    record[0] = RECORD.open;
    let at = half.length;
    let { pages } = this.indexing;
    for (; pages > 0x7f; pages >>>= 7) record[at++] = (pages & 0x7f) | 0x80;
    record[at++] = pages;
    this.take(record.subarray(0, at));
  }

  /** Makes everything that was taken durable against a crash of this process. */
  flush(): void {
    if (this.length === this.flushedLength) return;
    const { indexing, length } = this;
    this.writer.append(
      (index) => {
        indexing.scan(this.bytes.subarray(this.flushedLength, length), index);
        const { eventCount } = indexing;
        return {
          firstEvent: this.firstEvent,
          lastEvent: indexing.hasParts ? eventCount : eventCount - 1,
          events: eventCount - this.firstEvent,
          startNs: this.startNs,
          bytes: this.bytes.subarray(0, length),
        };
      },
      this.flushedLength > 0 ? 1 : 0,
    );
    const { eventCount: events, callCount: calls, nowNs: durationNs } = indexing;
    this.inTrace = { events, calls, durationNs };
    this.flushedLength = length;
    if (length < FULL) return;
    this.length = 0;
    this.flushedLength = 0;
    this.firstEvent = indexing.eventCount;
    this.startNs = indexing.nowNs;
  }

  /** After the last {@link flush}. */
  finish(): void {
    this.writer.index((index) => this.indexing.finish(index));
  }
}
