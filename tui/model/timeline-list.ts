/**
 * Which events the timeline shows, in which order, and which one is selected. The selected event is the
 * position in the run: filtering, sorting and resizing never change it, even where it is not shown. Pure.
 */
import { replaceItems, reveal, type Scroll, select } from './scroll.ts';

export interface TimelineList {
  /** Event numbers in the order shown; undefined: all, in order. */
  readonly numbers: Uint32Array | undefined;
  /** Where others are folded away: those that are not. `numbers` are these, and the selected one in any case. */
  readonly unfolded: Uint32Array | undefined;
  /** Whether `numbers` ascend. */
  readonly ascending: boolean;
  /** Rows there are without a filter. */
  readonly total: number;
  /** Event number. */
  readonly selected: number;
  /** Its cursor is at `selected`, or where that would be. */
  readonly scroll: Scroll;
}

export function newTimelineList(total: number, selected: number, height: number): TimelineList {
  const scroll = reveal({ cursor: 0, top: 0, height, length: total }, selected);
  return { numbers: undefined, unfolded: undefined, ascending: true, total, selected, scroll };
}

/** Event number of a row; undefined beyond the end. */
export function numberAt(list: TimelineList, index: number): number | undefined {
  if (list.numbers !== undefined) return list.numbers[index];
  return index >= 0 && index < list.total ? index : undefined;
}

/** Numbers of the visible rows. */
export function visibleNumbers({ scroll, ...list }: TimelineList): number[] {
  const numbers: number[] = [];
  for (let index = scroll.top; index < scroll.top + scroll.height; index++) {
    const number = numberAt({ scroll, ...list }, index);
    if (number === undefined) break;
    numbers.push(number);
  }
  return numbers;
}

/** Whether the selected event has a row. */
export function isShown(list: TimelineList): boolean {
  return numberAt(list, list.scroll.cursor) === list.selected;
}

/** The row of an event, or of the nearest one after it. */
export function indexOf(list: TimelineList, number: number): number {
  const { numbers } = list;
  if (numbers === undefined) return Math.max(0, Math.min(number, list.total - 1));
  if (!list.ascending) return Math.max(0, numbers.indexOf(number));
  return Math.min(firstFrom(numbers, number), Math.max(0, numbers.length - 1));
}

/** Index of the first that is `number` or more. @param numbers ascending */
function firstFrom(numbers: Uint32Array, number: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Shows other rows; the selected event stays, on the same line of the screen where it can. */
export function showNumbers(
  list: TimelineList,
  numbers: Uint32Array | undefined,
  ascending: boolean,
): TimelineList {
  const changed = { ...list, numbers, unfolded: undefined, ascending };
  const length = numbers?.length ?? list.total;
  return { ...changed, scroll: replaceItems(list.scroll, length, indexOf(changed, list.selected)) };
}

/** Folds all others away but the selected event. @param unfolded ascending */
export function fold(list: TimelineList, unfolded: Uint32Array): TimelineList {
  const numbers = withNumber(unfolded, list.selected);
  return { ...showNumbers(list, numbers, true), unfolded };
}

/** The rows with another event selected, which has one. */
function selecting(list: TimelineList, selected: number): TimelineList {
  const { unfolded } = list;
  if (unfolded === undefined) return { ...list, selected };
  const numbers = withNumber(unfolded, selected);
  return { ...list, selected, numbers, scroll: { ...list.scroll, length: numbers.length } };
}

function withNumber(numbers: Uint32Array, number: number): Uint32Array {
  const at = firstFrom(numbers, number);
  if (numbers[at] === number) return numbers;
  const all = new Uint32Array(numbers.length + 1);
  all.set(numbers.subarray(0, at));
  all[at] = number;
  all.set(numbers.subarray(at), at + 1);
  return all;
}

/** Selects an event by number, whether it has a row or not. */
export function selectNumber(list: TimelineList, number: number): TimelineList {
  const moved = selecting(list, Math.max(0, Math.min(number, list.total - 1)));
  return { ...moved, scroll: reveal(moved.scroll, indexOf(moved, moved.selected)) };
}

/** Selects the event of the row under the cursor of another scroll state of this list. */
export function selectRow(list: TimelineList, scroll: Scroll): TimelineList {
  const moved = selecting({ ...list, scroll }, numberAt(list, scroll.cursor) ?? list.selected);
  if (moved.unfolded === undefined) return moved;
  return { ...moved, scroll: select(moved.scroll, indexOf(moved, moved.selected)) };
}

/** Moves by rows. From an event without a row, the first step goes to its neighbour. */
export function moveRows(list: TimelineList, by: number): TimelineList {
  const skip =
    !isShown(list) && by > 0 && (numberAt(list, list.scroll.cursor) ?? 0) > list.selected;
  return selectRow(list, select(list.scroll, list.scroll.cursor + by - (skip ? 1 : 0)));
}

/** More events (a recording in progress). */
export function grow(list: TimelineList, total: number): TimelineList {
  const grown = { ...list, total };
  if (list.numbers !== undefined) return grown;
  return { ...grown, scroll: { ...list.scroll, length: total } };
}
