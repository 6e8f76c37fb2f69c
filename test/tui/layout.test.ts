import { describe, expect, it } from 'vitest';
import { type Area, layoutFor } from '../../tui/model/layout.ts';

const cells = (area: Area | undefined) => (area === undefined ? 0 : area.width * area.height);

describe('the layout', () => {
  it('fills the screen between header and footer, whatever its size', () => {
    for (const [columns, rows] of [
      [20, 5],
      [60, 15],
      [80, 24],
      [99, 30],
      [100, 30],
      [300, 100],
    ] as const) {
      for (const banner of [0, 1]) {
        const { timeline, tab } = layoutFor(columns, rows, 'timeline', 'none', banner);
        expect(cells(timeline) + cells(tab)).toBe(columns * (rows - 2 - banner));
      }
    }
  });

  it('puts panes side by side from 100 columns on, else on top of each other', () => {
    expect(layoutFor(100, 30, 'timeline', 'none').form).toBe('wide');
    expect(layoutFor(99, 30, 'timeline', 'none').form).toBe('stacked');
  });

  it('shows the focused pane alone where there is room for one', () => {
    const tiny = layoutFor(59, 30, 'tab', 'none');
    expect(tiny).toMatchObject({ form: 'tiny', timeline: undefined });
    expect(layoutFor(80, 14, 'timeline', 'none')).toMatchObject({ form: 'tiny', tab: undefined });
  });

  it('enlarges a pane', () => {
    expect(layoutFor(120, 30, 'tab', 'tab')).toMatchObject({ timeline: undefined });
  });
});
