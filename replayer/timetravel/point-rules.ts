/**
 * Which hits of breakpoints, watchpoints and catchpoints count: conditions, and how many are passed over.
 * Forwards the first that counts ends a motion; backwards the last.
 */
import { baseType } from '../values/expressions/base-types.ts';
import type { Look } from '../values/look.ts';
import { computed, type Value } from '../values/value.ts';
import { whyNot } from '../values/variable-rows.ts';
import { type Mark, sameMark } from './mark.ts';
import type { Arrival, Cause, PointHits, PointRule, Points, Reason } from './motions.ts';
import type { StoppedGuest } from './state-at.ts';

/** A hit that counts. */
export interface Met extends Cause {
  readonly mark: Mark;
}

interface Counted {
  readonly rule: PointRule;
  hits: number;
  /** The last ones, as many as are passed over and one: oldest first. */
  last: { readonly met: Met; readonly order: number }[];
}

export class PointRules {
  private readonly rules: readonly Counted[] | undefined;
  private readonly points: Points;
  private readonly look: Look;
  /** Backwards: the last place, and how many there were. */
  private place: Met[] = [];
  private order = 0;
  private readonly onPlace: (met: readonly Met[]) => void;

  /** @param onPlace given, backwards, what is met at each place: more may be, until it is given the next one */
  constructor(points: Points, look: Look, onPlace: (met: readonly Met[]) => void = () => {}) {
    this.onPlace = onPlace;
    this.points = points;
    this.look = look;
    this.rules = points.rules?.map((rule) => ({ rule, hits: 0, last: [] }));
  }

  /** Forwards. @returns what it means to each rule for which it counts */
  meet(reason: Reason, mark: Mark, guest: () => StoppedGuest): readonly Met[] {
    if (this.rules === undefined) return [{ reason, mark }];
    const found: Met[] = [];
    for (const counted of this.rules) {
      const met = this.test(counted.rule, reason, mark, guest);
      if (met === undefined) continue;
      counted.hits++;
      if (counted.hits > (counted.rule.skip ?? 0) || met.problem !== undefined) found.push(met);
    }
    return found;
  }

  /** Backwards: told of all, in the order of the run. @param mark where one stands when one comes back to it */
  remember(reason: Reason, mark: Mark, guest: () => StoppedGuest): void {
    const met: Met[] = this.rules === undefined ? [{ reason, mark }] : [];
    const [there] = this.place;
    const isNew =
      there === undefined ||
      !sameMark(there.mark, mark) ||
      lateAnswer(there) !== lateAnswer({ reason, mark });
    const order = isNew ? this.order + 1 : this.order;
    for (const counted of this.rules ?? []) {
      const { rule, last } = counted;
      const one = this.test(rule, reason, mark, guest);
      if (one === undefined) continue;
      met.push(one);
      last.push({ met: one, order });
      if (last.length > (rule.skip ?? 0) + 1) last.shift();
    }
    if (met.length === 0) return;
    this.order = order;
    if (!isNew) this.place.push(...met);
    else {
      this.place = met;
      this.onPlace(met);
    }
  }

  /** Backwards: what counts at the last place where anything does, as {@link inOrder}. */
  last(): readonly Met[] {
    if (this.rules === undefined) return this.inOrder(this.place);
    const counting = this.rules.flatMap(({ rule, last }) =>
      last.length > (rule.skip ?? 0) ? last.slice(0, 1) : [],
    );
    const found = Math.max(0, ...counting.map(({ order }) => order));
    for (const counted of this.rules) {
      counted.hits = counted.last.filter(({ order }) => order >= found).length;
    }
    const met = counting.flatMap(({ met, order }) => (order === found ? [met] : []));
    return this.inOrder(met);
  }

  /** What is met at one place, by number; without rules, by what it is. */
  inOrder(met: readonly Met[]): readonly Met[] {
    return [...met].sort((a, b) => this.numberOf(a) - this.numberOf(b));
  }

  private numberOf({ rule, reason }: Met): number {
    if (rule !== undefined) return rule;
    if (reason.kind === 'watch') return 2 + this.points.watches.indexOf(reason.watch);
    return reason.kind === 'call' ? 1 : 0;
  }

  /** How often each was hit on the way, that at the end included. */
  get hits(): readonly PointHits[] {
    return (this.rules ?? []).map(({ rule: { number }, hits }) => ({ number, hits }));
  }

  /** @returns undefined where the rule is not met */
  private test(
    { number: rule, on, condition }: PointRule,
    reason: Reason,
    mark: Mark,
    guest: () => StoppedGuest,
  ): Met | undefined {
    if (!this.isOn(on, reason)) return undefined;
    const met = { reason, mark, rule, problem: undefined };
    if (condition === undefined) return met;
    try {
      const given = reason.kind === 'watch' ? watched(reason) : undefined;
      return this.look.isTrue(guest(), condition, given) ? met : undefined;
    } catch (thrown) {
      return { ...met, problem: whyNot(thrown) };
    }
  }

  private isOn(on: PointRule['on'], reason: Reason): boolean {
    switch (on.kind) {
      case 'break':
        return reason.kind === 'break' && on.pcs.includes(reason.pc);
      case 'call':
        return reason.kind === 'call' && (on.name === '*' || on.name === reason.name);
      case 'watch':
        return reason.kind === 'watch' && reason.watch === this.points.watches[on.watch];
    }
  }
}

/** Of what the host wrote when others had run since its call (of a component): the event, which is a place of its own. */
function lateAnswer({ reason, mark }: Met): number | undefined {
  const event = reason.kind === 'watch' ? reason.event : undefined;
  return event === mark.event + 1 ? undefined : event;
}

/** As an arrival has it: the first, and what else was met there. */
export function causeOf([first, ...others]: readonly Met[]):
  | (Met & Pick<Arrival, 'others'>)
  | undefined {
  if (first === undefined || others.length === 0) return first;
  return { ...first, others: others.map(({ mark: _, ...cause }) => cause) };
}

/** `$value` and `$old` of a write, as whole numbers. */
function watched({ before, after }: Extract<Reason, { kind: 'watch' }>): Map<string, Value> {
  return new Map([
    ['$value', numberOf(after)],
    ['$old', numberOf(before)],
  ]);
}

function numberOf(bytes: Uint8Array): Value {
  const type = baseType({ 1: 'u8', 2: 'u16', 4: 'int', 8: 'i64' }[bytes.length] ?? '');
  if (type !== undefined) return computed(type, bytes);
  const element = baseType('u8');
  const name = `u8[${bytes.length}]`;
  return computed({ kind: 'array', name, element, count: bytes.length, language: 'c' }, bytes);
}
