/**
 * The stretches of a run that are known instruction by instruction, of which the latest are kept: who steps
 * back and forth near one place waits for two replays once. Makes them, and no motion.
 */
import { compareMarks, type Mark } from './mark.ts';
import { ProbeRun } from './probe-run.ts';
import type { OnEvent, Runs } from './runs.ts';
import type { Stretch } from './stretch.ts';
import {
  NOTHING_STEPS,
  type Stepping,
  StretchLearner,
  type StretchPlan,
} from './stretch-learner.ts';
import { learningPass, recordingPass, type StretchLimits } from './stretch-passes.ts';

/** Ticks of the first stretch, and how many times as many the next one has where it follows one. */
const TICKS = { first: 256, growth: 8, most: 1 << 16 };
/** Of these, so many lie on the other side of where a motion goes. */
const BEHIND = 1 / 8;

const INSTRUCTIONS = 1 << 17;
/** Stretches that are kept: where one stands, where one came from, and what was worked out ahead. */
const KEPT = 4;
/** Bytes of all, unless given: together with what a session parks (session/), no more than twice of that. */
const MOST_BYTES = 1 << 29;

/** With more functions than that, what steps is learned anew. */
const MOST_STEPPING = 160;

/** A stretch that has an instruction, and its number in it. */
export interface Known {
  readonly stretch: Stretch;
  readonly index: number;
}

export class Stretches {
  private readonly runs: Runs;
  private readonly bytes: number;
  /** Latest use last. */
  private made: { readonly stretch: Stretch; readonly ticks: number }[] = [];

  /** Of the one that was made last: those of the next one are likely among them. */
  private stepping: Stepping | undefined;

  /** @param bytes that all of them may hold */
  constructor(runs: Runs, bytes = MOST_BYTES) {
    this.runs = runs;
    this.bytes = bytes;
  }

  /** The stretch that has an instruction, and its number in it. */
  at(mark: Mark): Known | undefined {
    for (const [i, one] of this.made.entries()) {
      const index = one.stretch.indexOf(mark);
      if (index < 0) continue;
      this.made.splice(i, 1);
      this.made.push(one);
      return { stretch: one.stretch, index };
    }
    return undefined;
  }

  /**
   * Makes a stretch, mostly of what comes before an instruction, or after it. Two replays, or one where the same
   * functions run as in the one that was made last.
   * @returns undefined where the run does not come there
   */
  async make(around: Mark, side: 'before' | 'after', onEvent: OnEvent): Promise<Known | undefined> {
    const ticks = this.ticksNear(around);
    const ahead = Math.ceil(ticks * BEHIND);
    const [before, after] = side === 'before' ? [ticks, ahead] : [ahead, ticks];
    const plan: StretchPlan = {
      from: around.tick - before,
      around,
      until: around.tick + after,
    };
    const stepping = this.stepping ?? (await this.learn(plan, onEvent));
    const stretch = await this.record(plan, stepping, onEvent);
    if (stretch === undefined) return undefined;
    this.made.push({ stretch, ticks });
    this.forget();
    return { stretch, index: stretch.indexOf(around) };
  }

  /** More where it joins one that there is: whoever goes on that way comes further at once. */
  private ticksNear(around: Mark): number {
    let ticks: number = TICKS.first;
    for (const { stretch, ticks: had } of this.made) {
      const first = stretch.markAt(0);
      const last = stretch.markAt(stretch.count - 1);
      const joins =
        around.tick >= first.tick - 1 &&
        around.tick <= last.tick + 1 &&
        compareMarks(first, last) < 0;
      if (joins) ticks = Math.max(ticks, Math.min(TICKS.most, had * TICKS.growth));
    }
    return ticks;
  }

  private async learn(plan: StretchPlan, onEvent: OnEvent): Promise<Stepping> {
    const { runs } = this;
    const program = runs.programs.get({ steps: new Set(), breaks: new Set(), watch: false });
    const switches = runs.target.instance === undefined;
    const learner = new StretchLearner(plan, NOTHING_STEPS, switches, () => run, runs);
    const pass = learningPass(plan, learner, () => run);
    const run: ProbeRun = new ProbeRun(runs.target, program, pass.events, onEvent);
    const ended = (await run.run()) === 'ended';
    return pass.missing(ended) ?? NOTHING_STEPS;
  }

  /** @param likely what is expected to step in it */
  private async record(
    plan: StretchPlan,
    likely: Stepping,
    onEvent: OnEvent,
  ): Promise<Stretch | undefined> {
    const { runs } = this;
    // of a component, others may write to the same memory
    const follows = runs.target.instance === undefined;
    const limits: StretchLimits = {
      instructions: INSTRUCTIONS,
      memory: this.bytes / 2,
      changes: this.bytes / 16,
    };
    for (let stepping = likely; ; ) {
      const { all, early } = stepping;
      const watch = follows ? 'steps' : false;
      const program = runs.programs.get({ steps: all, breaks: new Set(), watch });
      const given = { ...program, follows };
      const switches = program.patch !== undefined;
      const learner = new StretchLearner(plan, stepping, switches, () => run, runs);
      const pass = recordingPass(plan, limits, learner, () => run, given, runs.functionAt);
      const run: ProbeRun = new ProbeRun(runs.target, program, pass.events, onEvent, early);
      const ended = (await run.run()) === 'ended';
      const more = pass.missing(ended);
      if (more === undefined) {
        this.stepping = all.size > MOST_STEPPING ? undefined : { ...stepping, ticks: new Set() };
        return pass.stretch(ended);
      }
      stepping = more;
    }
  }

  private forget(): void {
    let total = this.made.reduce((sum, { stretch }) => sum + stretch.held, 0);
    while (this.made.length > 1 && (this.made.length > KEPT || total > this.bytes)) {
      total -= this.made.shift()?.stretch.held ?? 0;
    }
  }
}
