/**
 * Moves through a run by instructions, lines, functions, breakpoints and watchpoints, in both directions.
 * Where one stands is a mark; each motion is computed by replays from the beginning, which leave a guest
 * there that can be looked at. Runs in the calling thread, which should have a stack as large as a batch
 * replay's.
 */
import { invariant, WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { type ModuleLayout, readLayout } from '../instrument/module-layout.ts';
import { isOverflow, overflowDepth } from '../overflow.ts';
import type { FrameNames } from '../source/frame-names.ts';
import { SourceLines } from '../source/source-lines.ts';
import { Look } from '../values/look.ts';
import { BackSearch, notThere } from './back-search.ts';
import { lastWithin, lineBefore, type MakeSearch, pointsBefore } from './backward.ts';
import { behindCallPass } from './behind-call.ts';
import { type ForwardQuery, forwardPass } from './forward.ts';
import {
  anyWithin,
  type Goal,
  INNERMOST,
  lineAt,
  NEXT_INSTRUCTION,
  NextLine,
  NOWHERE,
} from './goals.ts';
import { type Mark, sameMark } from './mark.ts';
import { type Arrival, type Motion, type Points, type StepSize, watchesReads } from './motions.ts';
import { PassedHits } from './passed-hits.ts';
import { type Met, PointRules } from './point-rules.ts';
import { type Position, positionOf } from './position.ts';
import { ANY_DEPTH, type ProbeEvents, ProbeRun } from './probe-run.ts';
import { Programs } from './programs.ts';
import { endPass } from './run-end.ts';
import type { StoppedGuest } from './state-at.ts';
import { Stretches } from './stretches.ts';
import type { TravelTarget } from './travel-target.ts';
import { type ValueHistory, valueHistoryPass } from './variable-history.ts';

export type OnEvent = (event: number) => void;

const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };
interface WholeRun {
  readonly ticks: number;
  readonly note: string | undefined;
}

export class Engine {
  readonly lines: SourceLines;
  readonly look: Look;
  private readonly target: TravelTarget;
  private readonly trace: TraceReader;
  private readonly names: FrameNames;
  private readonly programs: Programs;
  private readonly functionAt: (pc: number) => number;
  private latest: Position | undefined;
  private last: Mark | undefined;
  private wholeRun: WholeRun | undefined;
  private readonly back: BackSearch;
  private readonly passed = new PassedHits();
  private layout: ModuleLayout | undefined;
  private readonly stretches: Stretches;
  /** Where the last step forwards ended that no stretch had. */
  private steppedTo: Mark | undefined;

  /** @throws WasiRrError as TraceReader.module */
  constructor(target: TravelTarget, names: FrameNames) {
    this.target = target;
    this.trace = target.trace;
    this.names = names;
    this.functionAt = (pc) => this.names.functionAt(pc);
    this.programs = new Programs(target, this.functionAt);
    this.lines = new SourceLines(names);
    this.look = new Look(target.module, names);
    this.stretches = new Stretches({
      program: (plan) => this.programs.get(plan),
      run: (program, events, onEvent) => new ProbeRun(target, program, events, onEvent),
      functionAt: this.functionAt,
      // of a component, others may write to the same memory
      follows: target.instance === undefined,
    });
    this.back = new BackSearch({
      module: target.module,
      hasStacks: target.instance !== undefined,
      functionAt: this.functionAt,
      stretches: this.stretches,
      at: (mark, onEvent) => this.at(mark, onEvent),
      run: (...run) => this.newRun(...run),
      ticks: async (onEvent) => (await this.whole(onEvent)).ticks,
    });
  }

  /**
   * The guest at a mark; kept until the next position.
   * @throws WasiRrError EVENT_NOT_FOUND where the run does not come there; as ProbeRun.run
   */
  async at(mark: Mark, onEvent: OnEvent): Promise<Position> {
    if (this.latest !== undefined && sameMark(this.latest.mark, mark)) return this.latest;
    const position = this.known(mark) ?? (await this.seek(mark, onEvent));
    this.latest = position;
    return position;
  }

  /** @param from undefined for motions that do not begin where one stands; @throws as {@link at} */
  async move(from: Mark | undefined, motion: Motion, onEvent: OnEvent): Promise<Arrival> {
    switch (motion.kind) {
      case 'event':
        return this.toEvent(motion.event, onEvent);
      case 'end':
        return { mark: await this.end(onEvent), reason: { kind: 'moved' } };
      case 'mark':
        await this.at(motion.mark, onEvent);
        return { mark: motion.mark, reason: { kind: 'moved' } };
      case 'continue':
        return motion.reverse
          ? this.continueBack(standing(from), motion.points, onEvent)
          : this.forward(
              { from: standing(from), goal: () => NOWHERE, points: motion.points },
              onEvent,
            );
      case 'step':
        return motion.reverse
          ? this.stepBack(standing(from), motion.size, onEvent)
          : this.step(standing(from), motion.size, motion.points, onEvent);
    }
  }

