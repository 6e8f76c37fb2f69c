/**
 * Turns the records that come out of the ring into segments and index rows. A segment that was flushed
 * before it was full is written again, longer, until it is: so a run with a call now and then does not
 * leave a segment for each.
 */
import type { CallIndex } from '../traces/call-index.ts';
import { EventReader } from '../traces/event-reader.ts';
import type { LoggedFunction } from '../traces/events.ts';
import { RECORD } from '../traces/record-kinds.ts';
import type { TraceWriter } from '../traces/writer.ts';
import { CallIndexer } from './call-indexer.ts';

/** Bytes from which a segment is not extended any more. */
const FULL = 64 << 10;

export class LogSink {
  private readonly writer: TraceWriter;
  private readonly reader: EventReader;
  private readonly indexer = new CallIndexer();
  private bytes = new Uint8Array(FULL * 2);
  private length = 0;
  private flushedLength = 0;
  /** State at the beginning of the segment that is being filled. */
  private firstEvent = 0;
  private startNs = 0;
  private calls = 0;
  private pages = 0;

  constructor(writer: TraceWriter, functions: ReadonlyMap<number, LoggedFunction>) {
    this.writer = writer;
    // nothing of an event is kept once its row is written
    this.reader = new EventReader(functions, 0, 0, { reuse: true });
  }

  /** Events and calls that are in the trace. */
  get eventCount(): number {
    return this.reader.nextNumber;
  }

  get callCount(): number {
    return this.calls;
  }

  /** Nanoseconds since the start at which the last event ended. */
  get nowNs(): number {
    return this.reader.nowNs;
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
    let pages = this.pages;
    for (; pages > 0x7f; pages >>>= 7) record[at++] = (pages & 0x7f) | 0x80;
    record[at++] = pages;
    this.take(record.subarray(0, at));
  }

  /** Makes everything that was taken durable against a crash of this process. */
  flush(): void {
    if (this.length === this.flushedLength) return;
    const { reader, bytes, length } = this;
    this.writer.append(
      (index) => {
        this.indexCalls(index);
        return {
          firstEvent: this.firstEvent,
          lastEvent: reader.hasParts ? reader.nextNumber : reader.nextNumber - 1,
          events: reader.nextNumber - this.firstEvent,
          startNs: this.startNs,
          bytes: bytes.subarray(0, length),
        };
      },
      this.flushedLength > 0 ? 1 : 0,
    );
    this.flushedLength = length;
    if (length < FULL) return;
    this.length = 0;
    this.flushedLength = 0;
    this.firstEvent = reader.nextNumber;
    this.startNs = reader.nowNs;
  }

  private indexCalls(index: CallIndex): void {
    const { reader } = this;
    reader.feed(this.bytes.subarray(this.flushedLength, this.length), 0);
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      this.pages = event.pages;
      if (event.kind !== 'call' && event.kind !== 'open') continue;
      this.calls++;
      const durationNs = event.kind === 'call' ? event.durationNs : undefined;
      index.add(event.number, this.indexer.shape(event), event.startNs, durationNs);
    }
  }
}
