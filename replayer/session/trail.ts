/**
 * The last events before a place, as a run left them behind: one copy of each memory, and of each event
 * the pages that it changed, so that the copy can be turned back and forth. Stepping back needs a guest
 * that stands exactly one event earlier, and such a guest takes a run from far away each time; one run
 * with a trail gives a dozen steps. Finding what changed costs a comparison of the whole memory an event
 * (measured: 8 to 12 ms for 60 MiB), which is why a trail is laid only where steps back are likely.
 */
import { invariant } from '../../errors.ts';
import type { EventWatch, Memories } from './guest.ts';
import type { Image } from './images.ts';
import type { DiffLimits } from './memory-diff.ts';
import type { MemoryDiff } from './messages.ts';
import { TrailMemory } from './trail-memory.ts';

/** Milliseconds that laying a trail may add to a run, by the estimate below. */
const BUDGET_MS = 150;
/** Bytes compared in a millisecond; a careful figure. */
const BYTES_PER_MS = 6 << 20;
const LONGEST = 64;

/** How many events a trail in a memory of so many bytes covers. */
export function trailLength(memoryBytes: number): number {
  return Math.min(LONGEST, Math.floor((BUDGET_MS * BYTES_PER_MS) / Math.max(1, memoryBytes)));
}

interface Step extends Pick<Image, 'stack' | 'globals'> {
  readonly position: number;
}

export type Look = () => Pick<Image, 'stack' | 'globals'>;

export class Trail implements EventWatch {
  readonly wantsStack = true;
  private first: number;
  private readonly look: Look;
  private readonly limit: number;
  private readonly steps: Step[] = [];
  /** By number. */
  private readonly memories: TrailMemory[] = [];
  private full = false;

  /**
   * @param from first event of the trail
   * @param limit bytes that it may hold; it ends where they are used up
   * @param look what else is to be remembered, called right after each event
   */
  constructor(from: number, limit: number, look: Look) {
    this.first = from;
    this.limit = limit;
    this.look = look;
  }

  /** First event of the trail. */
  get from(): number {
    return this.first;
  }

  /** Last event of the trail; before `from` as long as there is none. */
  get to(): number {
    return this.steps.at(-1)?.position ?? this.from - 1;
  }

  get bytes(): number {
    return this.memories.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  reached(): void {}

  passed(event: number, memories: Memories): void {
    if (event < this.from || this.full) return;
    const copies = memories.reduce((sum, { length }) => sum + length, 0);
    const changed = this.memories.reduce((sum, memory) => sum + memory.changed, 0);
    if (copies + changed > this.limit) {
      this.full = true;
      return;
    }
    this.steps.push({ position: event, ...this.look() });
    for (const [number, memory] of memories.entries()) {
      this.memories[number] ??= new TrailMemory();
      this.memories[number].add(memory);
    }
  }

  has(position: number): boolean {
    return this.steps.length > 0 && position >= this.from && position <= this.to;
  }

  /** The state after an event of the trail. Its memories are views, valid until the next call. */
  at(position: number): Image {
    const index = position - this.from;
    const step = this.steps[index];
    invariant(step, 'a place that is not on the trail');
    return { ...step, memories: this.memories.map((memory) => memory.at(index)) };
  }

  /** Puts a trail before this one that ends where this one begins. The other one is used up. */
  prepend(earlier: Trail): void {
    const meet = this.has(this.first) && earlier.to === this.first - 1;
    invariant(meet && earlier.memories.length === this.memories.length, 'trails that do not meet');
    for (const [number, memory] of this.memories.entries()) {
      memory.prepend(earlier.memories[number] as TrailMemory);
    }
    this.steps.unshift(...earlier.steps);
    this.first = earlier.first;
  }

  /** Forgets the last events, those after `to`. */
  cutAfter(to: number): void {
    if (to >= this.to || to < this.first) return;
    for (const memory of this.memories) memory.cutAfter(to - this.first);
    this.steps.splice(to - this.first + 1);
  }

  /** As `diffMemories` of a memory at two places of the trail, at the cost of what changed between them. */
  diff(from: number, to: number, memory: number, limits: DiffLimits): MemoryDiff {
    const found = this.memories[memory] ?? empty(this.steps.length);
    return found.diff(from - this.from, to - this.from, limits);
  }
}

function empty(steps: number): TrailMemory {
  const memory = new TrailMemory();
  for (let i = 0; i < steps; i++) memory.add(new Uint8Array(0));
  return memory;
}