  private known(mark: Mark): Position | undefined {
    const there = this.stretches.at(mark);
    return there?.stretch.position(there.index);
  }

  private async step(
    from: Mark,
    size: StepSize,
    points: Points,
    onEvent: OnEvent,
  ): Promise<Arrival> {
    const goal = () => this.goalOf(from, size);
    const mark = await this.onStretch(from, goal(), points, onEvent);
    const rules = new PointRules(points, this.look);
    if (mark !== undefined) return { mark, reason: { kind: 'moved' }, ...told(points, rules) };
    const arrival = await this.forward({ from, goal, points }, onEvent);
    this.steppedTo = arrival.mark;
    return arrival;
  }

  /** Where a step ends, if that is known without a run. One step comes seldom alone: the second makes a stretch. */
  private async onStretch(
    from: Mark,
    goal: Goal,
    { breaks, calls, watches }: Points,
    onEvent: OnEvent,
  ): Promise<Mark | undefined> {
    // what a write means to a watchpoint, and a hit to a breakpoint, only a run tells
    if (watches.length > 0) return undefined;
    const again = this.steppedTo !== undefined && sameMark(this.steppedTo, from);
    const there =
      this.stretches.at(from) ??
      (again ? await this.stretches.make(from, 'after', onEvent) : undefined);
    const stops = ({ pc, event }: Mark) =>
      breaks.includes(pc) || (calls.length > 0 && event !== from.event);
    return there?.stretch.on(there.index, goal, this.functionAt, stops);
  }

  private goalOf(from: Mark, size: StepSize): Goal {
    switch (size) {
      case 'instruction':
        return NEXT_INSTRUCTION;
      case 'instruction-over':
        return anyWithin(from.depth);
      case 'out':
        return anyWithin(from.depth - 1);
      default:
        return new NextLine(this.lines, this.functionAt, from, { into: size === 'line' });
    }
  }

  /** @see BackSearch.callOf */
  callOf(from: Mark, level: number, onEvent: OnEvent): Promise<Mark | undefined> {
    return this.back.callOf(from, level, onEvent);
  }

  /**
   * How a value changed that lives in locals, in the activation of a frame at a mark. Two replays.
   * @param level of the frame, 0 the innermost
   * @param valueAt in the innermost frame of a guest; undefined where there is none
   * @throws WasiRrError OPTION_INVALID where the frame's beginning is not known; as {@link at}
   */
  async history(
    to: Mark,
    { level, keep }: { readonly level: number; readonly keep: number },
    valueAt: (guest: StoppedGuest) => string | undefined,
    onEvent: OnEvent,
  ): Promise<ValueHistory> {
    const { functions } = await this.at(to, onEvent);
    const depth = to.depth - level;
    const func = functions[depth - 1];
    const entry =
      this.target.instance === undefined
        ? (await this.back.entries(to, onEvent)).get(depth)
        : undefined;
    if (func === undefined || entry === undefined) {
      throw new WasiRrError(
        'OPTION_INVALID',
        'when this frame was entered cannot be told: of a component, only what lies in memory has a history.',
      );
    }
    const pass = valueHistoryPass(
      { to, depth, entered: entry.tick, keep },
      this.target.module,
      (pc) => lineAt(this.lines, pc, INNERMOST),
      valueAt,
      () => run,
    );
    const steps = new Set([func, this.functionAt(to.pc)]);
    const run: ProbeRun = this.newRun(steps, NO_POINTS, pass.events, onEvent);
    if ((await run.run()) !== 'left') throw notThere(to);
    return pass.found();
  }

  private async stepBack(from: Mark, size: StepSize, onEvent: OnEvent): Promise<Arrival> {
    const mark =
      (this.stepsOut(from, size)
        ? await this.callOf(from, 0, onEvent)
        : await this.back.before(from, this.searchOf(from, size), onEvent, size)) ??
      (await this.beforeStack(from, size, onEvent));
    return mark === undefined ? this.start(onEvent) : { mark, reason: { kind: 'moved' } };
  }

  /** Of a component, from the first line of a stack: what ran last before that stack began. */
  private async beforeStack(from: Mark, size: StepSize, onEvent: OnEvent) {
    const byLine = (size === 'line' || size === 'line-over') && this.hasLine(from);
    if (!byLine || (await this.at(from, onEvent)).stack === undefined) return undefined;
    return this.back.before(from, lastWithin(from.depth, false), onEvent);
  }

