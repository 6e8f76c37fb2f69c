/** Motions forwards, each by one or more replays; and to an event, in whichever direction. */
import type { Look } from '../values/look.ts';

import { behindCallPass } from './behind-call.ts';
import type { Ending } from './ending.ts';
import { type ForwardQuery, forwardPass } from './forward.ts';
import { NEXT_INSTRUCTION } from './goals.ts';
import { mayCallHost } from './host-calls.ts';
import { sameMark } from './mark.ts';
import type { Arrival, Points } from './motions.ts';
import { causeOf, PointRules } from './point-rules.ts';
import type { Position } from './position.ts';
import { notThere, type Positions } from './positions.ts';
import type { ProbeRun } from './probe-run.ts';
import { NO_POINTS, type OnEvent, type Runs } from './runs.ts';

export class Forwards {
  private readonly runs: Runs;
  private readonly positions: Positions;
  private readonly ending: Ending;
  private readonly look: Look;

  constructor(runs: Runs, positions: Positions, ending: Ending, look: Look) {
    this.runs = runs;
    this.positions = positions;
    this.ending = ending;
    this.look = look;
  }

  async start(onEvent: OnEvent): Promise<Arrival> {
    return { ...(await this.toEvent(-1, onEvent)), reason: { kind: 'start' } };
  }

  async toEvent(event: number, onEvent: OnEvent): Promise<Arrival> {
    const position = await this.behindCall(event, onEvent);
    if (position !== undefined) {
      this.positions.latest = position;
      return { mark: position.mark, reason: { kind: 'moved' } };
    }
    return this.to({ from: { event }, goal: () => NEXT_INSTRUCTION, points: NO_POINTS }, onEvent);
  }

  /** Right after an event that is a call of the guest's which returned; undefined for others. */
  private async behindCall(event: number, onEvent: OnEvent): Promise<Position | undefined> {
    // of a component, an event may be another one's
    if (event < 0 || this.runs.target.instance !== undefined) return undefined;
    const [found] = this.runs.target.trace.events(event, event + 1);
    if (found?.kind !== 'call') return undefined;
    const pass = behindCallPass(event, this.runs.layout, () => run);
    const run: ProbeRun = this.runs.newRun(new Set(), NO_POINTS, pass.events, onEvent);
    await run.run();
    return pass.found();
  }

  /** Where a motion forwards ends; at the end of the run, if nothing stops it before. */
  async to(query: ForwardQuery, onEvent: OnEvent): Promise<Arrival> {
    const { from, points } = query;
    const steps = new Set('pc' in from ? [this.runs.functionAt(from.pc)] : []);
    // most motions go on in these: a replay less that finds out
    if (this.positions.latest && 'pc' in from && sameMark(this.positions.latest.mark, from)) {
      for (const func of this.positions.latest.functions) steps.add(func);
    }
    const { functionAt } = this.runs;
    const mayCall = (pc: number) => mayCallHost(this.runs.layout, pc);
    for (;;) {
      const rules = new PointRules(points, this.look);
      const pass = forwardPass(query, rules, () => run, { steps, functionAt, mayCall });
      const run = this.runs.newRun(steps, points, pass.events, onEvent);
      await run.run();
      const { reached, missing, begun, unanswered } = pass.outcome();
      if (reached !== undefined) this.positions.latest = reached.position;
      if (reached !== undefined || missing.size === 0) {
        if ('pc' in from && !begun) throw notThere(from);
        const mark = reached?.position.mark ?? (await this.ending.lastMark(onEvent));
        const cause = causeOf(reached?.met ?? unanswered) ?? { reason: { kind: 'end' } };
        const returned = cause.reason.kind === 'moved' ? reached?.returned : undefined;
        return { ...cause, mark, ...(returned && { returned }), ...told(points, rules) };
      }
      for (const func of missing) steps.add(func);
    }
  }
}

export function told(points: Points, { hits }: PointRules): Pick<Arrival, 'hits'> {
  return points.rules === undefined ? {} : { hits };
}
