/**
 * Moves through a run by instructions, lines, functions, breakpoints and watchpoints, in both directions.
 * Where one stands is a mark; each motion is computed by replays from the beginning, which leave a guest
 * there that can be looked at. Runs in the calling thread, which should have a stack as large as a batch
 * replay's.
 */
import { invariant, WasiRrError } from '../../errors.ts';
import type { FrameNames } from '../source/frame-names.ts';
import { SourceLines } from '../source/source-lines.ts';
import type { SeenValue, ValueName } from '../values/followed.ts';
import { Look } from '../values/look.ts';
import type { Radix } from '../values/scalars.ts';
import type { Place } from '../values/scope.ts';
import { Ahead } from './ahead.ts';
import { BackSearch } from './back-search.ts';
import { lastWithin, lineBefore, type MakeSearch, pointsBefore } from './backward.ts';
import { Ending } from './ending.ts';
import { Forwards, told } from './forwards.ts';
import {
  anyWithin,
  type Goal,
  INNERMOST,
  lineAt,
  NEXT_INSTRUCTION,
  NextLine,
  NOWHERE,
} from './goals.ts';
import { Histories, type HistoryQuery, type ValueHistory } from './histories.ts';
import { mayCallHost } from './host-calls.ts';
import { type Mark, sameMark } from './mark.ts';
import { type Arrival, type Motion, type Points, type StepSize, watchesReads } from './motions.ts';
import { PassedHits } from './passed-hits.ts';
import { causeOf, type Met, PointRules } from './point-rules.ts';
import { guestAt, type Position } from './position.ts';
import { notThere, Positions } from './positions.ts';
import { ANY_DEPTH, type ProbeRun } from './probe-run.ts';
import { type OnEvent, Runs } from './runs.ts';
import { Stretches } from './stretches.ts';
import type { TravelTarget } from './travel-target.ts';

export class Engine {
  readonly lines: SourceLines;
  readonly look: Look;
  private readonly runs: Runs;
  private readonly stretches: Stretches;
  private readonly positions: Positions;
  private readonly back: BackSearch;
  private readonly ending: Ending;
  private readonly forwards: Forwards;
  private readonly histories: Histories;
  private readonly passed = new PassedHits();
  readonly ahead: Ahead;
  /** Where the last step forwards ended that no stretch had. */
  private steppedTo: Mark | undefined;

  /**
   * @param keptBytes that may be held of what was stepped through
   * @throws WasiRrError as TraceReader.module
   */
  constructor(target: TravelTarget, names: FrameNames, keptBytes?: number) {
    this.lines = new SourceLines(names);
    this.look = new Look(target.module, names);
    this.runs = new Runs(target, (pc) => names.functionAt(pc));
    this.stretches = new Stretches(this.runs, keptBytes);
    this.positions = new Positions(this.runs, this.stretches);
    this.back = new BackSearch(this.runs, this.stretches, this.positions);
    this.histories = new Histories(this.runs, this.back, this.lines);
    this.ending = new Ending(this.runs, this.positions, this.back);
    this.forwards = new Forwards(this.runs, this.positions, this.ending, this.look);
    this.ahead = new Ahead(this.stretches, (...step) => this.before(...step));
  }

  /** @see Positions.at */
  at(mark: Mark, onEvent: OnEvent): Promise<Position> {
    return this.positions.at(mark, onEvent);
  }

  /** @param from undefined for motions that do not begin where one stands; @throws as {@link at} */
  async move(from: Mark | undefined, motion: Motion, onEvent: OnEvent): Promise<Arrival> {
    const arrival = await this.arrive(from, motion, onEvent);
    this.ahead.moved(arrival.mark, motion);
    return arrival;
  }

