/** The log as replay reads it: uncompressed segments in order, with a way back to a place before. */
import type { LoggedFunction } from '../traces/events.ts';
import type { TraceReader } from '../traces/reader.ts';

/** No segment is longer (traces/record-kinds.ts), so a position is one exact number. */
const SEGMENT_SPAN = 2 ** 26;

export class LogSource {
  private readonly trace: TraceReader;
  private current = -1;
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(trace: TraceReader) {
    this.trace = trace;
  }

  get eventCount(): number {
    return this.trace.eventCount;
  }

  get functions(): ReadonlyMap<number, LoggedFunction> {
    return this.trace.functions;
  }

  /** The next segment's bytes; undefined after the last. @throws WasiRrError SEGMENT_CORRUPT */
  next(): Uint8Array | undefined {
    if (this.current + 1 >= this.trace.segments.length) return undefined;
    this.current++;
    this.bytes = this.trace.segmentBytes(this.current);
    return this.bytes;
  }

  /** A number for the place `at` in the current segment. */
  position(at: number): number {
    return this.current * SEGMENT_SPAN + at;
  }

  /** Makes the segment of a position the current one. */
  seek(position: number): { bytes: Uint8Array; at: number } {
    const segment = Math.floor(position / SEGMENT_SPAN);
    if (segment !== this.current) {
      this.current = segment;
      this.bytes = this.trace.segmentBytes(segment);
    }
    return { bytes: this.bytes, at: position % SEGMENT_SPAN };
  }
}
