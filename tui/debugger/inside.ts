/** A moment between two calls: where the guest stands, with its stack, and which frame is looked at. */

import type { LinePlace } from '../../replayer/dwarf/line-index.ts';
import { type Mark, sameMark } from '../../replayer/timetravel/mark.ts';
import type { LocatedFrame } from '../../replayer/timetravel/messages.ts';
import type { Reason } from '../../replayer/timetravel/motions.ts';
import { grouped } from '../text/units.ts';
import type { Debugger } from './debugger.ts';

export interface Inside {
  readonly mark: Mark;
  /** Of a component whose guests take turns: the event with which this one was entered. */
  readonly entered?: number | undefined;
  /** Innermost first. */
  readonly stack: readonly LocatedFrame[];
  /** Why it stands here. */
  readonly reason: Reason;
  /** Frame of wasm that is selected, 0 the innermost. */
  readonly level: number;
  /** Which of the calls of the source that stand in it, 0 the innermost. */
  readonly call: number;
}

/** Why the inside of the run cannot be shown at an event. */
export interface InsideProblem {
  readonly position: number;
  readonly text: string;
}

export function selectedFrame({ stack, level }: Inside): LocatedFrame | undefined {
  return stack[level];
}

/** Where the selected call stands in the source. */
export function selectedPlace(inside: Inside): LinePlace | undefined {
  return selectedFrame(inside)?.source[inside.call]?.place;
}

/** `set_name`, or `function 22`. */
export function selectedName(inside: Inside): string {
  const frame = selectedFrame(inside);
  if (frame === undefined) return 'no function';
  const call = frame.source[inside.call];
  const own = call?.inlined ? call.name : frame.name;
  return own ?? call?.name ?? `function ${frame.func}`;
}

/** Selects a frame and call, as far as there are any. */
export function withFrame(inside: Inside, level: number, call = 0): Inside {
  return inside.stack[level] === undefined ? inside : { ...inside, level, call };
}

/** The call outwards or inwards of the selected one, inlined ones included; undefined at the end. */
export function neighbour(inside: Inside, by: 1 | -1): Inside | undefined {
  const { level, call, stack } = inside;
  const inFrame = stack[level]?.source.length ?? 0;
  const next = call + by;
  if (next >= 0 && next < inFrame) return { ...inside, call: next };
  const other = stack[level + by];
  if (other === undefined) return undefined;
  const last = Math.max(0, other.source.length - 1);
  return { ...inside, level: level + by, call: by > 0 ? 0 : last };
}

/** Whether the inside of the run is on the screen: what step keys mean depends on it. */
export function isInside({ state }: Debugger): boolean {
  if (state.left === 'source') return true;
  return state.focus === 'tab' && (state.tab === 'locals' || state.tab === 'breaks');
}

/** Why what is shown of the moment could not be found out. */
export function insideFailure({ state, travel }: Debugger): string | undefined {
  const { inside } = state;
  const { problem } = travel;
  const isHere = inside && problem && sameMark(problem.mark, inside.mark);
  return isHere ? `${problem.value} (r tries again)` : undefined;
}

/** `after #10, tick 10464` */
export function momentText({ event, tick }: Mark, entered?: number): string {
  const when = event < 0 ? 'before #0' : `after #${grouped(event)}`;
  const own = entered === undefined ? '' : `, entered at #${grouped(entered)}`;
  return `${when}, tick ${grouped(tick)}${own}`;
}
