/**
 * The replays that motions are computed by, each from the beginning of the run, and what is to be known of the
 * whole of it.
 */
import { bodyReader } from '../instrument/body-reader.ts';
import { type ModuleLayout, readLayout } from '../instrument/module-layout.ts';
import { type Points, watchesReads } from './motions.ts';
import { type ProbeEvents, ProbeRun } from './probe-run.ts';
import { Programs } from './programs.ts';
import type { TravelTarget } from './travel-target.ts';

export type OnEvent = (event: number) => void;

export const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };

export interface WholeRun {
  readonly ticks: number;
  /** What is to be known of its end; undefined where it ends as recorded. */
  readonly note: string | undefined;
}

export class Runs {
  readonly target: TravelTarget;
  readonly functionAt: (pc: number) => number;
  readonly programs: Programs;
  /** Functions that the last search looked at: their program is there, and V8 has compiled it. */
  stepped: ReadonlySet<number> = new Set();
  private wholeRun: WholeRun | undefined;
  private known: ModuleLayout | undefined;
  private readonly firsts = new Map<number, number>();

  constructor(target: TravelTarget, functionAt: (pc: number) => number) {
    this.target = target;
    this.functionAt = functionAt;
    this.programs = new Programs(target, functionAt);
  }

  /** Of the module as it was recorded; read once. */
  get layout(): ModuleLayout {
    this.known ??= readLayout(this.target.module);
    return this.known;
  }

  /** The first instruction of a function. */
  readonly firstOf = (func: number): number => {
    let first = this.firsts.get(func);
    if (first === undefined) {
      const reader = bodyReader(this.layout, func - this.layout.importedFunctions);
      reader.next();
      first = reader.start;
      this.firsts.set(func, first);
    }
    return first;
  };

  /** @param steps functions in which each instruction is told of */
  newRun(
    steps: ReadonlySet<number>,
    points: Points,
    events: ProbeEvents,
    onEvent: OnEvent,
  ): ProbeRun {
    const program = this.programs.get({
      steps: new Set(steps),
      breaks: new Set(points.breaks),
      watch: points.watches.length > 0,
      reads: points.watches.some(watchesReads),
    });
    return new ProbeRun(this.target, program, events, onEvent);
  }

  /** A replay whose hooks say themselves what is watched. @param watch whether stores are told of */
  watching(
    {
      steps,
      breaks,
      watch,
    }: {
      readonly steps: Iterable<number>;
      readonly breaks: Iterable<number>;
      readonly watch: boolean;
    },
    events: ProbeEvents,
    onEvent: OnEvent,
  ): ProbeRun {
    const program = this.programs.get({ steps: new Set(steps), breaks: new Set(breaks), watch });
    return new ProbeRun(this.target, program, events, onEvent);
  }

  /** One replay, once. */
  async whole(onEvent: OnEvent): Promise<WholeRun> {
    if (this.wholeRun !== undefined) return this.wholeRun;
    const run: ProbeRun = this.newRun(
      new Set(),
      NO_POINTS,
      { beyond: () => run.leave(new Error('the end of a run that has none')) },
      onEvent,
    );
    await run.run();
    return this.ended(run);
  }

  get knowsWhole(): boolean {
    return this.wholeRun !== undefined;
  }

  /** @param run which went to its end */
  ended({ tick, note }: ProbeRun): WholeRun {
    this.wholeRun = { ticks: tick, note };
    return this.wholeRun;
  }
}
