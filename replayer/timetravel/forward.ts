/**
 * A motion forwards: one replay that goes to a mark and on, until a goal or a point stops it. A function
 * whose instructions matter and were not made to be looked at makes it begin again.
 */
import type { Goal } from './goals.ts';
import { type Mark, sameMark } from './mark.ts';
import { type Points, type Reason, watchesReads } from './motions.ts';
import type { Met, PointRules } from './point-rules.ts';
import { type Position, positionOf } from './position.ts';
import { ANY_DEPTH, type ProbeEvents, type ProbeRun } from './probe-run.ts';
import { WatchPoints } from './watch-points.ts';

/** Function entries and rounds of loops past the end of an interrupted recording, before it is left. */
const BEYOND_TICKS = 1 << 24;

const MOVED: Reached['met'] = { reason: { kind: 'moved' }, rule: undefined, problem: undefined };
const BEYOND: Reached['met'] = { reason: { kind: 'beyond' }, rule: undefined, problem: undefined };

export interface ForwardQuery {
  /** A mark that the run comes to; `start` or the event after which the goal counts. */
  readonly from: Mark | { readonly event: number };
  /** A new one for each pass. */
  readonly goal: () => Goal;
  readonly points: Points;
}

export interface Reached {
  readonly position: Position;
  readonly met: Pick<Met, 'reason' | 'rule' | 'problem'>;
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
    readonly unanswered: Reached['met'] | undefined;
  };
}

/**
 * @param rules of the points
 * @param run gives the run, once there is one
 * @param steps functions whose instructions can be looked at
 */
export function forwardPass(
  { from, goal: makeGoal, points }: ForwardQuery,
  rules: PointRules,
  run: () => ProbeRun,
  steps: ReadonlySet<number>,
  functionAt: (pc: number) => number,
): ForwardPass {
  const goal = makeGoal();
  const missing = new Set<number>();
  const breaks = new Set(points.breaks);
  let reached: Reached | undefined;
  let begun = false;
  let watch: WatchPoints | undefined;
  /** Found, and shown at the next instruction. */
  let found: Reached['met'] | undefined;
  let answered: readonly { address: number; length: number }[] = [];
  let asked: readonly { address: number; length: number }[] = [];
  let callMark: Mark | undefined;
  let unanswered: Reached['met'] | undefined;
  let beyondFrom: number | undefined;
  /** Of a component, the stack on which the motion began, as long as it is there: goals are about its frames. */
  let own: number | undefined;

  const need = (funcs: readonly number[]) => {
    for (const func of funcs) if (!steps.has(func)) missing.add(func);
    if (missing.size > 0) run().leave();
  };
  /** Greatest depth of frames to look at, on the stack that runs. */
  const limitNow = () => {
    if (found !== undefined) return ANY_DEPTH;
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
  const arrive = (at: Mark, met: Reached['met'] | undefined) => {
    if (met === undefined) return;
    reached = { position: positionOf(run(), at), met };
    run().leave();
  };
  /** What ends the motion, if this does. */
  const metBy = (reason: Reason, at: Mark) => rules.first(reason, at, () => run().stopped(at.pc));
  /** The frame that does it has not stored its locals. */
  const accessMetBy = (hit: Extract<Reason, { kind: 'watch' }>) =>
    rules.first(hit, hit.mark, () => run().stopped());
  const stopSoon = (met: Reached['met'] | undefined) => {
    if (met === undefined || found !== undefined) return;
    found = met;
    need(run().functions());
    look();
  };

  const readByHost = (at: Mark) => {
    const ranges = asked;
    asked = [];
    if (!begun || found !== undefined) return;
    for (const { address, length } of ranges) {
      for (const hit of watch?.read('host', at, address, length) ?? []) {
        const met = accessMetBy(hit);
        unanswered ??= met;
      }
    }
  };

  const events: ProbeEvents = {
    begin: () => {
      watch = new WatchPoints(run(), points.watches);
      watch.begin();
      if ('pc' in from) run().wantTick(from.tick);
      else if (from.event < 0) begin();
    },
    ticked: (at) => {
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
      if (!begun) {
        if ('pc' in from && sameMark(at, from)) begin();
        return;
      }
      if (found !== undefined) arrive(at, found);
      if (breaks.has(at.pc)) arrive(at, metBy({ kind: 'break', pc: at.pc }, at));
      if (at.depth <= limitNow()) {
        if (goal.reaches(at)) arrive(at, MOVED);
        look();
      }
    },
    switched: () => {
      if (run().stack === undefined) return;
      if (begun) lookAtStack();
      else if ('pc' in from && run().tick === from.tick) run().arm(from.depth);
    },
    stackEnded: (stack) => {
      if (stack === own) own = undefined;
    },
    calling: (at, name) => {
      callMark = at;
      answered = [];
      const isAsked = points.calls.includes(name) || points.calls.includes('*');
      const isFrom = 'pc' in from && sameMark(at, from);
      if (begun && found === undefined && isAsked && !isFrom) {
        arrive(at, metBy({ kind: 'call', name }, at));
      }
      // told before the call, and done by it
      readByHost(at);
    },
    answering: (ranges) => {
      answered = [...answered, ...ranges];
    },
    passed: (event) => {
      stopSoon(unanswered);
      unanswered = undefined;
      for (const { address, length } of answered) {
        if (!callMark) break;
        for (const hit of watch?.wrote('host', callMark, address, length) ?? []) {
          if (begun) stopSoon(accessMetBy({ ...hit, event }));
        }
      }
      answered = [];
      if (!begun && !('pc' in from) && event >= from.event) begin();
    },
    beyond: (at) => {
      if (!begun || found !== undefined) return;
      beyondFrom ??= at.tick;
      if (at.tick - beyondFrom > BEYOND_TICKS) stopSoon(BEYOND);
    },
    ...(points.watches.length > 0 && {
      wrote: (at: Mark, address: number, length: number) => {
        for (const hit of watch?.wrote('guest', at, address, length) ?? []) {
          if (begun) stopSoon(accessMetBy(hit));
        }
      },
    }),
    ...(points.watches.some(watchesReads) && {
      read: (at: Mark, address: number, length: number) => {
        for (const hit of watch?.read('guest', at, address, length) ?? []) {
          if (begun) stopSoon(accessMetBy(hit));
        }
      },
      reading: (_at: Mark, ranges: readonly { address: number; length: number }[]) => {
        asked = ranges;
      },
    }),
  };
  return { events, outcome: () => ({ reached, missing, begun, unanswered }) };
}
