/**
 * A list that is longer than its window: which item is selected and which is on top. Pure; the items
 * themselves are elsewhere. Every function returns a state that is valid for the list it was given.
 */

export interface Scroll {
  /** Index of the selected item; 0 in an empty list. */
  readonly cursor: number;
  /** Index of the first visible item. */
  readonly top: number;
  /** Visible items. */
  readonly height: number;
  /** All items. */
  readonly length: number;
}

export const EMPTY_SCROLL: Scroll = { cursor: 0, top: 0, height: 1, length: 0 };

/** Items kept visible above and below the cursor, where the window allows. */
const MARGIN = 2;

/** Selects an item and scrolls as little as needed to show it. */
export function select(scroll: Scroll, cursor: number): Scroll {
  const { height, length } = scroll;
  const at = clamp(cursor, 0, length - 1);
  const margin = Math.min(MARGIN, Math.floor((height - 1) / 2));
  const lowest = at - height + 1 + margin;
  const top = clamp(clamp(scroll.top, lowest, at - margin), 0, length - height);
  return { ...scroll, cursor: at, top };
}

export function move(scroll: Scroll, by: number): Scroll {
  return select(scroll, scroll.cursor + by);
}

/** Moves by whole windows, less a line of overlap, keeping the cursor's place in the window. */
export function page(scroll: Scroll, pages: number): Scroll {
  const by = pages * Math.max(1, scroll.height - 1);
  const top = clamp(scroll.top + by, 0, scroll.length - scroll.height);
  return select({ ...scroll, top }, scroll.cursor + by);
}

/** Scrolls the window (mouse wheel); the cursor stays, unless it would leave the window. */
export function scrollWindow(scroll: Scroll, by: number): Scroll {
  const top = clamp(scroll.top + by, 0, scroll.length - scroll.height);
  const cursor = clamp(scroll.cursor, top, top + scroll.height - 1);
  return { ...scroll, top, cursor: clamp(cursor, 0, scroll.length - 1) };
}

export function resize(scroll: Scroll, height: number): Scroll {
  if (height === scroll.height) return scroll;
  return select({ ...scroll, height: Math.max(1, height) }, scroll.cursor);
}

/**
 * Another list in the same window, with another item selected: it stays on the line of the screen that
 * the selected one was on, so that filtering does not make the eye search.
 */
export function replaceItems(scroll: Scroll, length: number, cursor: number): Scroll {
  const line = scroll.cursor - scroll.top;
  const top = clamp(cursor - line, 0, length - scroll.height);
  return select({ ...scroll, length, top }, cursor);
}

/** Selects an item in the middle of the window unless it is visible already. */
export function reveal(scroll: Scroll, cursor: number): Scroll {
  const visible = cursor >= scroll.top && cursor < scroll.top + scroll.height;
  if (visible) return select(scroll, cursor);
  const top = clamp(cursor - (scroll.height >> 1), 0, scroll.length - scroll.height);
  return select({ ...scroll, top }, cursor);
}

/** Low wins where the bounds cross: an empty list has its cursor at 0. */
function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
