/** The truth that histories are compared with: an expression in each call of a function, at every instruction of it. */
import type { FrameNames } from '../../../replayer/source/frame-names.ts';
import { readFrames } from '../../../replayer/timetravel/frames.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import { compareMarks, type Mark } from '../../../replayer/timetravel/mark.ts';
import type { LocatedChange } from '../../../replayer/timetravel/messages.ts';
import type { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { Look } from '../../../replayer/values/look.ts';

/** Before an instruction of the function. */
export interface SeenText {
  readonly mark: Mark;
  /** Of the function, from 1. */
  readonly call: number;
  /** Of a component: the event with which the stack began. */
  readonly stack: number | undefined;
  /** Undefined where it has no value. */
  readonly text: string | undefined;
}

/** @param to where it ends */
export async function everyValue(
  target: TravelTarget,
  names: FrameNames,
  func: number,
  expression: string,
  to: Mark,
): Promise<SeenText[]> {
  const look = new Look(target.module, names);
  const seen: SeenText[] = [];
  const calls = new Map<number | undefined, { depth: number; call: number }[]>();
  let stack: number | undefined;
  let count = 0;
  let first: number | undefined;
  await replayInstrumented(
    target,
    { tick: true, frames: 'spill', globals: true, steps: new Set([func]) },
    ({ probes, event, layout, memory, onSwitch }) => {
      onSwitch((now) => {
        stack = now;
      });
      probes.global('armed').value = 0x7fffffff;
      probes.set('stop', (pc, depth) => {
        const tick = -Number(probes.global('ticksLeft').value);
        const mark = { event: event(), tick, depth, pc };
        if (compareMarks(mark, to) > 0) return;
        first ??= pc;
        const own = calls.get(stack) ?? [];
        calls.set(stack, own);
        while ((own.at(-1)?.depth ?? 0) > depth) own.pop();
        if (pc === first) {
          if (own.at(-1)?.depth === depth) own.pop();
          own.push({ depth, call: ++count });
        }
        const top = Number(probes.global('top').value);
        const frames = readFrames(layout, probes.memory('frames').buffer, top, pc);
        const global = (index: number) => probes.own(index)?.value as number | undefined;
        seen.push({
          ...{ mark, stack, call: own.at(-1)?.call ?? 0 },
          text: textOf(() =>
            look.evaluate({ frames, memory: memory(), global }, { level: 0, call: 0 }, expression),
          ),
        });
      });
    },
  );
  return seen;
}

function textOf(evaluate: () => { readonly value: string }): string | undefined {
  try {
    const { value } = evaluate();
    return value.startsWith('<') ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Places where the changes do not give the value that was seen there, once there was a change. */
export function contradictions(
  seen: readonly SeenText[],
  changes: readonly LocatedChange[],
): readonly { readonly seen: SeenText; readonly told: string }[] {
  const found: { seen: SeenText; told: string }[] = [];
  for (const one of seen) {
    const told = changes.findLast(
      ({ mark, activation }) =>
        (activation === undefined || activation.number === one.call) &&
        compareMarks(mark, one.mark) < 0,
    )?.after;
    if (told !== undefined && one.text !== undefined && told !== one.text) {
      found.push({ seen: one, told });
    }
  }
  return found;
}

/** Changes that do not go on from the one before in the same call. */
export function gaps(changes: readonly LocatedChange[]): readonly LocatedChange[] {
  const last = new Map<number | undefined, string>();
  return changes.filter(({ activation, before, after }) => {
    const known = last.get(activation?.number);
    last.set(activation?.number, after);
    return known !== undefined && known !== before;
  });
}

/** How often it was seen to be another one than before, in the same call. */
export function turnsOf(seen: readonly SeenText[]): number {
  const last = new Map<number, string>();
  let count = 0;
  for (const { call, text } of seen) {
    if (text === undefined) continue;
    const known = last.get(call);
    last.set(call, text);
    if (known !== undefined && known !== text) count++;
  }
  return count;
}
