/**
 * The replays that a stretch takes: one that learns which functions run in it, and one in which these step and have
 * their stores looked at, so that every instruction is seen.
 */
import { type Mark, sameMark } from './mark.ts';
import { ANY_DEPTH, type ProbeEvents, type ProbeRun } from './probe-run.ts';
import type { Program } from './programs.ts';
import { Stretch } from './stretch.ts';
import type { Stepping, StretchLearner, StretchPlan } from './stretch-learner.ts';
import { MAX_GLOBALS, StretchStates } from './stretch-states.ts';

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
  /** After the run: what must step besides, for every instruction to be seen. @param ended whether it came to its end */
  readonly missing: (ended: boolean) => Stepping | undefined;
}

/** Which functions run in a stretch, or are returned to. */
export function learningPass(
  plan: StretchPlan,
  learner: StretchLearner,
  run: () => ProbeRun,
): LearningPass {
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
  return { events, missing: (ended) => learner.missing(ended) };
}

export interface RecordingPass extends LearningPass {
  /** After the run; undefined where it never came to the instruction. @param ended as above */
  readonly stretch: (ended: boolean) => Stretch | undefined;
}

/** @param program in which functions step: all that run in the stretch, as far as is known */
export function recordingPass(
  plan: StretchPlan,
  limits: StretchLimits,
  learner: StretchLearner,
  run: () => ProbeRun,
  program: Program & { readonly follows: boolean },
  functionAt: (pc: number) => number,
): RecordingPass {
  const { from, around, until } = plan;
  const { all } = learner.stepping;
  const stretch = new Stretch(limits.instructions, from < 1);
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
      run().wantTick(learner.nextAfter(0));
    },
    ticked: (at) => {
      if (!learner.ticked(at)) {
        run().wantTick(learner.nextAfter(at.tick));
        return;
      }
      if (!begun) begin();
      if (!lost && !all.has(functionAt(at.pc))) lose();
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
          .some((func) => !all.has(func))
      )
        lose();
      if (run().tick <= until) run().wantTick(run().tick + 1);
    },
    stop: (at) => {
      if (!begun || lost) return;
      learner.stopped(at);
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
    missing: (ended) => learner.missing(ended),
    stretch: (ended) => {
      stretch.toEnd = ended;
      return reached ? stretch : undefined;
    },
  };
}
