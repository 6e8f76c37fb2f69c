/**
 * Ranges of guest memory that one recorded call names, to compare or to write. Bounded like the
 * recorder's list (recorder/iovec-list.ts): both must leave out the same. Hot path.
 */
import { MAX_ENTRIES, MAX_GATHERED } from '../wasm/iovecs.ts';

/** The first byte that differs. */
export interface ByteDifference {
  /** Offset in the concatenation of the ranges. */
  readonly offset: number;
  readonly address: number;
  readonly recorded: number;
  readonly actual: number;
}

export class GuestRanges {
  /** Address and length by turns. */
  private ranges = new Float64Array(64);
  private first = 0;
  private end = 0;
  /** Bytes of all ranges. */
  total = 0;

  reset(): void {
    this.first = 0;
    this.end = 0;
    this.total = 0;
  }

  get count(): number {
    return this.end - this.first;
  }

  address(index: number): number {
    return this.ranges[2 * (this.first + index)] as number;
  }

  length(index: number): number {
    return this.ranges[2 * (this.first + index) + 1] as number;
  }

  addRange(address: number, length: number, memory: Uint8Array): void {
    const inside = Math.max(0, Math.min(length, memory.length - address));
    const at = 2 * this.end++;
    if (at === this.ranges.length) {
      const larger = new Float64Array(at * 2);
      larger.set(this.ranges);
      this.ranges = larger;
    }
    this.ranges[at] = address;
    this.ranges[at + 1] = inside;
    this.total += inside;
  }

  /** An array of (u32 address, u32 length) and, with `contents`, what it lists. */
  addVector(pointer: number, claimed: number, memory: Uint8Array, contents: boolean): void {
    const there = Math.max(0, Math.floor((memory.length - pointer) / 8));
    const entries = Math.min(claimed, there, MAX_ENTRIES);
    this.addRange(pointer, entries * 8, memory);
    if (!contents) return;
    let gathered = 0;
    for (let i = 0; i < entries && gathered < MAX_GATHERED; i++) {
      const at = pointer + 8 * i;
      const address = u32(memory, at);
      const before = this.total;
      this.addRange(address, u32(memory, at + 4), memory);
      gathered += this.total - before;
    }
  }

  /** Leaves the first range out. */
  dropFirst(): void {
    this.total -= this.length(0);
    this.first++;
  }

  /** Compares `recorded` with bytes `[offset, offset + recorded.length)` of the concatenated ranges. */
  compare(recorded: Uint8Array, offset: number, memory: Uint8Array): ByteDifference | undefined {
    let done = 0;
    let skip = offset;
    for (let i = 0; i < this.count && done < recorded.length; i++) {
      const size = this.length(i);
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const start = this.address(i) + skip;
      const length = Math.min(size - skip, recorded.length - done);
      skip = 0;
      if (length > 64 && equalRun(recorded, done, memory, start, length)) {
        done += length;
        continue;
      }
      for (let k = 0; k < length; k++) {
        const expected = recorded[done + k] as number;
        const actual = memory[start + k] as number;
        if (expected !== actual) {
          return { offset: offset + done + k, address: start + k, recorded: expected, actual };
        }
      }
      done += length;
    }
    return undefined;
  }

  /** Writes `bytes` over `[offset, offset + bytes.length)` of the concatenated ranges. */
  write(bytes: Uint8Array, offset: number, memory: Uint8Array): void {
    let done = 0;
    let skip = offset;
    for (let i = 0; i < this.count && done < bytes.length; i++) {
      const size = this.length(i);
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const start = this.address(i) + skip;
      const length = Math.min(size - skip, bytes.length - done);
      skip = 0;
      if (length <= 16) {
        for (let k = 0; k < length; k++) memory[start + k] = bytes[done + k] as number;
      } else memory.set(bytes.subarray(done, done + length), start);
      done += length;
    }
  }
}

function u32(memory: Uint8Array, at: number): number {
  return (
    ((memory[at] as number) |
      ((memory[at + 1] as number) << 8) |
      ((memory[at + 2] as number) << 16) |
      ((memory[at + 3] as number) << 24)) >>>
    0
  );
}

function equalRun(
  a: Uint8Array,
  aFrom: number,
  b: Uint8Array,
  bFrom: number,
  length: number,
): boolean {
  const left = Buffer.from(a.buffer, a.byteOffset + aFrom, length);
  const right = Buffer.from(b.buffer, b.byteOffset + bFrom, length);
  return left.equals(right);
}
