/**
 * The two replays that a stretch takes: one that learns which functions run in it, and one in which these
 * step and have their stores looked at, so that every instruction is seen.
 */
import { type Mark, sameMark } from './mark.ts';
import { ANY_DEPTH, type ProbeEvents, type ProbeRun } from './probe-run.ts';
import type { Program } from './programs.ts';
import { Stretch } from './stretch.ts';
import { MAX_GLOBALS, StretchStates } from './stretch-states.ts';

/** Where a stretch lies. */
export interface StretchPlan {
  /** First tick; below 1, from the run's beginning. */
  readonly from: number;
  /** An instruction that is to be in it. */
  readonly around: Mark;
  /** Last tick. */
  readonly until: number;
}

export interface StretchLimits {
  /** Instructions. */
  readonly instructions: number;
  /** Bytes: a larger memory is not followed, and so many bytes of changes are kept. */
  readonly memory: number;
  readonly changes: number;
}

const WHOLE_MEMORY = 0xffff_fff0;

/**
 * Ticks before a stretch from which on functions step: most of those that it begins in are entered in these, and
 * need not step from the beginning.
 */
const LEAD = 4096;

/** Learns which functions run in a stretch, or are returned to. */
class Learner {
  private readonly plan: StretchPlan;
  private readonly run: () => ProbeRun;
  private readonly functionAt: (pc: number) => number;
  private readonly entered = new Set<number>();
  /** Where the stretch begins. */
  private stack: readonly number[] = [];
  /** Whether the lead has begun, and the stretch. */
  private led: boolean;
  private begun: boolean;
  /** Depth of the outermost frame that is left or returned to in the stretch. */
  private shallowest: number;
  /** Greatest depth of frames that may have been there before the lead. */
  private oldest = 0;

  constructor(plan: StretchPlan, run: () => ProbeRun, functionAt: (pc: number) => number) {
    this.plan = plan;
    this.run = run;
    this.functionAt = functionAt;
    this.begun = plan.from < 1;
    this.led = this.begun;
    this.shallowest = plan.around.depth;
    this.entered.add(functionAt(plan.around.pc));
  }

  /** The first tick that it must be told of; then of each. */
  get first(): number {
    return Math.max(1, this.plan.from - LEAD);
  }

  /** @returns whether it is in the stretch */
  ticked(at: Mark): boolean {
    const { entered } = this;
    if (!this.led) this.oldest = at.depth;
    this.led = true;
    if (!this.begun) this.oldest = Math.min(this.oldest, at.depth);
    if (at.tick < this.plan.from) return false;
    if (!this.begun) {
      this.stack = this.run().functions();
      if (this.run().stack !== undefined) for (const func of this.stack) entered.add(func);
    }
    this.begun = true;
    entered.add(this.functionAt(at.pc));
    // what is called was called from there, and nothing but returns lies between two ticks
    this.shallowest = Math.min(this.shallowest, at.depth - 1);
    return true;
  }

  /** @returns whether it is in the stretch */
  switched(): boolean {
    if (this.run().stack === undefined || this.run().tick < this.plan.from) return false;
    this.begun = true;
    // where it goes on, it returns to any of these
    for (const func of this.run().functions()) this.entered.add(func);
    return true;
  }

  /** After the run. @param ended whether it came to its end */
  functions(ended: boolean): StretchFunctions {
    const from = ended ? 0 : Math.max(0, this.shallowest - 1);
    const all = new Set([...this.entered, ...this.stack.slice(from)]);
    return { all, early: new Set(this.stack.slice(from, Math.max(from, this.oldest))) };
  }
}

/** Functions of which instructions lie in a stretch. */
export interface StretchFunctions {
  readonly all: ReadonlySet<number>;
  /** Those that were called long before it. */
  readonly early: ReadonlySet<number>;
}

export interface LearningPass {
  readonly events: ProbeEvents;
  /** After the run. @param ended whether it came to its end */
  readonly functions: (ended: boolean) => StretchFunctions;
}

