/**
 * A motion forwards: one replay that goes to a mark and on, until a goal or a point stops it. A function
 * whose instructions matter and were not made to be looked at makes it begin again.
 */
import type { Goal } from './goals.ts';
import { type Mark, sameMark } from './mark.ts';
import type { Points, Reason } from './motions.ts';
import type { Met, PointRules } from './point-rules.ts';
import { type Position, positionOf } from './position.ts';
import { ANY_DEPTH, type ProbeEvents, type ProbeRun } from './probe-run.ts';
import type { Returned } from './returned.ts';
import { type WatchHit, WatchPoints } from './watch-points.ts';

/** Function entries and rounds of loops past the end of an interrupted recording, before it is left. */
const BEYOND_TICKS = 1 << 24;

const MOVED: Reason = { kind: 'moved' };
const BEYOND: Reason = { kind: 'beyond' };

export interface ForwardQuery {
  /** A mark that the run comes to; `start` or the event after which the goal counts. */
  readonly from: Mark | { readonly event: number };
  /** A new one for each pass. */
  readonly goal: () => Goal;
  readonly points: Points;
  /** Whether it goes out of a function of which is to be told what it returns. */
  readonly tellsResult?: boolean | undefined;
}

export interface Reached {
  readonly position: Position;
  /** All that was met there, in order. */
  readonly met: readonly Met[];
  readonly returned?: Returned | undefined;
}

export interface ForwardPass {
  readonly events: ProbeEvents;
  readonly outcome: () => {
    /** Undefined where the run ended before. */
    readonly reached: Reached | undefined;
    /** Functions that must be looked at: begin again with them. */
    readonly missing: ReadonlySet<number>;
    /** Whether the run came to where the motion begins. */
    readonly begun: boolean;
    /** Met by what the host read for a call with which the run ended: no instruction stands behind it. */
    readonly unanswered: Reached['met'];
  };
}

export interface ForwardCode {
  /** Functions whose instructions can be looked at. */
  readonly steps: ReadonlySet<number>;
  readonly functionAt: (pc: number) => number;
  /** Whether an instruction may call the host. */
  readonly mayCall: (pc: number) => boolean;
}

/**
 * @param rules of the points
 * @param run gives the run, once there is one
 */
