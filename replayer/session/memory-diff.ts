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

/** What lies beyond the end of the shorter memory counts as changed. */
export function diffMemories(
  before: Uint8Array,
  after: Uint8Array,
  limits: DiffLimits,
): MemoryDiff {
  const list = new RangeList(before, after, limits);
  const common = Math.min(before.length, after.length);
  eachUnequal(before, after, 0, common, BLOCK, (from, to) =>
    eachUnequal(before, after, from, to, PAGE, (start, end) => {
      for (let at = start; at < end; at++) if (before[at] !== after[at]) list.add(at, at + 1);
    }),
  );
  const longest = Math.max(before.length, after.length);
  if (longest > common) list.add(common, longest);
  return list.finish();
}

function eachUnequal(
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
  private readonly before: Uint8Array;
  private readonly after: Uint8Array;
  private readonly limits: DiffLimits;
  private readonly ranges: ChangedRange[] = [];
  private from = -1;
  private to = -1;
  private changedBytes = 0;
  private truncated = false;

  constructor(before: Uint8Array, after: Uint8Array, limits: DiffLimits) {
    this.before = before;
    this.after = after;
    this.limits = limits;
  }

  add(from: number, to: number): void {
    this.changedBytes += to - from;
    if (this.from >= 0 && from - this.to <= MAX_JOIN) {
      this.to = to;
      return;
    }
    this.close();
    this.from = from;
    this.to = to;
  }

  finish(): MemoryDiff {
    this.close();
    const { ranges, changedBytes, truncated } = this;
    const sizeBefore = this.before.length;
    const sizeAfter = this.after.length;
    return { ranges, changedBytes, truncated, sizeBefore, sizeAfter };
  }

  private close(): void {
    const { from, to, limits } = this;
    if (from < 0) return;
    this.from = -1;
    if (this.ranges.length === limits.ranges) {
      this.truncated = true;
      return;
    }
    const end = Math.min(to, from + limits.bytes);
    this.ranges.push({
      address: from,
      length: to - from,
      before: this.before.slice(from, end),
      after: this.after.slice(from, end),
    });
  }
}