  private arrive(from: Mark | undefined, motion: Motion, onEvent: OnEvent): Promise<Arrival> {
    switch (motion.kind) {
      case 'event':
        return this.forwards.toEvent(motion.event, onEvent);
      case 'end':
        return movedTo(this.ending.end(onEvent, this.forwards));
      case 'mark':
        return movedTo(this.at(motion.mark, onEvent).then(({ mark }) => mark));
      case 'continue':
        return motion.reverse
          ? this.continueBack(standing(from), motion.points, onEvent)
          : this.forwards.to(
              { from: standing(from), goal: () => NOWHERE, points: motion.points },
              onEvent,
            );
      case 'step':
        return motion.reverse
          ? this.stepBack(standing(from), motion, onEvent)
          : this.step(standing(from), motion, onEvent);
    }
  }

  private async step(
    from: Mark,
    { size, points, level = 0, tellsResult }: Step,
    onEvent: OnEvent,
  ): Promise<Arrival> {
    const of = level === 0 ? from : await this.inFrame(from, level, onEvent);
    const goal = () => this.goalOf(of, size);
    const mark = tellsResult ? undefined : await this.onStretch(from, goal(), points, onEvent);
    const rules = new PointRules(points, this.look);
    if (mark !== undefined) return { mark, reason: { kind: 'moved' }, ...told(points, rules) };
    const arrival = await this.forwards.to({ from, goal, points, tellsResult }, onEvent);
    this.steppedTo = arrival.mark;
    return arrival;
  }

  /** As if the call that a frame has under way were what comes next. @throws WasiRrError EVENT_NOT_FOUND */
  private async inFrame(from: Mark, level: number, onEvent: OnEvent): Promise<Mark> {
    const frame = (await this.at(from, onEvent)).frames[level];
    if (frame === undefined) throw noFrame(level);
    return { ...from, depth: from.depth - level, pc: frame.pc };
  }

