/**
 * Bytes that change from step to step, with what each change replaced, so that they can be turned back and
 * forth. Changes are told while they happen, and are many and small. Hot path: plain loops over typed arrays.
 */
import { invariant } from '../../errors.ts';

const FEW = 32;

export class SteppedBytes {
  private bytes: Uint8Array;
  /** How many of them there are, from which step on; oldest first. */
  private sizes: { readonly step: number; readonly size: number }[];
  /** Of each change: the step that it belongs to, where, how many bytes, and where `data` has them. */
  private steps = new Int32Array(1024);
  private places = new Float64Array(1024);
  private lengths = new Float64Array(1024);
  private kept = new Float64Array(1024);
  private count = 0;
  /** What stood there before; of changes that are turned back, what they put there. */
  private data = new Uint8Array(1 << 14);
  private used = 0;
  /** How many changes `bytes` has. */
  private applied = 0;

  /** @param initial before the first change; copied */
  constructor(initial: Uint8Array) {
    this.bytes = initial.slice();
    this.sizes = [{ step: Number.NEGATIVE_INFINITY, size: initial.length }];
  }

  /** Bytes that it holds. */
  get held(): number {
    return this.bytes.length + this.data.length + 28 * this.steps.length;
  }

  /** Bytes of all changes. */
  get changedBytes(): number {
    return this.used;
  }

  /**
   * Between the step before and this one, bytes `[from, to)` may have come to be what `now` has there. Steps
   * come in their order, while nothing is turned back.
   */
  change(step: number, now: Uint8Array, from: number, to: number): void {
    if (now.length > (this.sizes.at(-1)?.size ?? 0)) this.sizes.push({ step, size: now.length });
    if (to > this.bytes.length) this.grow(Math.max(to, now.length));
    const { bytes } = this;
    let first = from;
    let end = Math.min(to, now.length);
    while (first < end && bytes[first] === now[first]) first++;
    while (end > first && bytes[end - 1] === now[end - 1]) end--;
    const length = end - first;
    if (length <= 0) return;
    this.reserve(length);
    const at = this.count++;
    this.applied = this.count;
    this.steps[at] = step;
    this.places[at] = first;
    this.lengths[at] = length;
    this.kept[at] = this.used;
    const { data, used } = this;
    if (length > FEW) {
      data.set(bytes.subarray(first, end), used);
      bytes.set(now.subarray(first, end), first);
    } else {
      for (let i = 0; i < length; i++) {
        data[used + i] = bytes[first + i] as number;
        bytes[first + i] = now[first + i] as number;
      }
    }
    this.used += length;
  }

  /** After a step. A view, valid until the next call; at least as long as it was then. */
  at(step: number): Uint8Array {
    while (this.applied > 0 && (this.steps[this.applied - 1] as number) > step) {
      this.swap(--this.applied);
    }
    while (this.applied < this.count && (this.steps[this.applied] as number) <= step) {
      this.swap(this.applied++);
    }
    const size = this.sizes.findLast((one) => one.step <= step)?.size ?? 0;
    if (size > this.bytes.length) this.grow(size);
    return this.bytes.subarray(0, size);
  }

  /** Whether bytes of `[from, to)` changed behind one step, until another one. */
  changed(after: number, until: number, from: number, to: number): boolean {
    for (let i = firstAfter(this.steps, this.count, after); i < this.count; i++) {
      if ((this.steps[i] as number) > until) return false;
      const place = this.places[i] as number;
      if (place < to && place + (this.lengths[i] as number) > from) return true;
    }
    return false;
  }

  /** Makes this step the first that can be turned back to. While nothing is turned back. */
  forgetBefore(step: number): void {
    invariant(this.applied === this.count, 'changes that are turned back cannot be forgotten');
    let gone = 0;
    while (gone < this.count && (this.steps[gone] as number) <= step) gone++;
    if (gone === 0) return;
    const from = gone < this.count ? (this.kept[gone] as number) : this.used;
    this.data.copyWithin(0, from, this.used);
    this.used -= from;
    for (const list of [this.steps, this.places, this.lengths, this.kept]) {
      list.copyWithin(0, gone, this.count);
    }
    this.count -= gone;
    this.applied = this.count;
    for (let i = 0; i < this.count; i++) this.kept[i] = (this.kept[i] as number) - from;
  }

  private swap(change: number): void {
    const { bytes, data } = this;
    const place = this.places[change] as number;
    const length = this.lengths[change] as number;
    const kept = this.kept[change] as number;
    for (let i = 0; i < length; i++) {
      const now = bytes[place + i] as number;
      bytes[place + i] = data[kept + i] as number;
      data[kept + i] = now;
    }
  }

  private grow(size: number): void {
    const larger = new Uint8Array(size);
    larger.set(this.bytes);
    this.bytes = larger;
  }

  private reserve(length: number): void {
    if (this.count === this.steps.length) {
      const size = 2 * this.count;
      const steps = new Int32Array(size);
      steps.set(this.steps);
      this.steps = steps;
      this.places = larger(this.places, size);
      this.lengths = larger(this.lengths, size);
      this.kept = larger(this.kept, size);
    }
    if (this.used + length <= this.data.length) return;
    const data = new Uint8Array(2 * Math.max(this.data.length, this.used + length));
    data.set(this.data.subarray(0, this.used));
    this.data = data;
  }
}

/** Index of the first of `count` steps, in their order, that comes behind one. */
export function firstAfter(steps: Int32Array, count: number, after: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as number) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function larger(list: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const made = new Float64Array(size);
  made.set(list);
  return made;
}
