/**
 * Which hits of breakpoints, watchpoints and catchpoints count: conditions, and how many are passed over.
 * Forwards the first that counts ends a motion; backwards the last.
 */
import { baseType } from '../values/expressions/base-types.ts';
import type { Look } from '../values/look.ts';
import { computed, type Value } from '../values/value.ts';
import { whyNot } from '../values/variable-rows.ts';
import type { Mark } from './mark.ts';
import type { PointHits, PointRule, Points, Reason } from './motions.ts';
import type { StoppedGuest } from './state-at.ts';

/** A hit that counts. */
export interface Met {
  readonly mark: Mark;
  readonly reason: Reason;
  /** Number of its rule; undefined without rules. */
  readonly rule: number | undefined;
  /** Why its condition could not be tested. */
  readonly problem: string | undefined;
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
  private order = 0;
  private latest: Met | undefined;
  private readonly onHit: (hit: readonly Met[]) => void;

  /** @param onHit told, backwards, of each hit that counts for some rules: what it means to each */
  constructor(points: Points, look: Look, onHit: (hit: readonly Met[]) => void = () => {}) {
    this.onHit = onHit;
    this.points = points;
    this.look = look;
    this.rules = points.rules?.map((rule) => ({ rule, hits: 0, last: [] }));
  }

  /** Forwards. @returns undefined for a hit that does not count */
  first(reason: Reason, mark: Mark, guest: () => StoppedGuest): Met | undefined {
    if (this.rules === undefined) return { reason, mark, rule: undefined, problem: undefined };
    let found: Met | undefined;
    for (const counted of this.rules) {
      const tested = this.test(counted.rule, reason, guest);
      if (tested === undefined) continue;
      counted.hits++;
      if (counted.hits <= (counted.rule.skip ?? 0) && tested.problem === undefined) continue;
      found ??= { reason, mark, rule: counted.rule.number, problem: tested.problem };
    }
    return found;
  }

  /** Backwards: told of all, in their order. */
  remember(reason: Reason, mark: Mark, guest: () => StoppedGuest): void {
    this.order++;
    if (this.rules === undefined) {
      this.latest = { reason, mark, rule: undefined, problem: undefined };
      this.onHit([this.latest]);
      return;
    }
    const hit: Met[] = [];
    for (const counted of this.rules) {
      const { rule } = counted;
      const tested = this.test(rule, reason, guest);
      if (tested === undefined) continue;
      const met = { reason, mark, rule: rule.number, problem: tested.problem };
      hit.push(met);
      counted.last.push({ met, order: this.order });
      if (counted.last.length > (rule.skip ?? 0) + 1) counted.last.shift();
    }
    if (hit.length > 0) this.onHit(hit);
  }

  /** Backwards: the last one that counts. */
  last(): Met | undefined {
    if (this.rules === undefined) return this.latest;
    let found: { readonly met: Met; readonly order: number } | undefined;
    for (const { rule, last } of this.rules) {
      const [first] = last;
      if (first === undefined || last.length <= (rule.skip ?? 0)) continue;
      if (found === undefined || first.order > found.order) found = first;
    }
    for (const counted of this.rules) {
      const from = found?.order ?? 0;
      counted.hits = counted.last.filter(({ order }) => order >= from).length;
    }
    return found?.met;
  }

  /** How often each was hit on the way, that at the end included. */
  get hits(): readonly PointHits[] {
    return (this.rules ?? []).map(({ rule: { number }, hits }) => ({ number, hits }));
  }

  /** @returns undefined where the rule is not met */
  private test(
    { on, condition }: PointRule,
    reason: Reason,
    guest: () => StoppedGuest,
  ): { readonly problem: string | undefined } | undefined {
    if (!this.isOn(on, reason)) return undefined;
    if (condition === undefined) return { problem: undefined };
    try {
      const given = reason.kind === 'watch' ? watched(reason) : undefined;
      return this.look.isTrue(guest(), condition, given) ? { problem: undefined } : undefined;
    } catch (thrown) {
      return { problem: whyNot(thrown) };
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
