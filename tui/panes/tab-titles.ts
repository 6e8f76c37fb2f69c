/** The titles of the tabs, in the upper border of their pane. */
import { TABS, type Tab, tabKey } from '../model/layout.ts';
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
  locals: 'Locals',
  breaks: 'Breaks',
};

const SHORT_TITLES: Readonly<Record<Tab, string>> = {
  ...TITLES,
  memory: 'Mem',
  output: 'Out',
  globals: 'Glob',
  files: 'File',
  bookmarks: 'Mark',
  writes: 'Who',
  locals: 'Loc',
  breaks: 'Brk',
};

const MIDDLE_TITLES: Readonly<Record<Tab, string>> = {
  ...SHORT_TITLES,
  locals: 'Locals',
  breaks: 'Breaks',
};

const SHORTEST_TITLES: Readonly<Record<Tab, string>> = {
  ...SHORT_TITLES,
  stack: 'Stk',
  files: 'Fil',
  globals: 'Glb',
  info: 'Inf',
  bookmarks: 'Mrk',
};

interface Title {
  readonly tab: Tab;
  readonly text: string;
}

/** Full titles where there is room, else short ones, else numbers but for the active one. */
function titlesFor(active: Tab, width: number): Title[] {
  const full = TABS.map((tab) => ({ tab, text: titleText(tab, TITLES[tab], ' ') }));
  if (cellsOf(full) <= width) return full;
  const middle = TABS.map((tab) => ({ tab, text: titleText(tab, MIDDLE_TITLES[tab], ' ') }));
  if (cellsOf(middle) <= width) return middle;
  const short = TABS.map((tab) => ({ tab, text: titleText(tab, SHORT_TITLES[tab], '') }));
  if (cellsOf(short) <= width) return short;
  const shortest = TABS.map((tab) => ({ tab, text: titleText(tab, SHORTEST_TITLES[tab], '') }));
  const named = shortest.map((title) =>
    title.tab === active ? { tab: active, text: titleText(active, TITLES[active], ' ') } : title,
  );
  if (cellsOf(named) <= width) return named;
  if (cellsOf(shortest) <= width) return shortest;
  const begun = full.map((title) =>
    title.tab === active ? title : { ...title, text: beginning(title.tab) },
  );
  if (cellsOf(begun) <= width) return begun;
  return full.map((title) =>
    title.tab === active ? title : { ...title, text: tabKey(title.tab) },
  );
}

/** Of a title that has no room: `3Me`, `Loc`. */
function beginning(tab: Tab): string {
  return titleText(tab, TITLES[tab], '').slice(0, 3);
}

/** With what stands around them. */
function cellsOf(titles: readonly Title[]): number {
  return titles.reduce((sum, { text }) => sum + text.length + 1, 2);
}

/** A letter stands in front of the name that it begins. */
function titleText(tab: Tab, name: string, gap: string): string {
  const key = tabKey(tab);
  return name.startsWith(key) ? name : `${key}${gap}${name}`;
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
