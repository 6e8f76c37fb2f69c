/**
 * The ranges of guest memory that one call reads, taken before the host answers: the host may write over
 * the very array that lists them. Hot path: arrays are kept and grow only.
 *
 * What lies beyond the end of the memory is left out, as is everything after the first
 * {@link MAX_ENTRIES} buffers or 4 GiB of them (no host moves more in one call): a hostile guest could
 * otherwise make one call cost hours.
 */
import type { ByteOutput } from '../traces/byte-output.ts';
import type { CoreValue } from '../traces/events.ts';
import type { ReadRule } from '../wasi/call.ts';
import { MAX_ENTRIES, MAX_GATHERED } from '../wasm/iovecs.ts';

export class IovecList {
  /** Ranges that are read: address and length by turns. */
  private ranges = new Float64Array(64);
  private rangeCount = 0;
  /** Bytes of all ranges. */
  total = 0;
  /** Bytes before the contents of buffers: paths, lists, structures. */
  structure = 0;
  /** The buffers that a vector lists, whether their contents are read or not. */
  private list = new Float64Array(64);
  private listCount = 0;
  /** Bytes of all listed buffers. */
  buffersTotal = 0;

  reset(): void {
    this.rangeCount = 0;
    this.total = 0;
    this.structure = 0;
    this.listCount = 0;
    this.buffersTotal = 0;
  }

  get count(): number {
    return this.rangeCount;
  }

  address(index: number): number {
    return this.ranges[2 * index] as number;
  }

  length(index: number): number {
    return this.ranges[2 * index + 1] as number;
  }

  addRule(rule: ReadRule, args: readonly CoreValue[], bytes: Uint8Array, view: DataView): void {
    const pointer = (args[rule.pointer] as number) >>> 0;
    if (rule.kind === 'bytes') {
      this.addRange(pointer, ((args[rule.length] as number) >>> 0) * rule.unit, bytes.length);
      this.structure = this.total;
      return;
    }
    const claimed = (args[rule.pointer + 1] as number) >>> 0;
    const there = Math.max(0, Math.floor((bytes.length - pointer) / 8));
    const entries = Math.min(claimed, there, MAX_ENTRIES);
    this.addRange(pointer, entries * 8, bytes.length);
    this.structure = this.total;
    for (let i = 0; i < entries && this.buffersTotal < MAX_GATHERED; i++) {
      const address = view.getUint32(pointer + 8 * i, true);
      const length = view.getUint32(pointer + 8 * i + 4, true);
      const inside = Math.max(0, Math.min(length, bytes.length - address));
      this.addBuffer(address, inside);
      if (rule.contents) this.addRange(address, inside, bytes.length);
    }
  }

  /** Appends bytes `[from, from + length)` of the concatenated ranges. */
  copyTo(out: ByteOutput, bytes: Uint8Array, from: number, length: number): void {
    copyRanges(out, bytes, this.ranges, this.rangeCount, from, length);
  }

  /** Appends bytes `[from, from + length)` of the concatenated buffers. */
  copyBuffersTo(out: ByteOutput, bytes: Uint8Array, from: number, length: number): void {
    copyRanges(out, bytes, this.list, this.listCount, from, length);
  }

  /** The buffers that the first `length` bytes of a scatter fill. */
  buffers(length: number): [address: number, length: number][] {
    const filled: [number, number][] = [];
    let left = length;
    for (let i = 0; i < this.listCount && left > 0; i++) {
      const size = Math.min(left, this.list[2 * i + 1] as number);
      if (size > 0) filled.push([this.list[2 * i] as number, size]);
      left -= size;
    }
    return filled;
  }

  private addRange(address: number, length: number, memorySize: number): void {
    const inside = Math.max(0, Math.min(length, memorySize - address));
    const at = 2 * this.rangeCount++;
    if (at === this.ranges.length) this.ranges = grown(this.ranges);
    this.ranges[at] = address;
    this.ranges[at + 1] = inside;
    this.total += inside;
  }

  private addBuffer(address: number, length: number): void {
    const at = 2 * this.listCount++;
    if (at === this.list.length) this.list = grown(this.list);
    this.list[at] = address;
    this.list[at + 1] = length;
    this.buffersTotal += length;
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

function copyRanges(
  out: ByteOutput,
  bytes: Uint8Array,
  ranges: Float64Array,
  count: number,
  from: number,
  length: number,
): void {
  let skip = from;
  let left = length;
  for (let i = 0; i < count && left > 0; i++) {
    const size = ranges[2 * i + 1] as number;
    if (skip >= size) {
      skip -= size;
      continue;
    }
    const start = (ranges[2 * i] as number) + skip;
    const taken = Math.min(left, size - skip);
    out.copy(bytes, start, start + taken);
    left -= taken;
    skip = 0;
  }
}
