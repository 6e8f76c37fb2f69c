/** The titles of the tabs, in the upper border of their pane. */
import { TABS, type Tab, tabNumber } from '../model/layout.ts';
import { type Span, span } from '../text/line.ts';

const TITLES: Readonly<Record<Tab, string>> = {
  call: 'Call',
  memory: 'Memory',
  stack: 'Stack',
  files: 'Files',
  output: 'Output',
  globals: 'Globals',
  info: 'Info',
  bookmarks: 'Marks',
  writes: 'Writes',
};

const SHORT_TITLES: Readonly<Record<Tab, string>> = {
  ...TITLES,
  memory: 'Mem',
  output: 'Out',
  globals: 'Glob',
  files: 'File',
  bookmarks: 'Mark',
  writes: 'Who',
};

interface Title {
  readonly tab: Tab;
  readonly text: string;
}

/** Full titles where there is room, else short ones, else numbers but for the active one. */
function titlesFor(active: Tab, width: number): Title[] {
  const full = TABS.map((tab) => ({ tab, text: `${tabNumber(tab)} ${TITLES[tab]}` }));
  const needed = full.reduce((sum, { text }) => sum + text.length + 1, 4);
  if (needed <= width) return full;
  const short = TABS.map((tab) => ({ tab, text: `${tabNumber(tab)}${SHORT_TITLES[tab]}` }));
  if (short.reduce((sum, { text }) => sum + text.length + 1, 4) <= width) return short;
  return full.map((title) =>
    title.tab === active ? title : { ...title, text: `${tabNumber(title.tab)}` },
  );
}

/** Cells before the first title. */
const INDENT = 2;

export function tabTitleSpans(active: Tab, width: number): Span[] {
  return titlesFor(active, width).flatMap(({ tab, text }, index) => [
    ...(index === 0 ? [] : [span(' ', 'border')]),
    tab === active ? span(text, 'title') : span(text, 'dim'),
  ]);
}

/** The tab whose title is at a column of the border. */
export function tabAtColumn(active: Tab, width: number, column: number): Tab | undefined {
  let at = INDENT;
  for (const { tab, text } of titlesFor(active, width)) {
    if (column >= at && column < at + text.length) return tab;
    at += text.length + 1;
  }
  return undefined;
}
