/** What a log costs on disk, and how much of that is the guest's own data. */
import { statSync } from 'node:fs';
import { constants as zlib, zstdCompressSync } from 'node:zlib';
import { openTrace, type TraceReader } from '../index.ts';
import { EventReader } from '../traces/event-reader.ts';

/** As the writer compresses (traces/writer.ts). */
const ZSTD = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };

export interface TraceSize {
  readonly events: number;
  readonly calls: number;
  readonly segments: number;
  /** Of the whole file, module and index included. */
  readonly fileBytes: number;
  /** Of all segments, as stored. */
  readonly logBytes: number;
  /** Of the guest's data in the log (kept reads and effects), before compression. */
  readonly payloadBytes: number;
  /** Of the log without that data: as encoded, and compressed like a segment. */
  readonly headBytes: number;
  readonly headBytesStored: number;
}

export function traceSize(path: string): TraceSize {
  const trace = openTrace(path);
  try {
    const reader = new EventReader(trace.functions, 0, 0);
    let [headBytes, headBytesStored, payloadBytes] = [0, 0, 0];
    for (let i = 0; i < trace.segments.length; i++) {
      const whole = new WatchedBytes(trace.segmentBytes(i));
      reader.feed(whole, i);
      while (reader.next() !== undefined);
      const head = whole.untaken();
      payloadBytes += whole.length - head.length;
      headBytes += head.length;
      headBytesStored += zstdCompressSync(head, ZSTD).length;
    }
    return {
      events: trace.eventCount,
      calls: trace.meta.calls ?? 0,
      segments: trace.segments.length,
      fileBytes: statSync(path).size,
      logBytes: sum(trace, 'select sum(length(data)) from segments'),
      payloadBytes,
      headBytes,
      headBytesStored,
    };
  } finally {
    trace.close();
  }
}

/** Notes which ranges are viewed: a reader of events views the payload and reads the rest byte by byte. */
class WatchedBytes extends Uint8Array {
  private readonly taken: (readonly [from: number, to: number])[] = [];

  static get [Symbol.species]() {
    return Uint8Array;
  }

  override subarray(from = 0, to = this.length) {
    this.taken.push([from, to]);
    return super.subarray(from, to);
  }

  untaken(): Buffer {
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const [from, to] of this.taken) {
      pieces.push(super.subarray(at, from));
      at = to;
    }
    pieces.push(super.subarray(at));
    return Buffer.concat(pieces);
  }
}

function sum(trace: TraceReader, sql: string): number {
  for (const [value] of trace.query(sql).rows) return Number(value);
  return 0;
}
