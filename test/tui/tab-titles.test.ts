import { describe, expect, it } from 'vitest';
import { TABS, tabKey } from '../../tui/model/layout.ts';
import { tabAtColumn, tabTitleSpans } from '../../tui/panes/tab-titles.ts';
import { lineWidth, plainText } from '../../tui/text/line.ts';

describe('the titles of the tabs', () => {
  it.each([140, 90, 70, 63, 56, 45, 36])('fit into %i cells, the active one by name', (width) => {
    for (const tab of TABS) {
      const spans = tabTitleSpans(tab, width);
      expect(lineWidth(spans)).toBeLessThanOrEqual(width - 3);
      const [active] = spans.filter(({ style }) => style === 'title');
      expect(active?.text.length).toBeGreaterThan(1);
      for (const other of TABS) expect(plainText(spans)).toContain(tabKey(other));
    }
  });

  it.each([140, 56, 45])('are clicked where they stand, in %i cells', (width) => {
    const spans = tabTitleSpans('memory', width);
    const text = plainText(spans);
    for (const { text: title } of spans.filter(({ style }) => style !== 'border')) {
      const tab = tabAtColumn('memory', width, 2 + text.indexOf(title));
      expect(tab && title.startsWith(tabKey(tab))).toBe(true);
    }
  });
});
