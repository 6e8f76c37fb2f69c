/**
 * Finds what lies before an instruction: in the stretches that are known (stretches.ts), else by replays that
 * look at windows of more and more ticks before it.
 */
import { invariant, WasiRrError } from '../../errors.ts';
import { lastWithin, type MakeSearch, windowPass } from './backward.ts';
import { type Entry, entriesPass } from './entries.ts';
import { compareMarks, type Mark } from './mark.ts';
import { notThere, type Positions } from './positions.ts';
import type { ProbeRun } from './probe-run.ts';
import { NO_POINTS, type OnEvent, type Runs } from './runs.ts';
import type { Known, Stretches } from './stretches.ts';

/** Each window is so many times larger than the one before: each costs a run. */
const WINDOW_GROWTH = 256;
/** Part of a stretch in which a motion back is likely to leave it. */
const STRETCH_FRONT = 1 / 8;
/** Functions that are kept in mind (see nearOf). */
const MAX_NEAR = 48;

/** When the functions of the stack at a mark began. */
interface KnownEntries {
  readonly at: Mark;
  readonly entries: ReadonlyMap<number, Entry>;
}

export class BackSearch {
  private readonly runs: Runs;
  private readonly stretches: Stretches;
  private readonly positions: Positions;
  private readonly near = new Map<string, Set<number>>();
  private known: KnownEntries | undefined;

  constructor(runs: Runs, stretches: Stretches, positions: Positions) {
    this.runs = runs;
    this.stretches = stretches;
    this.positions = positions;
  }

  /**
   * The last instruction that a search finds.
   * @param to where it ends; undefined: with the run
   */
  async before(
    to: Mark | undefined,
    make: MakeSearch,
    onEvent: OnEvent,
    kind = 'other',
  ): Promise<Mark | undefined> {
    const near = to === undefined ? undefined : await this.nearBefore(to, make, onEvent, kind);
    return near === undefined || near.found === 'earlier'
      ? this.farBefore(to, near?.ticks ?? 1, make, onEvent, kind)
      : near.found;
  }

  /** The same, as far as it is known without a run, or would be after a stretch more. @returns ticks: looked at */
  private async nearBefore(
    to: Mark,
    make: MakeSearch,
    onEvent: OnEvent,
    size: string,
  ): Promise<{ readonly found: Mark | 'earlier' | undefined; readonly ticks: number }> {
    const search = (there: Known | undefined) =>
      there ? there.stretch.back(there.index, make) : 'earlier';
    let there = this.stretches.at(to);
    let found = search(there);
    // what lies further back than most of a stretch lies behind a long call: another stretch would not tell
    const begins = there !== undefined && there.index < there.stretch.count * STRETCH_FRONT;
    if (there === undefined || (found === 'earlier' && (begins || size === 'instruction'))) {
      there = await this.stretches.make(to, 'before', onEvent);
      found = search(there);
    }
    return { found, ticks: to.tick - (there?.stretch.markAt(0).tick ?? to.tick) };
  }

  /** The same, in windows of more and more ticks. @param ticks of the first */
  private async farBefore(
    to: Mark | undefined,
    ticks: number,
    make: MakeSearch,
    onEvent: OnEvent,
    kind: string,
  ): Promise<Mark | undefined> {
    const end = to?.tick ?? (await this.runs.whole(onEvent)).ticks + 1;
    const near = this.nearOf(kind);
    const there = to && (await this.positions.at(to, onEvent));
    const steps = new Set([...(there?.functions ?? []), ...near]);
    // a stretch has told of so many
    for (let size = Math.max(1, ticks > 1 ? ticks * WINDOW_GROWTH : ticks); ; ) {
      const from = end - size;
      const search = make(from < 1);
      const pass = windowPass(
        { from, to, stack: there?.stack, search },
        () => run,
        steps,
        this.runs.functionAt,
      );
      const run = this.runs.newRun(steps, NO_POINTS, pass.events, onEvent);
      const how = await run.run();
      if (to !== undefined && how !== 'left') throw notThere(to);
      if (pass.missing.size > 0) {
        for (const func of pass.missing) {
          steps.add(func);
          near.add(func);
        }
        continue;
      }
      const found = search.found();
      if (found !== 'earlier') {
        this.runs.stepped = steps;
        return found;
      }
      invariant(from >= 1, 'a search that finds nothing in the whole run');
      size *= WINDOW_GROWTH;
    }
  }

  /**
   * Functions that turned out to matter to motions of this kind before: likely the next one is near, and is
   * spared a replay that would find out again.
   */
  private nearOf(kind: string): Set<number> {
    let near = this.near.get(kind);
    if (near === undefined || near.size > MAX_NEAR) {
      near = new Set();
      this.near.set(kind, near);
    }
    return near;
  }

  /**
   * The call of a frame: its instruction, in the frame that called it.
   * @param level of the frame, 0 the innermost
   * @returns undefined for the outermost
   */
  async callOf(from: Mark, level: number, onEvent: OnEvent): Promise<Mark | undefined> {
    const depth = from.depth - level - 1;
    if (depth < 1) return undefined;
    return (
      (await this.calledAt(from, level, onEvent)) ??
      this.before(from, lastWithin(depth, false), onEvent)
    );
  }

  /** The same, by when the frame was made. @returns undefined where that does not tell */
  private async calledAt(from: Mark, level: number, onEvent: OnEvent): Promise<Mark | undefined> {
    const depth = from.depth - level - 1;
    const near = this.stretches.at(from);
    const found = near?.stretch.back(near.index, lastWithin(depth, false)) ?? 'earlier';
    if (found !== 'earlier') return found;
    // frames of other stacks may be as deep
    if (this.runs.target.instance !== undefined) return undefined;
    const caller = (await this.positions.at(from, onEvent)).frames[level + 1];
    const entry = (await this.entries(from, onEvent)).get(depth + 1);
    if (caller === undefined || entry === undefined) return undefined;
    // nothing lies between a call and the tick with which the function begins
    const mark = { event: entry.event, tick: entry.tick - 1, depth, pc: caller.pc };
    try {
      return (await this.positions.at(mark, onEvent)).mark;
    } catch (thrown) {
      // a function that took the place of the one that was called
      if (thrown instanceof WasiRrError && thrown.code === 'EVENT_NOT_FOUND') return undefined;
      throw thrown;
    }
  }

  /** When the functions of the stack began, by depth. */
  async entries(at: Mark, onEvent: OnEvent): Promise<ReadonlyMap<number, Entry>> {
    if (this.known && isIn(at, this.known)) return this.known.entries;
    const { functions, stack } = await this.positions.at(at, onEvent);
    const pass = entriesPass(at, stack, functions, this.runs.firstOf, () => run);
    const points = { ...NO_POINTS, breaks: [...pass.breaks] };
    const run: ProbeRun = this.runs.newRun(new Set(), points, pass.events, onEvent);
    if ((await run.run()) !== 'left') throw notThere(at);
    if (stack === undefined) this.known = { at, entries: pass.found };
    return pass.found;
  }
}

/** Whether the innermost frame at a mark is one of a known stack: then those that called it are that stack's, too. */
function isIn(mark: Mark, { at, entries }: KnownEntries): boolean {
  const entry = entries.get(mark.depth);
  return entry !== undefined && entry.tick <= mark.tick && compareMarks(mark, at) <= 0;
}