  private hasLine({ pc }: Mark): boolean {
    return lineAt(this.lines, pc, INNERMOST) !== undefined;
  }

  /** Out of the function is also how one leaves one without lines. Of a component, stacks may have begun there. */
  private stepsOut(from: Mark, size: StepSize): boolean {
    if (size === 'instruction' || size === 'instruction-over') return false;
    return this.target.instance === undefined && (size === 'out' || !this.hasLine(from));
  }

  private searchOf(from: Mark, size: StepSize): MakeSearch {
    if (size === 'instruction') return lastWithin(ANY_DEPTH, true);
    if (size === 'instruction-over') return lastWithin(from.depth, false);
    if (size === 'out' || !this.hasLine(from)) return lastWithin(from.depth - 1, false);
    return lineBefore(this.lines, this.functionAt, from, { into: size === 'line' });
  }

  private async continueBack(from: Mark, points: Points, onEvent: OnEvent): Promise<Arrival> {
    const { passed } = this;
    const known = passed.before(points, from);
    if (known !== undefined) {
      const arrival = known.met ?? (await this.start(onEvent));
      return { ...arrival, ...(points.rules && { hits: known.hits }) };
    }
    passed.begin();
    const rules = new PointRules(points, this.look, (hit) => passed.add(hit));
    const events = pointsBefore(points, rules, from, () => run);
    // where one stands at a breakpoint, that tells when the run is there
    const steps = points.breaks.includes(from.pc) ? [] : [this.functionAt(from.pc)];
    const run: ProbeRun = this.newRun(new Set(steps), points, events, onEvent);
    if ((await run.run()) !== 'left') throw notThere(from);
    // of a component, one does not come to each hit where it is (inOrder)
    if (this.target.instance === undefined) passed.end(points, from);
    const last = await this.inOrder(rules.last(), onEvent);
    return { ...(last ?? (await this.start(onEvent))), ...told(points, rules) };
  }

  /**
   * Of a component, other guests may have run between a call and its answer: backwards, one comes to what the
   * host wrote from behind, and stops at the last instruction before it.
   */
  private async inOrder(met: Met | undefined, onEvent: OnEvent): Promise<Met | undefined> {
    if (met?.reason.kind !== 'watch' || this.target.instance === undefined) return met;
    const { event } = met.reason;
    if (event === undefined) return met;
    const behind = await this.toEvent(event, onEvent);
    if (behind.reason.kind === 'end') return { ...met, mark: behind.mark };
    const mark = await this.back.before(behind.mark, lastWithin(ANY_DEPTH, true), onEvent);
    return mark === undefined ? met : { ...met, mark };
  }

  private async start(onEvent: OnEvent): Promise<Arrival> {
    return { ...(await this.toEvent(-1, onEvent)), reason: { kind: 'start' } };
  }

  private async toEvent(event: number, onEvent: OnEvent): Promise<Arrival> {
    const position = await this.behindCall(event, onEvent);
    if (position !== undefined) {
      this.latest = position;
      return { mark: position.mark, reason: { kind: 'moved' } };
    }
    return this.forward(
      { from: { event }, goal: () => NEXT_INSTRUCTION, points: NO_POINTS },
      onEvent,
    );
  }

  /** Right after an event that is a call of the guest's which returned; undefined for others. */
  private async behindCall(event: number, onEvent: OnEvent): Promise<Position | undefined> {
    // of a component, an event may be another one's
    if (event < 0 || this.target.instance !== undefined) return undefined;
    const [found] = this.trace.events(event, event + 1);
    if (found?.kind !== 'call') return undefined;
    this.layout ??= readLayout(this.target.module);
    const pass = behindCallPass(event, this.layout, () => run);
    const run: ProbeRun = this.newRun(new Set(), NO_POINTS, pass.events, onEvent);
    await run.run();
    return pass.found();
  }

  /**
   * Of a run that was interrupted, the end of its recording; of a stack overflow that is not come to again, what
   * came before it.
   */
  private async end(onEvent: OnEvent): Promise<Mark> {
    const { outcome } = this.trace.meta;
    const last = this.trace.eventCount - 1;
    if (
      isOverflow(outcome) &&
      !(await this.endAtOnce(onEvent)) &&
      !(await this.comesToOverflow(onEvent))
    ) {
      return (await this.toEvent(last - 1, onEvent)).mark;
    }
    if (outcome?.kind === 'exit' || outcome?.kind === 'trap') return this.lastMark(onEvent);
    return (await this.toEvent(last, onEvent)).mark;
  }

