import { describe, expect, it } from 'vitest';
import { resize } from '../../tui/model/scroll.ts';
import {
  fold,
  grow,
  isShown,
  moveRows,
  newTimelineList,
  numberAt,
  selectNumber,
  showNumbers,
  visibleNumbers,
} from '../../tui/model/timeline-list.ts';

const all = newTimelineList(1000, 500, 10);
const tens = Uint32Array.from({ length: 100 }, (_, index) => index * 10);

describe('the timeline', () => {
  it('shows the selected event', () => {
    expect(visibleNumbers(all)).toContain(500);
    expect(isShown(all)).toBe(true);
  });

  it('keeps the selected event through a filter that shows it, and back', () => {
    const filtered = showNumbers(all, tens, true);
    expect(filtered.selected).toBe(500);
    expect(isShown(filtered)).toBe(true);
    expect(numberAt(filtered, filtered.scroll.cursor)).toBe(500);
    expect(showNumbers(filtered, undefined, true).selected).toBe(500);
  });

  it('keeps the selected event through a filter that hides it', () => {
    const filtered = showNumbers(selectNumber(all, 503), tens, true);
    expect(filtered.selected).toBe(503);
    expect(isShown(filtered)).toBe(false);
    expect(showNumbers(filtered, undefined, true).selected).toBe(503);
  });

  it('goes from a hidden event to its neighbours', () => {
    const filtered = showNumbers(selectNumber(all, 503), tens, true);
    expect(moveRows(filtered, 1).selected).toBe(510);
    expect(moveRows(filtered, -1).selected).toBe(500);
  });

  it('folds all away but some and the selected event', () => {
    const folded = fold(selectNumber(all, 503), tens);
    expect(isShown(folded)).toBe(true);
    expect(visibleNumbers(folded)).toEqual(
      expect.arrayContaining([490, 500, 503, 510].map((number) => number)),
    );
    // it has a row as long as it is selected
    for (const by of [1, -1]) {
      const moved = moveRows(folded, by);
      expect(moved.selected).toBe(by > 0 ? 510 : 500);
      expect(isShown(moved)).toBe(true);
      expect(visibleNumbers(moved)).not.toContain(503);
      expect(moved.numbers).toEqual(tens);
    }
    const far = selectNumber(folded, 7);
    expect(visibleNumbers(far).slice(0, 3)).toEqual([0, 7, 10]);
    expect(selectNumber(far, 999).scroll.cursor).toBe(100);
    expect(selectNumber(far, 0).scroll).toMatchObject({ cursor: 0, length: 100 });
    expect(showNumbers(far, undefined, true)).toMatchObject({ unfolded: undefined, selected: 7 });
  });

  it('keeps the selected event when sorted', () => {
    const sorted = showNumbers(all, tens.toReversed(), false);
    expect(sorted.selected).toBe(500);
    expect(numberAt(sorted, sorted.scroll.cursor)).toBe(500);
    expect(moveRows(sorted, 1).selected).toBe(490);
  });

  it('keeps the selected event when resized', () => {
    const small = { ...all, scroll: resize(all.scroll, 3) };
    expect(small.selected).toBe(500);
    expect(visibleNumbers(small)).toContain(500);
  });

  it('keeps the selected event while more are recorded', () => {
    const grown = grow(all, 5000);
    expect(grown.selected).toBe(500);
    expect(selectNumber(grown, 4999).selected).toBe(4999);
  });

  it('shows nothing, and moves nowhere, where nothing matches', () => {
    const none = showNumbers(all, new Uint32Array(0), true);
    expect(visibleNumbers(none)).toEqual([]);
    expect(moveRows(none, 1).selected).toBe(500);
  });
});
