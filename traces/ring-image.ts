/**
 * A copy, in a file beside a trace that is being recorded, of the memory through which the guest's thread
 * hands its log to the recorder. After `kill -9` of the recorder it holds what had not reached the database:
 * the system still writes what was written to a file. A write of 32 KiB takes 10 µs, the same records as rows
 * and segments of the database 1 ms, so the guest's thread can do the one and need not wait for the other.
 *
 * The file is a header, and from {@link RING_AT} on the ring: bytes stand at the same offsets as in memory.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** What the name of the trace is followed by. */
export const RING_SUFFIX = '-ring';

/** Offset of the ring's first byte in the file. */
const RING_AT = 4096;

/** Eight-byte words of the header, little-endian. */
const HEADER = { magic: 0, capacity: 1, offset: 2, lapEnd: 3, logged: 4, words: 5 } as const;

const MAGIC = 0x7772_7231_0001;

/** No ring is larger. */
const MAX_CAPACITY = 64 << 20;

export class RingImage {
  private readonly file: number;
  private readonly ring: Uint8Array;
  private readonly header = new Float64Array(HEADER.words);
  private failed = false;

  /**
   * Of a trace that this process records. In a worker the file is closed with its thread.
   * @param ring the memory that is copied
   */
  constructor(trace: string, ring: Uint8Array) {
    this.file = openSync(trace + RING_SUFFIX, 'r+');
    this.ring = ring;
    this.header[HEADER.magic] = MAGIC;
    this.header[HEADER.capacity] = ring.length;
  }

  /** Copies bytes `[from, to)` of the ring; they count only with the next {@link publish}. */
  copy(from: number, to: number): void {
    this.write(this.ring.subarray(from, to), RING_AT + from);
  }

  /**
   * @param offset in the ring, behind the last record
   * @param lapEnd behind the last record of the lap before, where there was one
   * @param logged bytes of all records since the start
   */
  publish(offset: number, lapEnd: number, logged: number): void {
    const { header } = this;
    header[HEADER.offset] = offset;
    header[HEADER.lapEnd] = lapEnd;
    header[HEADER.logged] = logged;
    this.write(new Uint8Array(header.buffer), 0);
  }

  // On a full disk the image stays as it was; that the trace cannot be written either is told by others.
  private write(bytes: Uint8Array, at: number): void {
    if (this.failed) return;
    try {
      this.failed = writeSync(this.file, bytes, 0, bytes.length, at) !== bytes.length;
    } catch {
      this.failed = true;
    }
  }
}

/**
 * The records that a killed recorder had not stored in its trace.
 * @param stored bytes of all records that it had
 * @returns undefined where there are none, or not all that follow on the stored ones
 */
export function unstoredRecords(trace: string, stored: number): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(trace + RING_SUFFIX, 'r');
  } catch {
    return undefined;
  }
  try {
    const header = new Float64Array(HEADER.words);
    if (readSync(file, new Uint8Array(header.buffer), 0, header.byteLength, 0) < header.byteLength)
      return undefined;
    const [magic, capacity = 0, offset = 0, lapEnd = 0, logged = 0] = header;
    const missing = logged - stored;
    const sane =
      magic === MAGIC &&
      isUpTo(capacity, MAX_CAPACITY) &&
      isUpTo(offset, capacity) &&
      isUpTo(lapEnd, capacity) &&
      isUpTo(missing, offset + lapEnd);
    if (!sane || missing === 0) return undefined;
    const before = Math.max(0, missing - offset);
    const records = new Uint8Array(missing);
    const lap = readSync(file, records, 0, before, RING_AT + lapEnd - before);
    const rest = readSync(
      file,
      records,
      before,
      missing - before,
      RING_AT + offset - (missing - before),
    );
    return lap + rest === missing ? records : undefined;
  } finally {
    closeSync(file);
  }
}

function isUpTo(value: number, limit: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= limit;
}
