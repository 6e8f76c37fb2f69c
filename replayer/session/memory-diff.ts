/** Compares two memories. Equal stretches go at memory speed, since most of a memory never changes. */
import type { ChangedRange, MemoryDiff } from './messages.ts';

/** Bytes that are compared at once; measured: 64 KiB at a time 9 GB/s, 4 KiB 5 GB/s. */
const BLOCK = 64 << 10;
const PAGE = 256;

/** Equal stretches up to this length do not split a range: a counter's high bytes belong to it. */
const MAX_JOIN = 7;

export interface DiffLimits {
  /** Ranges that are listed. */
  readonly ranges: number;
  /** Bytes of each that are copied. */
  readonly bytes: number;
}

/** A part of two memories at the same address. */
export interface Stretch {
  readonly address: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** What lies beyond the end of the shorter memory counts as changed. */
export function diffMemories(
  before: Uint8Array,
  after: Uint8Array,
  limits: DiffLimits,
): MemoryDiff {
  const list = new RangeList(limits);
  list.compare({ address: 0, before, after });
  return list.finish(before.length, after.length);
}

/**
 * As {@link diffMemories}, where all that may differ is known.
 * @param stretches in ascending order, with gaps of some bytes between them
 */
export function diffStretches(
  stretches: Iterable<Stretch>,
  sizes: { readonly before: number; readonly after: number },
  limits: DiffLimits,
): MemoryDiff {
  const list = new RangeList(limits);
  for (const stretch of stretches) list.compare(stretch);
  return list.finish(sizes.before, sizes.after);
}

/** Calls `visit` for each stretch of `size` bytes (the last one may be shorter) that is not equal. */
export function eachUnequal(
  a: Uint8Array,
  b: Uint8Array,
  from: number,
  to: number,
  size: number,
  visit: (from: number, to: number) => void,
): void {
  const left = Buffer.from(a.buffer, a.byteOffset, a.length);
  for (let at = from; at < to; at += size) {
    const end = Math.min(at + size, to);
    if (left.compare(b, at, end, at, end) !== 0) visit(at, end);
  }
}

class RangeList {
  private readonly limits: DiffLimits;
  private readonly ranges: ChangedRange[] = [];
  private stretch: Stretch = { address: 0, before: new Uint8Array(0), after: new Uint8Array(0) };
  /** The open range in the present stretch; none where `from` is negative. */
  private from = -1;
  private to = -1;
  private changedBytes = 0;
  private truncated = false;

  constructor(limits: DiffLimits) {
    this.limits = limits;
  }

  compare(stretch: Stretch): void {
    this.close();
    this.stretch = stretch;
    const { before, after } = stretch;
    const common = Math.min(before.length, after.length);
    eachUnequal(before, after, 0, common, BLOCK, (from, to) =>
      eachUnequal(before, after, from, to, PAGE, (start, end) => {
        for (let at = start; at < end; at++) if (before[at] !== after[at]) this.add(at, at + 1);
      }),
    );
    const longest = Math.max(before.length, after.length);
    if (longest > common) this.add(common, longest);
  }

  finish(sizeBefore: number, sizeAfter: number): MemoryDiff {
    this.close();
    const { ranges, changedBytes, truncated } = this;
    return { ranges, changedBytes, truncated, sizeBefore, sizeAfter };
  }

  private add(from: number, to: number): void {
    this.changedBytes += to - from;
    if (this.from >= 0 && from - this.to <= MAX_JOIN) {
      this.to = to;
      return;
    }
    this.close();
    this.from = from;
    this.to = to;
  }

  private close(): void {
    const { from, to, limits, stretch } = this;
    if (from < 0) return;
    this.from = -1;
    if (this.ranges.length === limits.ranges) {
      this.truncated = true;
      return;
    }
    const end = Math.min(to, from + limits.bytes);
    this.ranges.push({
      address: stretch.address + from,
      length: to - from,
      before: stretch.before.slice(from, end),
      after: stretch.after.slice(from, end),
    });
  }
}