export function forwardPass(
  { from, goal: makeGoal, points, tellsResult }: ForwardQuery,
  rules: PointRules,
  run: () => ProbeRun,
  { steps, functionAt, mayCall }: ForwardCode,
): ForwardPass {
  const goal = makeGoal();
  const missing = new Set<number>();
  const breaks = new Set(points.breaks);
  let reached: Reached | undefined;
  let begun = false;
  /** Met by what was done, and shown at the next instruction. */
  const found: Met[] = [];
  /** Where the motion ends: what the instruction there calls may be one of the points. */
  let deciding: Reached | undefined;
  /** The run has ended: nobody can be looked at. */
  let over = false;
  let beyondFrom: number | undefined;
  /** Of a component, the stack on which the motion began, as long as it is there: goals are about its frames. */
  let own: number | undefined;

  const need = (funcs: readonly number[]) => {
    for (const func of funcs) if (!steps.has(func)) missing.add(func);
    if (missing.size > 0) run().leave();
  };
  /** Greatest depth of frames to look at, on the stack that runs. */
  const limitNow = () => {
    if (found.length > 0) return ANY_DEPTH;
    return own === undefined || goal.anyStack || run().stack === own ? goal.limit : 0;
  };
  /** Looks at instructions as the goal wants it; with a reason, at any. */
  const look = () => {
    const limit = limitNow();
    run().arm(limit);
    if (limit > 0) run().wantTick(run().tick + 1);
  };
  const begin = () => {
    begun = true;
    own = run().stack;
    lookAtStack();
  };
  const lookAtStack = () => {
    const limit = limitNow();
    if (limit > 0) need(run().functions().slice(0, limit));
    look();
  };
  const isFrom = (at: Mark) => 'pc' in from && sameMark(at, from);
  const end = (where: Reached) => {
    reached = { ...where, met: rules.inOrder(where.met) };
    run().leave();
  };
  /** Ends the motion, once what comes next is known. */
  const arrive = (at: Mark, met: readonly Met[]) => {
    const isThere = tellsResult && met.some(({ reason }) => reason === MOVED);
    const returned = isThere ? run().returned(steps) : undefined;
    const there = { position: positionOf(run(), at), met, returned };
    if (points.calls.length === 0 || !mayCall(at.pc)) end(there);
    // others may write to the memory of a component meanwhile
    const { position } = there;
    const memory = run().stack === undefined ? position.memory : position.memory.slice();
    deciding = { ...there, position: { ...position, memory } };
    run().arm(ANY_DEPTH);
    run().wantTick(run().tick + 1);
  };
  /** What comes next is no call of the host's. */
  const decide = () => {
    if (deciding !== undefined) end(deciding);
  };
  const accessed = (hit: WatchHit) => {
    if (!begun) return;
    // the frame that does it has not stored its locals
    stopSoon(rules.meet(hit, hit.mark, () => run().stopped()));
  };
  const stopSoon = (met: readonly Met[]) => {
    const isFirst = found.length === 0;
    found.push(...met);
    if (!isFirst || met.length === 0 || over) return;
    need(run().functions());
    look();
  };
  const watch = new WatchPoints(run, points.watches, accessed);
  const watching = watch.events;

  const events: ProbeEvents = {
    ...watching,
    begin: () => {
      watching.begin?.();
      if ('pc' in from) run().wantTick(from.tick);
      else if (from.event < 0) begin();
    },
    ticked: (at) => {
      decide();
      if (!begun) {
        if ('pc' in from && at.tick === from.tick) run().arm(from.depth);
        return;
      }
      const func = functionAt(at.pc);
      const limit = limitNow();
      if (at.depth <= limit) {
        need([func]);
        run().wantTick(at.tick + 1);
      } else if (at.depth === limit + 1 && limit > 0 && goal.enters?.(func, at.depth)) {
        need([func]);
        look();
      }
    },
    stop: (at) => {
      decide();
      if (!begun) {
        if (isFrom(at)) begin();
        return;
      }
      const met = [...found];
      if (breaks.has(at.pc)) {
        met.push(...rules.meet({ kind: 'break', pc: at.pc }, at, () => run().stopped(at.pc)));
      }
      const inReach = at.depth <= limitNow();
      if (met.length > 0) arrive(at, met);
      else if (inReach && goal.reaches(at)) arrive(at, [{ reason: MOVED, mark: at }]);
      else if (inReach) look();
    },
    switched: () => {
      decide();
      if (run().stack === undefined) return;
      if (begun) lookAtStack();
      else if ('pc' in from && run().tick === from.tick) run().arm(from.depth);
    },
    stackEnded: (stack) => {
      if (stack === own) own = undefined;
    },
    calling: (at, name) => {
      if (deciding !== undefined && !sameMark(at, deciding.position.mark)) decide();
      watching.calling?.(at, name);
      const isAsked = points.calls.includes(name) || points.calls.includes('*');
      const met =
        // of a component, others call the host, too
        begun && (found.length === 0 || deciding) && isAsked && !isFrom(at)
          ? rules.meet({ kind: 'call', name }, at, () => run().stopped(at.pc))
          : [];
      const before = deciding?.met.filter(({ reason }) => reason !== MOVED) ?? [];
      if (met.length > 0) end({ position: positionOf(run(), at), met: [...before, ...met] });
      decide();
    },
    passed: (event) => {
      watching.passed?.(event);
      if (!begun && !('pc' in from) && event >= from.event) begin();
    },
    beyond: (at) => {
      if (!begun || found.length > 0) return;
      beyondFrom ??= at.tick;
      if (at.tick - beyondFrom > BEYOND_TICKS) stopSoon([{ reason: BEYOND, mark: at }]);
    },
  };
  const outcome = () => {
    over = true;
    reached ??= deciding;
    if (reached === undefined && missing.size === 0) watch.ended();
    return { reached, missing, begun, unanswered: rules.inOrder(found) };
  };
  return { events, outcome };
}