/** Which functions run in a stretch, or are returned to. */
export function learningPass(
  plan: StretchPlan,
  run: () => ProbeRun,
  functionAt: (pc: number) => number,
): LearningPass {
  const learner = new Learner(plan, run, functionAt);
  const events: ProbeEvents = {
    begin: () => run().wantTick(learner.first),
    ticked: (at) => {
      learner.ticked(at);
      if (at.tick > plan.until) run().leave();
      run().wantTick(at.tick + 1);
    },
    switched: () => {
      if (learner.switched()) run().wantTick(run().tick + 1);
    },
  };
  return { events, functions: (ended) => learner.functions(ended) };
}

export interface RecordingPass {
  readonly events: ProbeEvents;
  /** After the run; undefined where it never came to the instruction. @param ended as above */
  readonly stretch: (ended: boolean) => Stretch | undefined;
  /** Functions that must step for it. @param ended as above */
  readonly functions: (ended: boolean) => StretchFunctions;
}

/** @param program in which functions step: all that run in the stretch, as far as is known */
export function recordingPass(
  plan: StretchPlan,
  limits: StretchLimits,
  run: () => ProbeRun,
  program: Program & { readonly follows: boolean },
  steps: ReadonlySet<number>,
  functionAt: (pc: number) => number,
): RecordingPass {
  const { from, around, until } = plan;
  const stretch = new Stretch(limits.instructions, from < 1);
  const learner = new Learner(plan, run, functionAt);
  /** A function does not step: no more is learned than which ones. */
  let lost = false;
  let states: StretchStates | undefined;
  let begun = false;
  let reached = false;
  let answered: readonly { readonly address: number; readonly length: number }[] = [];

  const begin = () => {
    begun = true;
    const { memory } = run();
    if (
      program.follows &&
      memory.length <= limits.memory &&
      program.globals.length <= MAX_GLOBALS
    ) {
      states = new StretchStates(run(), program.layout, functionAt);
      stretch.know(states);
    }
    run().arm(ANY_DEPTH);
    if (states) run().watch(0, WHOLE_MEMORY);
  };
  const lose = () => {
    lost = true;
    states = undefined;
    run().arm(0);
    run().watch(0, 0);
  };
  const leave = () => {
    check();
    run().leave();
  };
  /** A wrong answer is worse than none. */
  const check = () => {
    if (states === undefined || states.agreesWith(run(), stretch.next - 1)) return;
    states = undefined;
    stretch.forgetStates();
  };
  const events: ProbeEvents = {
    begin: () => {
      if (from < 1) {
        run().stepAll();
        begin();
      }
      run().wantTick(learner.first);
    },
    ticked: (at) => {
      run().stepAll();
      if (!learner.ticked(at)) {
        run().wantTick(at.tick + 1);
        return;
      }
      if (!begun) begin();
      if (!lost && !steps.has(functionAt(at.pc))) lose();
      if (lost && at.tick > until) run().leave();
      if (at.tick <= until) run().wantTick(at.tick + 1);
    },
    switched: () => {
      if (!learner.switched()) return;
      if (!begun) begin();
      if (
        !lost &&
        run()
          .functions()
          .some((func) => !steps.has(func))
      )
        lose();
      if (run().tick <= until) run().wantTick(run().tick + 1);
    },
    stop: (at) => {
      if (!begun || lost) return;
      if (stretch.full || (states?.changed ?? 0) > limits.changes) {
        if (reached) leave();
        stretch.forget(Math.ceil(stretch.count / 2));
      }
      states?.visit(run(), stretch.next, at.pc);
      stretch.add(at, run().top, run().stack);
      if (!reached && sameMark(at, around)) {
        reached = true;
        check();
      }
      if (reached && at.tick > until) leave();
    },
    ...(program.follows && {
      wrote: (_at: Mark, address: number, length: number) =>
        states?.wrote(run(), stretch.next, address, length),
    }),
    answering: (ranges) => {
      if (begun) answered = [...answered, ...ranges];
    },
    passed: () => {
      for (const { address, length } of answered) {
        states?.wrote(run(), stretch.next, address, length);
      }
      answered = [];
    },
  };
  return {
    events,
    functions: (ended) => learner.functions(ended),
    stretch: (ended) => {
      stretch.toEnd = ended;
      return reached ? stretch : undefined;
    },
  };
}
