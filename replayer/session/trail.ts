/**
 * The last events before a place, as a run left them behind: one copy of the memory, and of each event
 * the pages that it changed, so that the copy can be turned back and forth. Stepping back needs a guest
 * that stands exactly one event earlier, and such a guest takes a run from far away each time; one run
 * with a trail gives a dozen steps. Finding what changed costs a comparison of the whole memory an event
 * (measured: 8 to 12 ms for 60 MiB), which is why a trail is laid only where steps back are likely.
 */
import { invariant } from '../../errors.ts';
import type { EventWatch } from './guest.ts';
import type { Image } from './images.ts';
import { type DiffLimits, diffMemories, diffStretches, eachUnequal } from './memory-diff.ts';
import type { MemoryDiff } from './messages.ts';

const NO_BYTES = new Uint8Array(0);
const PAGE = 4096;
const BLOCK = 64 << 10;

/** Milliseconds that laying a trail may add to a run, by the estimate below. */
const BUDGET_MS = 150;
/** Bytes compared in a millisecond; a careful figure. */
const BYTES_PER_MS = 6 << 20;
const LONGEST = 64;

/** How many events a trail in a memory of so many bytes covers. */
export function trailLength(memoryBytes: number): number {
  return Math.min(LONGEST, Math.floor((BUDGET_MS * BYTES_PER_MS) / Math.max(1, memoryBytes)));
}

interface Step {
  readonly position: number;
  readonly stack: string | undefined;
  readonly globals: Image['globals'];
  /** Bytes of memory after this event. */
  readonly size: number;
  /** What the step from the event before replaced; where the copy stands before it, what it put there. */
  readonly pages: Map<number, Uint8Array>;
}

export type Look = () => Pick<Image, 'stack' | 'globals'>;

export class Trail implements EventWatch {
  readonly wantsStack = true;
  readonly from: number;
  private readonly look: Look;
  private readonly limit: number;
  private readonly steps: Step[] = [];
  private memory: Uint8Array = NO_BYTES;
  /** Position in `steps` after which `memory` is now. */
  private cursor = -1;
  private changed = 0;
  private full = false;

  /**
   * @param from first event of the trail
   * @param limit bytes that it may hold; it ends where they are used up
   * @param look what else is to be remembered, called right after each event
   */
  constructor(from: number, limit: number, look: Look) {
    this.from = from;
    this.limit = limit;
    this.look = look;
  }

  /** Last event of the trail; before `from` as long as there is none. */
  get to(): number {
    return this.steps.at(-1)?.position ?? this.from - 1;
  }

  get bytes(): number {
    return this.memory.length + this.changed;
  }

  reached(): void {}

  passed(event: number, memory: Uint8Array | undefined): void {
    if (event < this.from || this.full) return;
    const bytes = memory ?? NO_BYTES;
    if (bytes.length + this.changed > this.limit) {
      this.full = true;
      return;
    }
    const first = this.steps.length === 0;
    const pages = first ? new Map<number, Uint8Array>() : this.takeChanges(bytes);
    if (first) this.memory = bytes.slice();
    this.steps.push({ position: event, ...this.look(), size: bytes.length, pages });
    this.cursor = this.steps.length - 1;
  }

  has(position: number): boolean {
    return this.steps.length > 0 && position >= this.from && position <= this.to;
  }

  /** The state after an event of the trail. Its memory is a view, valid until the next call. */
  at(position: number): Image {
    const index = position - this.from;
    const step = this.steps[index];
    invariant(step, 'a place that is not on the trail');
    while (this.cursor > index) this.swap(this.cursor--);
    while (this.cursor < index) this.swap(++this.cursor);
    const { stack, globals, size } = step;
    return { position, stack, globals, memory: this.memory.subarray(0, size) };
  }

  /** As `diffMemories` of two places of the trail, at the cost of what changed between them. */
  diff(from: number, to: number, limits: DiffLimits): MemoryDiff {
    const [low, high] = from < to ? [from, to] : [to, from];
    const changed = this.steps.slice(low - this.from + 1, high - this.from + 1);
    const runs = pageRuns(new Set(changed.flatMap(({ pages }) => [...pages.keys()])));
    const before = this.at(from).memory ?? NO_BYTES;
    // all that was grown counts as changed, whether anything was written there or not
    if (this.sizeAt(from) !== this.sizeAt(to)) {
      const copy = before.slice();
      return diffMemories(copy, this.at(to).memory ?? NO_BYTES, limits);
    }
    const old = runs.map(({ start, end }) => before.slice(start, end));
    const after = this.at(to).memory ?? NO_BYTES;
    const stretches = runs.map(({ start, end }, i) => ({
      address: start,
      before: old[i] ?? NO_BYTES,
      after: after.subarray(start, end),
    }));
    return diffStretches(stretches, { before: before.length, after: after.length }, limits);
  }

  private sizeAt(position: number): number | undefined {
    return this.steps[position - this.from]?.size;
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
