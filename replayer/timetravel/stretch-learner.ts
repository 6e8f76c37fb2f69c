/**
 * Learns, while a run passes through a stretch, which functions run in it or are returned to, and has those step that
 * are known: from their calls on, or, of frames that are there before, from a tick on that is in them. Records nothing.
 */
import type { Mark } from './mark.ts';
import type { ProbeRun } from './probe-run.ts';

/** Where a stretch lies. */
export interface StretchPlan {
  /** First tick; below 1, from the run's beginning. */
  readonly from: number;
  /** An instruction that is to be in it. */
  readonly around: Mark;
  /** Last tick. */
  readonly until: number;
}

/** What steps in a stretch. */
export interface Stepping {
  /** Functions. */
  readonly all: ReadonlySet<number>;
  /** Those of them that do so from the run's beginning, as they can begin nowhere else. */
  readonly early: ReadonlySet<number>;
  /** Ticks at which the frame that runs begins to step. */
  readonly ticks: ReadonlySet<number>;
}

export const NOTHING_STEPS: Stepping = { all: new Set(), early: new Set(), ticks: new Set() };

/**
 * Ticks before a stretch from which on all functions step that are known: most frames that are there when it begins are
 * entered in these, or come to the head of a loop.
 */
const LEAD = 4096;

/** A frame when the stretch begins. */
interface LiveFrame {
  readonly func: number;
  /** The last tick in it. */
  readonly tick: number;
  readonly steps: boolean;
}

export class StretchLearner {
  readonly stepping: Stepping;
  private readonly plan: StretchPlan;
  private readonly run: () => ProbeRun;
  private readonly functionAt: (pc: number) => number;
  private readonly firstOf: (func: number) => number;
  /** Whether functions can begin to step in the midst of the run. */
  private readonly switches: boolean;
  private readonly entered = new Set<number>();
  private readonly ticks: readonly number[];
  /** By depth, outermost first: whether the frame is known to step. */
  private readonly known: boolean[] = [];
  private live: readonly LiveFrame[] = [];
  private begun: boolean;
  /** Depth of the outermost frame that runs in the stretch. */
  private shallowest: number;

  /**
   * @param switches whether functions can begin to step in the midst of the run
   * @param firstOf the first instruction of a function
   */
  constructor(
    plan: StretchPlan,
    stepping: Stepping,
    switches: boolean,
    run: () => ProbeRun,
    {
      functionAt,
      firstOf,
    }: {
      readonly functionAt: (pc: number) => number;
      readonly firstOf: (func: number) => number;
    },
  ) {
    this.plan = plan;
    this.stepping = stepping;
    this.switches = switches;
    this.run = run;
    this.functionAt = functionAt;
    this.firstOf = firstOf;
    this.begun = plan.from < 1;
    this.shallowest = plan.around.depth;
    this.entered.add(functionAt(plan.around.pc));
    this.ticks = [...stepping.ticks].sort((a, b) => a - b);
  }

  /** The tick from which on it must be told of each. */
  get first(): number {
    return Math.max(1, this.plan.from - LEAD);
  }

  /** The tick behind this one that it must be told of. */
  nextAfter(tick: number): number {
    const { first, ticks } = this;
    if (tick >= first) return tick + 1;
    return Math.min(first, ticks.find((one) => one > tick) ?? first);
  }

  /** @returns whether it is in the stretch */
  ticked(at: Mark): boolean {
    const { plan, entered } = this;
    const func = this.functionAt(at.pc);
    const isEntry = at.pc === this.firstOf(func);
    this.step(at, func, isEntry);
    if (at.tick < plan.from) return false;
    const { stack } = this.run();
    if (!this.begun) {
      this.live = this.run()
        .lastTicks()
        .map((frame, i) => ({ ...frame, steps: this.isStepping(i, frame.func) }));
      if (stack !== undefined) for (const one of this.live) entered.add(one.func);
    }
    entered.add(func);
    // what is called was called from there
    const calledNow = isEntry && (this.begun || plan.from < 1);
    this.shallowest = Math.min(this.shallowest, calledNow ? at.depth - 1 : at.depth);
    this.begun = true;
    return true;
  }

  /** Of functions that step, in the stretch. */
  stopped({ depth }: Mark): void {
    if (depth < this.shallowest) this.shallowest = depth;
  }

  /** @returns whether it is in the stretch */
  switched(): boolean {
    if (this.run().stack === undefined || this.run().tick < this.plan.from) return false;
    this.begun = true;
    // where it goes on, it returns to any of these
    for (const func of this.run().functions()) this.entered.add(func);
    return true;
  }

  /**
   * After the run.
   * @param ended whether it came to its end
   * @returns what must step, where that is more than did
   */
  missing(ended: boolean): Stepping | undefined {
    const { stepping, live } = this;
    const own = live.slice(Math.max(0, (ended ? 1 : this.shallowest) - 1));
    const late = own.filter(({ steps }) => !steps);
    const all = new Set([...stepping.all, ...this.entered, ...own.map(({ func }) => func)]);
    if (late.length === 0 && all.size === stepping.all.size) return undefined;
    const early = new Set(stepping.early);
    const ticks = new Set(stepping.ticks);
    for (const { func, tick } of late) {
      if (this.switches && !ticks.has(tick)) ticks.add(tick);
      else early.add(func);
    }
    return { all, early, ticks };
  }

  private step(at: Mark, func: number, isEntry: boolean): void {
    const { known, stepping } = this;
    const i = at.depth - 1;
    known.length = Math.min(known.length, at.depth);
    const near = at.tick >= this.first;
    if (near) this.run().stepAll();
    if (!near && !stepping.ticks.has(at.tick)) return;
    known[i] = this.run().stepHere(at, func, near) || (!isEntry && known[i] === true);
  }

  private isStepping(i: number, func: number): boolean {
    const { all, early } = this.stepping;
    return this.known[i] === true || (this.switches ? early : all).has(func);
  }
}
