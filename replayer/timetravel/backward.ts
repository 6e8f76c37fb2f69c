/**
 * Motions backwards: a replay up to a mark that remembers the last instruction of interest before it. Those
 * by instruction and line look at a window of ticks before the mark, and at 16 times as many for as long as
 * that does not tell.
 */
import type { SourceLines } from '../source/source-lines.ts';
import { INNERMOST, inlineLevel, lineAt } from './goals.ts';
import { LineRuns } from './line-runs.ts';
import { type Mark, sameMark } from './mark.ts';
import type { Points, Reason } from './motions.ts';
import type { PointRules } from './point-rules.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';
import { WatchPoints } from './watch-points.ts';

/** What is looked for among the instructions of a window. One for each window. */
export interface Search {
  /** Greatest depth of frames whose instructions matter. */
  readonly limit: number;
  /** Whether every function in frames of at most `limit` matters, or only those of the stack and `enters`. */
  readonly all: boolean;
  /**
   * Of a component, unless `all`: whether besides the stack of the mark what ran before it began matters.
   * Other stacks that were there besides do not.
   */
  readonly before: boolean;
  /** Of a component: the window begins before the stack of the mark does. */
  fromBeginning?(): void;
  enters?(func: number): boolean;
  visit(at: Mark): void;
  /** Once the mark is reached. @returns `earlier`: before the window; undefined: nowhere */
  found(): Mark | 'earlier' | undefined;
}

/** @param fromStart whether the window begins with the run */
export type MakeSearch = (fromStart: boolean) => Search;

/** The last instruction in frames of at most `limit`. */
export function lastWithin(limit: number, all: boolean): MakeSearch {
  return (fromStart) => {
    let last: Mark | undefined;
    return {
      limit,
      all,
      before: true,
      visit: (at) => {
        last = at;
      },
      found: () => last ?? (fromStart ? undefined : 'earlier'),
    };
  };
}

/** The beginning of the line at `from`, or of the one before. */
export function lineBefore(
  lines: SourceLines,
  functionAt: (pc: number) => number,
  from: Mark,
  { into }: { readonly into: boolean },
): MakeSearch {
  const level = into ? INNERMOST : inlineLevel(lines, from.pc);
  const line = (at: Mark) => lineAt(lines, at.pc, at.depth === from.depth ? level : INNERMOST);
  return (fromStart) => {
    const runs = new LineRuns(fromStart);
    const visit = (at: Mark) => runs.visit(at, line(at), lines.has(functionAt(at.pc)));
    return {
      limit: into ? from.depth + 1 : from.depth,
      all: false,
      before: false,
      fromBeginning: () => runs.begin(),
      ...(into && { enters: (func: number) => lines.has(func) }),
      visit,
      found: () => {
        visit(from);
        return runs.back(into);
      },
    };
  };
}

export interface BackwardPass {
  readonly events: ProbeEvents;
  /** Functions that must be looked at: the same again with them. */
  readonly missing: ReadonlySet<number>;
}

/**
 * A window.
 * @param from first tick that is looked at; below 1, all
 * @param to undefined: the end of the run
 * @param stack that of `to`: depths are those of its frames, and of what ran before it began
 */
export function windowPass(
  {
    from,
    to,
    stack,
    search,
  }: {
    readonly from: number;
    readonly to: Mark | undefined;
    readonly stack: number | undefined;
    readonly search: Search;
  },
  run: () => ProbeRun,
  steps: ReadonlySet<number>,
  functionAt: (pc: number) => number,
): BackwardPass {
  const missing = new Set<number>();
  let begun = false;
  const need = (func: number) => {
    if (!steps.has(func)) missing.add(func);
  };
  /** Of a component, whether the stack that runs is another one that was there besides. */
  const isOther = () => !search.all && run().stack !== stack && !isEarlier();
  const isEarlier = () =>
    search.before && stack !== undefined && run().stack !== stack && run().event < stack;
  const looksAtAll = () => search.all || isEarlier();
  const begin = () => {
    begun = true;
    if (stack !== undefined && run().event < stack) search.fromBeginning?.();
    // the mark itself must be seen, too
    run().arm(Math.max(search.limit, to?.depth ?? 0));
    enterStack();
  };
  const enterStack = () => {
    if (isOther()) return;
    const funcs = run().functions();
    const deepest = funcs[search.limit - 1];
    if (looksAtAll()) for (const func of funcs.slice(0, search.limit)) need(func);
    // the window may begin inside of a call
    else if (deepest !== undefined && search.enters?.(deepest)) need(deepest);
    if (looksAtAll() || search.enters) run().wantTick(run().tick + 1);
  };
  const events: ProbeEvents = {
    begin: () => (from < 1 ? begin() : run().wantTick(from)),
    ticked: (at) => {
      if (!begun) begin();
      if (isOther()) return;
      const func = functionAt(at.pc);
      const all = looksAtAll();
      if (all ? at.depth <= search.limit : at.depth === search.limit && search.enters?.(func)) {
        need(func);
      }
      if (all) run().wantTick(at.tick + 1);
    },
    switched: () => {
      if (run().stack === undefined) return;
      if (begun) enterStack();
      else if (run().tick >= from) begin();
    },
    stop: (at) => {
      if (to !== undefined && sameMark(at, to)) run().leave();
      if (!begun || at.depth > search.limit || isOther()) return;
      search.visit(at);
      // a function that is called from here begins with the next tick
      if (search.enters && at.depth < search.limit) run().wantTick(run().tick + 1);
    },
    beyond: () => {
      if (to === undefined) run().leave(new Error('the end of a run that has none'));
    },
  };
  return { events, missing };
}

/** Tells the rules of all points that the run meets before a mark. */
export function pointsBefore(
  points: Points,
  rules: PointRules,
  to: Mark,
  run: () => ProbeRun,
): ProbeEvents {
  const breaks = new Set(points.breaks);
  const met = (reason: Reason, at: Mark, pc?: number) =>
    rules.remember(reason, at, () => run().stopped(pc));
  // the frame that accesses memory has not stored its locals
  const watches = new WatchPoints(run, points.watches, (hit) => met(hit, hit.mark)).events;
  return {
    ...watches,
    begin: () => {
      watches.begin?.();
      run().wantTick(to.tick);
    },
    ticked: () => run().arm(to.depth),
    switched: () => {
      if (run().tick === to.tick) run().arm(to.depth);
    },
    stop: (at) => {
      if (sameMark(at, to)) run().leave();
      if (breaks.has(at.pc)) met({ kind: 'break', pc: at.pc }, at, at.pc);
    },
    calling: (at, name) => {
      watches.calling?.(at, name);
      if (points.calls.includes(name) || points.calls.includes('*')) {
        met({ kind: 'call', name }, at, at.pc);
      }
    },
  };
}
