/**
 * Every instruction of a stretch of the run, one after the other, with what the guest held before each: one
 * replay answers all questions about that part. Knows no replay.
 */
import { invariant } from '../../errors.ts';
import type { MakeSearch } from './backward.ts';
import type { Goal } from './goals.ts';
import { compareMarks, type Mark, sameMark } from './mark.ts';
import type { Watch } from './motions.ts';
import type { Position } from './position.ts';
import type { StretchStates } from './stretch-states.ts';

/** A search back looks at so many instructions, and at 16 times as many where they do not tell. */
const WINDOW = { first: 256, growth: 16 };

export class Stretch {
  private readonly events: Int32Array;
  private readonly ticks: Float64Array;
  private readonly depths: Int32Array;
  private readonly pcs: Uint32Array;
  /** Where the innermost frame ends in the memory for frames. */
  private readonly tops: Uint32Array;
  /** Of a component, the stack (guest-stacks.ts); else -1. */
  private readonly stacks: Int32Array;
  private readonly capacity: number;
  private states: StretchStates | undefined;
  /** Number of the first instruction that is kept, as the states count them. */
  private first = 0;
  private length = 0;
  /** Whether the first instruction is the run's, and whether the last one is. */
  fromStart: boolean;
  toEnd = false;

  /** @param capacity how many instructions it can take */
  constructor(capacity: number, fromStart: boolean) {
    this.capacity = capacity;
    this.fromStart = fromStart;
    this.events = new Int32Array(capacity);
    this.ticks = new Float64Array(capacity);
    this.depths = new Int32Array(capacity);
    this.pcs = new Uint32Array(capacity);
    this.tops = new Uint32Array(capacity);
    this.stacks = new Int32Array(capacity);
  }

  get count(): number {
    return this.length;
  }

  /** Number of the instruction that comes next, as its states count them. */
  get next(): number {
    return this.first + this.length;
  }

  get full(): boolean {
    return this.length === this.capacity;
  }

  /** Bytes that it holds. */
  get held(): number {
    return 28 * this.capacity + (this.states?.held ?? 0);
  }

  /** What the guest held is known from here on. */
  know(states: StretchStates): void {
    this.states = states;
  }

  /** What is known is not so, or not to be kept. */
  forgetStates(): void {
    this.states = undefined;
  }

  add({ event, tick, depth, pc }: Mark, top: number, stack = -1): void {
    const i = this.length++;
    this.events[i] = event;
    this.ticks[i] = tick;
    this.depths[i] = depth;
    this.pcs[i] = pc;
    this.tops[i] = top;
    this.stacks[i] = stack;
  }

  /** Forgets the first instructions. */
  forget(count: number): void {
    const { events, ticks, depths, pcs, tops, stacks } = this;
    for (const list of [events, ticks, depths, pcs, tops, stacks]) {
      list.copyWithin(0, count, this.length);
    }
    this.length -= count;
    this.first += count;
    this.fromStart = false;
    this.states?.forgetBefore(this.first);
  }

  markAt(index: number): Mark {
    const mark = {
      event: this.events[index] as number,
      tick: this.ticks[index] as number,
      depth: this.depths[index] as number,
      pc: this.pcs[index] as number,
    };
    invariant(index >= 0 && index < this.length, 'an instruction outside of the stretch');
    return mark;
  }

  /** Number of an instruction, -1 for one that is not among them. */
  indexOf(mark: Mark): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareMarks(this.markAt(middle), mark) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.length && sameMark(this.markAt(low), mark) ? low : -1;
  }

  /** What the guest held; undefined where that is not known. Its memory is a view, valid until the next call. */
  position(index: number): Position | undefined {
    return this.states?.at(this.first + index, this.markAt(index), this.tops[index] as number);
  }

  /**
   * Whether a watchpoint may be met behind one instruction, until the guest stands before another one; as far as is
   * not known, it may.
   */
  mayMeet(watch: Watch, after: number, until: number): boolean {
    return this.states?.met(watch, this.first + after, this.first + until) ?? true;
  }

  /** As a search of a window that ends before an instruction; `earlier` where it does not lie in the stretch. */
  back(index: number, make: MakeSearch): Mark | 'earlier' | undefined {
    for (let size = WINDOW.first; ; size *= WINDOW.growth) {
      const from = Math.max(0, index - size);
      const search = make(from === 0 && this.fromStart);
      const stack = this.stacks[index] as number;
      if ((this.events[from] as number) < stack) search.fromBeginning?.();
      for (let i = from; i < index; i++) {
        if ((this.depths[i] as number) > search.limit) continue;
        const isEarlier = search.before && (this.events[i] as number) < stack;
        if (search.all || this.stacks[i] === stack || isEarlier) search.visit(this.markAt(i));
      }
      const found = search.found();
      if (found !== 'earlier' || from === 0) return found;
    }
  }

  /**
   * Where a motion forwards ends that nothing stops before.
   * @param stops whether something may stop it before an instruction
   * @returns number of the instruction; undefined where the stretch does not tell
   */
  on(
    index: number,
    goal: Goal,
    functionAt: (pc: number) => number,
    stops: (at: Mark) => boolean,
  ): number | undefined {
    for (let i = index + 1; i < this.length; i++) {
      const at = this.markAt(i);
      if (stops(at)) return undefined;
      if (!goal.anyStack && this.stacks[i] !== this.stacks[index]) continue;
      if (goal.limit > 0 && at.depth === goal.limit + 1 && at.tick !== this.ticks[i - 1]) {
        goal.enters?.(functionAt(at.pc), at.depth);
      }
      if (at.depth <= goal.limit && goal.reaches(at)) return i;
    }
    return undefined;
  }
}
