/**
 * Breakpoints, watchpoints and catchpoints as those who set them see them: numbered, counted, switched on and
 * off. Pure; a debugger keeps the list.
 */
import type { StackFrame } from '../session/messages.ts';
import type { ConditionOf } from './messages.ts';
import type { Arrival, PointRule, Points, Watch } from './motions.ts';

export type StopWhat =
  | { readonly kind: 'breakpoint'; readonly frames: readonly StackFrame[] }
  /** `name`: the expression that it was set on, and its type; undefined for bytes. */
  | {
      readonly kind: 'watchpoint';
      readonly watch: Watch;
      readonly name: string | undefined;
      readonly type?: string | undefined;
    }
  /** A host call; `*` is any. */
  | { readonly kind: 'catchpoint'; readonly call: string };

export interface StopState {
  readonly number: number;
  readonly enabled: boolean;
  /** Deleted when it is met. */
  readonly once: boolean;
  readonly condition: string | undefined;
  /** Hits that are passed over yet. */
  readonly ignore: number;
  /** Hits so far, those that were passed over included. */
  readonly hits: number;
}

export type StopPoint = StopWhat & StopState;

export function newStopPoint(
  what: StopWhat,
  number: number,
  { once = false, condition }: { once?: boolean; condition?: string | undefined } = {},
): StopPoint {
  return { ...what, number, enabled: true, once, condition, ignore: 0, hits: 0 };
}

/** What is to stop a motion. */
export function activePoints(list: readonly StopPoint[]): Points {
  const active = list.filter(({ enabled }) => enabled);
  const watches = active.flatMap((one) => (one.kind === 'watchpoint' ? [one.watch] : []));
  const rules = active.map((one): PointRule => {
    const { number, condition, ignore: skip } = one;
    return {
      number,
      on: triggerOf(one, watches),
      skip,
      ...(condition !== undefined && { condition }),
    };
  });
  return {
    breaks: active.flatMap((one) => (one.kind === 'breakpoint' ? pcsOf(one.frames) : [])),
    calls: active.flatMap((one) => (one.kind === 'catchpoint' ? [one.call] : [])),
    watches,
    rules,
  };
}

function triggerOf(point: StopPoint, watches: readonly Watch[]): PointRule['on'] {
  switch (point.kind) {
    case 'breakpoint':
      return { kind: 'break', pcs: pcsOf(point.frames) };
    case 'catchpoint':
      return { kind: 'call', name: point.call };
    case 'watchpoint':
      return { kind: 'watch', watch: watches.indexOf(point.watch) };
  }
}

function pcsOf(frames: readonly StackFrame[]): number[] {
  return frames.map(({ offset }) => offset);
}

/** The list after a motion: hits are counted, what was passed over is no more, what was there once is gone. */
export function afterMotion(list: readonly StopPoint[], arrival: Arrival): readonly StopPoint[] {
  const counted = new Map(arrival.hits?.map(({ number, hits }) => [number, hits]));
  const met = new Set([arrival, ...(arrival.others ?? [])].map(({ rule }) => rule));
  return list.flatMap((point) => {
    const hits = counted.get(point.number) ?? 0;
    if (point.once && met.has(point.number)) return [];
    if (hits === 0) return [point];
    return [{ ...point, hits: point.hits + hits, ignore: Math.max(0, point.ignore - hits) }];
  });
}

/** What its condition may name. */
export function conditionOf(point: StopPoint): ConditionOf {
  switch (point.kind) {
    case 'breakpoint':
      return { kind: 'break', pcs: pcsOf(point.frames) };
    case 'watchpoint':
      return { kind: 'watch', length: point.watch.length };
    case 'catchpoint':
      return { kind: 'call' };
  }
}