  /** Of a run that ends in a stack overflow, whether a replay ends there too. */
  private async comesToOverflow(onEvent: OnEvent): Promise<boolean> {
    if (overflowDepth(this.trace) === undefined) return false;
    return (await this.whole(onEvent)).note === undefined;
  }

  /** The last instruction of a run that ends. */
  private async lastMark(onEvent: OnEvent): Promise<Mark> {
    const known = this.last ?? (await this.endAtOnce(onEvent));
    if (known) return known;
    if (isOverflow(this.trace.meta.outcome) && !(await this.comesToOverflow(onEvent))) {
      throw new WasiRrError(
        'REPLAY_FAILED',
        'the run ends in a stack overflow at a depth that was not come to again: its last instruction cannot be shown. A breakpoint stops before it.',
      );
    }
    this.last ??= await this.back.before(undefined, lastWithin(ANY_DEPTH, true), onEvent);
    if (this.last !== undefined) return this.last;
    throw new WasiRrError('REPLAY_FAILED', 'no instruction of the guest was ever executed.');
  }

  /** The same where one replay tells, which then leaves the guest there. */
  private async endAtOnce(onEvent: OnEvent): Promise<Mark | undefined> {
    if (this.last !== undefined) return this.last;
    // how many ticks there are is known from the one that did not tell
    if (this.target.instance !== undefined || this.wholeRun !== undefined) return undefined;
    const pass = endPass(this.trace, this.target.module);
    if (pass === undefined) return undefined;
    const points = { ...NO_POINTS, breaks: pass.breaks };
    const run: ProbeRun = this.newRun(
      new Set(),
      points,
      pass.events(() => run),
      onEvent,
    );
    await run.run();
    this.wholeRun = { ticks: run.tick, note: run.note };
    const position = run.note === undefined ? pass.found() : undefined;
    if (position === undefined) return undefined;
    this.latest = position;
    this.last = position.mark;
    return this.last;
  }

  /** Where a motion forwards ends; at the end of the run, if nothing stops it before. */
  private async forward(query: ForwardQuery, onEvent: OnEvent): Promise<Arrival> {
    const { from, points } = query;
    const steps = new Set('pc' in from ? [this.functionAt(from.pc)] : []);
    // most motions go on in these: a replay less that finds out
    if (this.latest && 'pc' in from && sameMark(this.latest.mark, from)) {
      for (const func of this.latest.functions) steps.add(func);
    }
    for (;;) {
      const rules = new PointRules(points, this.look);
      const pass = forwardPass(query, rules, () => run, steps, this.functionAt);
      const run = this.newRun(steps, points, pass.events, onEvent);
      await run.run();
      const { reached, missing, begun, unanswered } = pass.outcome();
      if (reached !== undefined) {
        this.latest = reached.position;
        return { ...reached.met, mark: reached.position.mark, ...told(points, rules) };
      }
      if (missing.size === 0) {
        if ('pc' in from && !begun) throw notThere(from);
        return {
          mark: await this.lastMark(onEvent),
          ...(unanswered ?? { reason: { kind: 'end' } }),
          ...told(points, rules),
        };
      }
      for (const func of missing) steps.add(func);
    }
  }

  /** How many ticks the run has, and what is to be known of its end. One replay, once. */
  private async whole(onEvent: OnEvent): Promise<WholeRun> {
    if (this.wholeRun !== undefined) return this.wholeRun;
    const run: ProbeRun = this.newRun(
      new Set(),
      NO_POINTS,
      { beyond: () => run.leave(new Error('the end of a run that has none')) },
      onEvent,
    );
    await run.run();
    this.wholeRun = { ticks: run.tick, note: run.note };
    return this.wholeRun;
  }

  private async seek(mark: Mark, onEvent: OnEvent): Promise<Position> {
    const func = this.functionAt(mark.pc);
    let position: Position | undefined;
    const run: ProbeRun = this.newRun(
      this.back.stepped.has(func) ? this.back.stepped : new Set([func]),
      NO_POINTS,
      {
        begin: () => run.wantTick(mark.tick),
        ticked: () => run.arm(mark.depth),
        switched: () => {
          if (run.tick === mark.tick) run.arm(mark.depth);
        },
        stop: (at) => {
          if (!sameMark(at, mark)) return;
          position = positionOf(run, at);
          run.leave();
        },
      },
      onEvent,
    );
    await run.run();
    if (position === undefined) throw notThere(mark);
    return position;
  }

  private newRun(
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
}

function standing(from: Mark | undefined): Mark {
  invariant(from, 'a motion from nowhere');
  return from;
}

function told(points: Points, { hits }: PointRules): Pick<Arrival, 'hits'> {
  return points.rules === undefined ? {} : { hits };
}
