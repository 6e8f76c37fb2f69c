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

export interface LearningPass {
  readonly events: ProbeEvents;
  /** After the run. @param ended whether it came to its end */
  readonly functions: (ended: boolean) => ReadonlySet<number>;
}

/** Which functions run in a stretch, or are returned to. */
export function learningPass(
  { from, around, until }: StretchPlan,
  run: () => ProbeRun,
  functionAt: (pc: number) => number,
): LearningPass {
  const entered = new Set([functionAt(around.pc)]);
  let stack: readonly number[] = [];
  let begun = false;
  let shallowest = around.depth;
  const events: ProbeEvents = {
    begin: () => {
      begun = from < 1;
      run().wantTick(Math.max(1, from));
    },
    ticked: (at) => {
      if (!begun) stack = run().functions();
      if (!begun && run().stack !== undefined) for (const func of stack) entered.add(func);
      begun = true;
      entered.add(functionAt(at.pc));
      // what is called was called from there, and nothing but returns lies between two ticks
      shallowest = Math.min(shallowest, at.depth - 1);
      if (at.tick > until) run().leave();
      run().wantTick(at.tick + 1);
    },
    switched: () => {
      if (run().stack === undefined || run().tick < from) return;
      begun = true;
      // where it goes on, it returns to any of these
      for (const func of run().functions()) entered.add(func);
      run().wantTick(run().tick + 1);
    },
  };
  const functions = (ended: boolean) =>
    new Set([...entered, ...stack.slice(ended ? 0 : Math.max(0, shallowest - 1))]);
  return { events, functions };
}

export interface RecordingPass {
  readonly events: ProbeEvents;
  /** After the run; undefined where it never came to the instruction. @param ended as above */
  readonly stretch: (ended: boolean) => Stretch | undefined;
  /** Functions that run in it and do not step: the same again with them. */
  readonly missing: ReadonlySet<number>;
}

/** @param program in which all of its functions step */
export function recordingPass(
  { from, around, until }: StretchPlan,
  limits: StretchLimits,
  run: () => ProbeRun,
  program: Program & { readonly follows: boolean },
  steps: ReadonlySet<number>,
  functionAt: (pc: number) => number,
): RecordingPass {
  const stretch = new Stretch(limits.instructions, from < 1);
  const missing = new Set<number>();
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
      if (from < 1) begin();
      run().wantTick(Math.max(1, from));
    },
    ticked: (at) => {
      if (!begun) begin();
      const func = functionAt(at.pc);
      if (!steps.has(func)) missing.add(func);
      if (missing.size > 0) run().leave();
      if (at.tick <= until) run().wantTick(at.tick + 1);
    },
    switched: () => {
      const { tick, stack } = run();
      if (stack === undefined || tick < from) return;
      if (!begun) begin();
      for (const func of run().functions()) if (!steps.has(func)) missing.add(func);
      if (missing.size > 0) run().leave();
      if (tick <= until) run().wantTick(tick + 1);
    },
    stop: (at) => {
      if (!begun) return;
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
    missing,
    stretch: (ended) => {
      stretch.toEnd = ended;
      return reached ? stretch : undefined;
    },
  };
}
