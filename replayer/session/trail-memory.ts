/**
 * One memory along a trail (trail.ts): a copy of it, and of each step the pages that it changed, so that the
 * copy can be turned back and forth.
 */
import { invariant } from '../../errors.ts';
import { type DiffLimits, diffMemories, diffStretches, eachUnequal } from './memory-diff.ts';
import type { MemoryDiff } from './messages.ts';

const NO_BYTES = new Uint8Array(0);
const PAGE = 4096;
const BLOCK = 64 << 10;

interface Step {
  /** Bytes of memory after it. */
  readonly size: number;
  /** What it replaced; where the copy stands before it, what it put there. */
  pages: ReadonlyMap<number, Uint8Array>;
}

export class TrailMemory {
  private readonly steps: Step[] = [];
  private memory: Uint8Array = NO_BYTES;
  /** Step after which `memory` is now. */
  private cursor = -1;
  /** Bytes of all pages that changed. */
  changed = 0;

  /** Bytes that it holds. */
  get bytes(): number {
    return this.memory.length + this.changed;
  }

  /** A step was made, and left this memory behind. */
  add(now: Uint8Array): void {
    const first = this.steps.length === 0;
    const pages = first ? new Map<number, Uint8Array>() : this.takeChanges(now);
    if (first) this.memory = now.slice();
    this.steps.push({ size: now.length, pages });
    this.cursor = this.steps.length - 1;
  }

  /** After a step. A view, valid until the next call. */
  at(index: number): Uint8Array {
    const step = this.steps[index];
    invariant(step, 'a place that is not on the trail');
    while (this.cursor > index) this.swap(this.cursor--);
    while (this.cursor < index) this.swap(++this.cursor);
    return this.memory.subarray(0, step.size);
  }

  /** As `diffMemories` after two steps, at the cost of what changed between them. */
  diff(from: number, to: number, limits: DiffLimits): MemoryDiff {
    const [low, high] = from < to ? [from, to] : [to, from];
    const changed = this.steps.slice(low + 1, high + 1);
    const runs = pageRuns(new Set(changed.flatMap(({ pages }) => [...pages.keys()])));
    const before = this.at(from);
    // all that was grown counts as changed, whether anything was written there or not
    if (this.steps[from]?.size !== this.steps[to]?.size) {
      const copy = before.slice();
      return diffMemories(copy, this.at(to), limits);
    }
    const old = runs.map(({ start, end }) => before.slice(start, end));
    const after = this.at(to);
    const stretches = runs.map(({ start, end }, i) => ({
      address: start,
      before: old[i] ?? NO_BYTES,
      after: after.subarray(start, end),
    }));
    return diffStretches(stretches, { before: before.length, after: after.length }, limits);
  }

  /**
   * Puts the steps of an earlier part before these. The other one is used up; of both copies of the memory
   * this one's stays.
   */
  prepend(earlier: TrailMemory): void {
    const [first] = this.steps;
    invariant(first, 'a trail without a step');
    const now = this.at(0);
    // the other copy goes on to where this part begins, and so learns what that step replaced
    earlier.at(earlier.steps.length - 1);
    first.pages = earlier.takeChanges(now);
    this.steps.unshift(...earlier.steps);
    this.cursor += earlier.steps.length;
    this.changed += earlier.changed;
    earlier.memory = NO_BYTES;
  }

  /** Forgets the steps after one. */
  cutAfter(index: number): void {
    this.at(index);
    for (const { pages } of this.steps.splice(index + 1)) {
      for (const bytes of pages.values()) this.changed -= bytes.length;
    }
  }

  /** Brings the copy up to date, and gives what stood there before. */
  private takeChanges(now: Uint8Array): Map<number, Uint8Array> {
    const pages = new Map<number, Uint8Array>();
    if (now.length > this.memory.length) {
      const larger = new Uint8Array(now.length);
      larger.set(this.memory);
      this.memory = larger;
    }
    const { memory } = this;
    eachUnequal(memory, now, 0, now.length, BLOCK, (from, to) =>
      eachUnequal(memory, now, from, to, PAGE, (start, end) => {
        pages.set(start, memory.slice(start, end));
        memory.set(now.subarray(start, end), start);
        this.changed += end - start;
      }),
    );
    return pages;
  }

  /** Turns one step back or forth. */
  private swap(index: number): void {
    const pages = this.steps[index]?.pages;
    invariant(pages, 'a step that is not there');
    for (const [address, bytes] of pages) {
      const now = this.memory.slice(address, address + bytes.length);
      this.memory.set(bytes, address);
      bytes.set(now);
    }
  }
}

/** Pages that touch each other, as ranges of addresses. */
function pageRuns(pages: ReadonlySet<number>): { readonly start: number; readonly end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (const start of [...pages].sort((left, right) => left - right)) {
    const last = runs.at(-1);
    if (last?.end === start) last.end += PAGE;
    else runs.push({ start, end: start + PAGE });
  }
  return runs;
}
