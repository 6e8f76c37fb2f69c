/**
 * The ring of shared memory through which the guest's thread hands its log to the supervisor. Holds
 * whole records of the segment encoding, each contiguous. Hot path: no allocation, one atomic store a
 * record. The writer waits where the reader is behind: events are never dropped.
 *
 * Positions count bytes since the start, modulo 2^32; the capacity is a power of two.
 */
import { invariant } from '../errors.ts';
import { ByteOutput } from '../traces/byte-output.ts';
import { RingImage } from '../traces/ring-image.ts';

/** Bytes. Holds some 20,000 small events, which the fastest guest makes in 20 to 40 ms. */
export const RING_CAPACITY = 1 << 20;

/** Bytes of a block; the reader takes about one at a time, some 3 ms of its work. */
const BLOCK_BITS = 16;
const BLOCKS = RING_CAPACITY >> BLOCK_BITS;

/** Bytes that a crash may find in no file: some 1 ms of the fastest guest. */
const UNSAVED = 32 << 10;

/**
 * Milliseconds between saves in the long run, each of which takes some 4 µs; and how many of them a guest that made no calls
 * for a while can have at once. So each call of a program that makes few is saved right away. The supervisor would do it
 * too, but on a busy machine it may not come to it for 0.2 s.
 */
const SAVE_MS = 0.5;
const SAVES_AT_ONCE = 50;

const CONTROL_BYTES = 128;

// Words of the control block.
/** Position up to which records are complete. */
const WRITTEN = 0;
/** Position up to which the supervisor has taken them. */
const TAKEN = 1;
/** Offset at which the lap before the last wrap ended; the rest of that lap is unused. */
const LAP_END = 2;
/** Position at which a half record (a call whose host has not answered) stands, and its length. */
const HALF_AT = 3;
const HALF_LENGTH = 4;
/** Offset of the first record that begins in a block, for each block; 0 where none does. */
const FIRST_IN = 5;

/** A position, but so seldom that of a half record (once in 4 GiB) that it may stand for none. */
const NO_HALF = -1;

/** Memory for one ring, to be shared between the two threads. */
export function createRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + RING_CAPACITY);
}

function controlOf(shared: SharedArrayBuffer): Int32Array {
  return new Int32Array(shared, 0, CONTROL_BYTES / 4);
}

/** The guest's side. */
export class RingWriter {
  /** Where the record that was begun is written. */
  readonly out: ByteOutput;
  private readonly control: Int32Array;
  private readonly image: RingImage | undefined;
  private position = 0;
  private taken = 0;
  /** The block in which the next record begins. */
  private block = 0;
  /** Position up to which the image has everything. */
  private saved = 0;
  /** The moment at which all saves are paid for, on `performance.now()`. */
  private paidMs = 0;
  /** Bytes of all records. */
  private logged = 0;

  /** @param trace beside which a copy of the ring is kept, for when the process is killed */
  constructor(shared: SharedArrayBuffer, trace?: string) {
    this.control = controlOf(shared);
    const bytes = new Uint8Array(shared, CONTROL_BYTES, RING_CAPACITY);
    this.out = new ByteOutput(bytes);
    this.image = trace === undefined ? undefined : new RingImage(trace, bytes);
  }

  /** Makes room for a record of at most `size` bytes and points {@link out} at it; may wait. */
  begin(size: number): void {
    invariant(size <= RING_CAPACITY / 2, 'a record that is larger than half the ring');
    const offset = this.position & (RING_CAPACITY - 1);
    const left = RING_CAPACITY - offset;
    if (size <= left) {
      this.waitForRoom(size);
      this.out.at = offset;
      return;
    }
    this.waitForRoom(left + size);
    this.control[LAP_END] = offset;
    this.position = (this.position + left) | 0;
    this.markBlocks(BLOCKS, 0);
    Atomics.store(this.control, WRITTEN, this.position);
    this.out.at = 0;
  }

  /**
   * Publishes what was written since {@link begin}.
   * @param nowMs the moment, on `performance.now()`; absent for what is no whole event
   */
  commit(nowMs = 0): void {
    const { at } = this.out;
    const length = at - this.start;
    this.position = (this.position + length) | 0;
    this.logged += length;
    if (at === RING_CAPACITY) this.control[LAP_END] = RING_CAPACITY;
    if (at >> BLOCK_BITS !== this.block) this.markBlocks(at >> BLOCK_BITS, at);
    Atomics.store(this.control, WRITTEN, this.position);
    if (this.image === undefined) return;
    try {
      if (this.unsaved < UNSAVED && nowMs < this.paidMs) return;
      this.save();
      this.paidMs = Math.max(this.paidMs, nowMs - SAVES_AT_ONCE * SAVE_MS) + SAVE_MS;
    } catch (thrown) {
      // the record is published: where the stack ran out only now, the next one saves both
      if (!(thrown instanceof RangeError)) throw thrown;
    }
  }