  /** Where a step ends, if that is known without a run. One step comes seldom alone: the second makes a stretch. */
  private async onStretch(
    from: Mark,
    goal: Goal,
    { breaks, calls, watches }: Points,
    onEvent: OnEvent,
  ): Promise<Mark | undefined> {
    if (watches.some(watchesReads)) return undefined;
    const again = this.steppedTo !== undefined && sameMark(this.steppedTo, from);
    const there =
      this.stretches.at(from) ??
      (again ? await this.stretches.make(from, 'after', onEvent) : undefined);
    if (there === undefined) return undefined;
    const { stretch, index } = there;
    const stops = ({ pc, event }: Mark) =>
      breaks.includes(pc) ||
      (calls.length > 0 && (event !== from.event || mayCallHost(this.runs.layout, pc)));
    const to = stretch.on(index, goal, this.runs.functionAt, stops);
    if (to === undefined) return undefined;
    // what a write means to a watchpoint, and a hit to a breakpoint, only a run tells
    return watches.some((one) => stretch.mayMeet(one, index, to)) ? undefined : stretch.markAt(to);
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
        return new NextLine(this.lines, this.runs.functionAt, from, { into: size === 'line' });
    }
  }

  /** @see BackSearch.callOf */
  callOf(from: Mark, level: number, onEvent: OnEvent): Promise<Mark | undefined> {
    return this.back.callOf(from, level, onEvent);
  }

  /**
   * How a value changed until a mark. @see Histories.of
   * @param name what is followed, in a frame at the mark
   * @throws as Look.follow and {@link at}
   */
  async history(
    mark: Mark,
    place: Place,
    name: ValueName,
    { radix, ...query }: Omit<HistoryQuery, 'level'> & { readonly radix: Radix | undefined },
    onEvent: OnEvent,
  ): Promise<ValueHistory & { readonly now: SeenValue }> {
    const position = await this.at(mark, onEvent);
    const followed = this.look.follow(guestAt(position), place, name, radix);
    const asked = { ...query, level: place.level };
    return { ...(await this.histories.of(position, followed, asked, onEvent)), now: followed.now };
  }

  private async stepBack(
    given: Mark,
    { size, level = 0 }: Step,
    onEvent: OnEvent,
  ): Promise<Arrival> {
    // where the frame's call began
    const from = level === 0 ? given : await this.callOf(given, level - 1, onEvent);
    if (from === undefined) throw noFrame(level);
    const foreseen = this.ahead.next(from, size);
    const mark = foreseen ? foreseen.to : await this.before(from, size, onEvent);
    return mark === undefined ? this.forwards.start(onEvent) : { mark, reason: { kind: 'moved' } };
  }

  /** Where a step back leads; undefined where there is nothing before. */
  private async before(from: Mark, size: StepSize, onEvent: OnEvent): Promise<Mark | undefined> {
    // most are followed by another one, and need no stretch where they arrive
    if (this.stepsOut(from, size)) return this.callOf(from, 0, onEvent);
    const mark =
      (await this.back.before(from, this.searchOf(from, size), onEvent, size)) ??
      (await this.beforeStack(from, size, onEvent));
    // it takes about as long as a run that only comes there, and the next step is likely to be known with it
    if (mark !== undefined && this.stretches.at(mark) === undefined) {
      await this.stretches.make(mark, 'before', onEvent);
    }
    return mark;
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
    return this.runs.target.instance === undefined && (size === 'out' || !this.hasLine(from));
  }

  private searchOf(from: Mark, size: StepSize): MakeSearch {
    if (size === 'instruction') return lastWithin(ANY_DEPTH, true);
    if (size === 'instruction-over') return lastWithin(from.depth, false);
    if (size === 'out' || !this.hasLine(from)) return lastWithin(from.depth - 1, false);
    return lineBefore(this.lines, this.runs.functionAt, from, { into: size === 'line' });
  }

  private async continueBack(from: Mark, points: Points, onEvent: OnEvent): Promise<Arrival> {
    const { passed } = this;
    const known = passed.before(points, from);
    if (known !== undefined) {
      const arrival = causeOf(known.met) ?? (await this.forwards.start(onEvent));
      return { ...arrival, ...(points.rules && { hits: known.hits }) };
    }
    passed.begin();
    const rules = new PointRules(points, this.look, (met) => passed.add(met));
    const events = pointsBefore(points, rules, from, () => run);
    // where one stands at a breakpoint, that tells when the run is there
    const steps = points.breaks.includes(from.pc) ? [] : [this.runs.functionAt(from.pc)];
    const run: ProbeRun = this.runs.newRun(new Set(steps), points, events, onEvent);
    if ((await run.run()) !== 'left') throw notThere(from);
    // of a component, one does not come to each hit where it is (inOrder)
    if (this.runs.target.instance === undefined) passed.end(points, from);
    const last = await this.inOrder(causeOf(rules.last()), onEvent);
    return { ...(last ?? (await this.forwards.start(onEvent))), ...told(points, rules) };
  }

  /**
   * Of a component, other guests may have run between a call and its answer: backwards, one comes to what the
   * host wrote from behind, and stops at the last instruction before it.
   */
  private async inOrder<One extends Met>(
    met: One | undefined,
    onEvent: OnEvent,
  ): Promise<One | undefined> {
    if (met?.reason.kind !== 'watch' || this.runs.target.instance === undefined) return met;
    const { event } = met.reason;
    if (event === undefined) return met;
    const behind = await this.forwards.toEvent(event, onEvent);
    if (behind.reason.kind === 'end') return { ...met, mark: behind.mark };
    const mark = await this.back.before(behind.mark, lastWithin(ANY_DEPTH, true), onEvent);
    return mark === undefined ? met : { ...met, mark };
  }
}

type Step = Extract<Motion, { kind: 'step' }>;

function noFrame(level: number): WasiRrError {
  return new WasiRrError('EVENT_NOT_FOUND', `there is no frame ${level} here.`);
}

async function movedTo(mark: Promise<Mark>): Promise<Arrival> {
  return { mark: await mark, reason: { kind: 'moved' } };
}

function standing(from: Mark | undefined): Mark {
  invariant(from, 'a motion from nowhere');
  return from;
}
