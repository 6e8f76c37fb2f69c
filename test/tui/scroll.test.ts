import { describe, expect, it } from 'vitest';
import {
  EMPTY_SCROLL,
  move,
  page,
  replaceItems,
  resize,
  reveal,
  type Scroll,
  scrollWindow,
  select,
} from '../../tui/model/scroll.ts';

const list: Scroll = { cursor: 50, top: 45, height: 10, length: 100 };

/** What must hold of every state: the cursor in the list and in the window, the window in the list. */
function expectValid(scroll: Scroll): void {
  const { cursor, top, height, length } = scroll;
  expect(cursor).toBeGreaterThanOrEqual(0);
  expect(cursor).toBeLessThanOrEqual(Math.max(0, length - 1));
  expect(top).toBeGreaterThanOrEqual(0);
  expect(top).toBeLessThanOrEqual(Math.max(0, length - height));
  expect(cursor).toBeGreaterThanOrEqual(top);
  expect(cursor).toBeLessThan(top + height);
}

describe('a scrolled list', () => {
  it('moves no further than its ends', () => {
    expect(move(list, 1000).cursor).toBe(99);
    expect(move(list, -1000).cursor).toBe(0);
    expect(move(EMPTY_SCROLL, 1).cursor).toBe(0);
  });

  it('scrolls no more than it must', () => {
    expect(move(list, 1).top).toBe(45);
    expect(select(list, 54).top).toBe(47);
    expect(select(list, 46).top).toBe(44);
  });

  it('keeps the place in the window when paging', () => {
    const down = page(list, 1);
    expect(down).toMatchObject({ cursor: 59, top: 54 });
    expect(page(down, -1)).toEqual(list);
  });

  it('keeps the cursor while the wheel scrolls, as long as it is visible', () => {
    expect(scrollWindow(list, 3)).toMatchObject({ top: 48, cursor: 50 });
    expect(scrollWindow(list, 20)).toMatchObject({ top: 65, cursor: 65 });
  });

  it('keeps the selected item when its height changes', () => {
    for (const height of [1, 2, 3, 7, 40, 200]) {
      const resized = resize(list, height);
      expect(resized.cursor).toBe(50);
      expectValid(resized);
    }
  });

  it('keeps the line on the screen when the items change', () => {
    const filtered = replaceItems(list, 40, 20);
    expect(filtered.cursor - filtered.top).toBe(list.cursor - list.top);
  });

  it('centres what was out of sight', () => {
    expect(reveal(list, 90)).toMatchObject({ cursor: 90, top: 85 });
    expect(reveal(list, 48).top).toBe(45);
  });

  it('is valid whatever is done to it', () => {
    let scroll = list;
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 2000; round++) {
      const by = random(41) - 20;
      const steps = [
        () => move(scroll, by),
        () => page(scroll, Math.sign(by)),
        () => scrollWindow(scroll, by),
        () => resize(scroll, 1 + random(30)),
        () => replaceItems(scroll, random(120), random(120)),
        () => reveal(scroll, random(120)),
      ];
      scroll = steps[random(steps.length)]?.() ?? scroll;
      expectValid(scroll);
    }
  });
});