  /** Lets the supervisor see what was written since {@link begin}, as long as it is not committed. */
  markHalf(): void {
    const { control } = this;
    control[HALF_LENGTH] = this.out.at - (this.position & (RING_CAPACITY - 1));
    // no atomic store, which costs 10 ns: it is read when this thread has ended, or has long been in a call
    control[HALF_AT] = this.position;
  }

  /** There is no half record any more. */
  dropHalf(): void {
    Atomics.store(this.control, HALF_AT, NO_HALF);
  }

  /** Offset in `out.bytes` at which the begun record starts. */
  get start(): number {
    return this.position & (RING_CAPACITY - 1);
  }

  /** No record begins in the blocks before `block`, and in that one at `offset`. */
  private markBlocks(block: number, offset: number): void {
    while (this.block < block) this.control[FIRST_IN + ++this.block] = 0;
    if (block < BLOCKS) this.control[FIRST_IN + block] = offset;
    else this.block = 0;
  }

  /** Bytes that the image lacks. */
  private get unsaved(): number {
    return (this.position - this.saved) | 0;
  }

  private save(): void {
    const { image } = this;
    if (image === undefined) return;
    const from = this.saved & (RING_CAPACITY - 1);
    const to = this.start;
    const lapEnd = this.control[LAP_END] as number;
    if (from < to) image.copy(from, to);
    else {
      if (from < lapEnd) image.copy(from, lapEnd);
      if (to > 0) image.copy(0, to);
    }
    image.publish(to, lapEnd, this.logged);
    this.saved = this.position;
  }

  private waitForRoom(size: number): void {
    while (RING_CAPACITY - ((this.position - this.taken) | 0) < size) {
      const seen = Atomics.load(this.control, TAKEN);
      if (seen !== this.taken) this.taken = seen;
      else {
        // who stands still for long must not be the one whose log is lost
        if (this.unsaved > 0) this.save();
        Atomics.wait(this.control, TAKEN, seen, 100);
      }
    }
  }
}

/** The supervisor's side. */
export class RingReader {
  private readonly control: Int32Array;
  private readonly bytes: Uint8Array;
  private position = 0;

  constructor(shared: SharedArrayBuffer) {
    this.control = controlOf(shared);
    Atomics.store(this.control, HALF_AT, NO_HALF);
    this.bytes = new Uint8Array(shared, CONTROL_BYTES, RING_CAPACITY);
  }

  /**
   * Hands all complete records to `take`, in runs of some 64 KiB or one record, and frees their room.
   * @param wholeBlocks leave the last run, which may still become longer
   */
  drain(take: (bytes: Uint8Array) => void, wholeBlocks = false): void {
    const written = Atomics.load(this.control, WRITTEN);
    while (this.position !== written) {
      const from = this.position & (RING_CAPACITY - 1);
      const ahead = (written - this.position) | 0;
      const wraps = from + ahead >= RING_CAPACITY;
      const end = wraps ? (this.control[LAP_END] as number) : from + ahead;
      const to = this.firstAfter(from, end);
      if (wholeBlocks && to === end && !wraps) return;
      if (to > from) take(this.bytes.subarray(from, to));
      const freed = wraps && to === end ? RING_CAPACITY : to;
      this.position = (this.position + freed - from) | 0;
      Atomics.store(this.control, TAKEN, this.position);
      Atomics.notify(this.control, TAKEN);
    }
  }

  /** Where the first record of a later block begins, or `end` */
  private firstAfter(from: number, end: number): number {
    for (let block = (from >> BLOCK_BITS) + 1; block << BLOCK_BITS < end; block++) {
      const first = this.control[FIRST_IN + block] as number;
      if (first > from) return Math.min(first, end);
    }
    return end;
  }

  /** Position up to which records are complete. */
  get written(): number {
    return Atomics.load(this.control, WRITTEN);
  }

  /** The half record of a call that the host has not answered, once everything else is drained. */
  half(): Uint8Array | undefined {
    if (Atomics.load(this.control, HALF_AT) !== this.position) return undefined;
    const from = this.position & (RING_CAPACITY - 1);
    return this.bytes.slice(from, from + (this.control[HALF_LENGTH] as number));
  }
}
