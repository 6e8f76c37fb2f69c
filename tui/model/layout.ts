/** Which panes stand where, for a terminal of a given size. Pure. All sizes in cells. */

/** The panes to the right of the timeline, in the order of their tabs. */
export const TABS = [
  'call',
  'memory',
  'stack',
  'files',
  'output',
  'globals',
  'info',
  'bookmarks',
  'writes',
  'locals',
  'breaks',
] as const;

export type Tab = (typeof TABS)[number];

/** Panes past the tenth have the letter that they begin with. */
const LETTERS: Readonly<Partial<Record<Tab, string>>> = { locals: 'L', breaks: 'B' };

/** The key of a tab; 1 is the timeline, 0 the tenth pane. */
export function tabKey(tab: Tab): string {
  return LETTERS[tab] ?? `${(TABS.indexOf(tab) + 2) % 10}`;
}

export type Enlarged = 'none' | 'timeline' | 'tab';

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly columns: number;
  readonly rows: number;
  /** `tiny`: one pane and a hint. */
  readonly form: 'wide' | 'stacked' | 'tiny';
  readonly timeline: Area | undefined;
  readonly tab: Area | undefined;
}

/** Below this many columns panes stand on top of each other. */
const WIDE = 100;
const TINY = { columns: 60, rows: 15 };

/** Header and footer take one line each. */
const HEADER = 1;
const FOOTER = 1;

/** A hex view with ASCII at 16 columns, and its frame. */
const TAB_WIDTH = 80;

/**
 * @param focus which of the two keeps the screen where there is room for one
 * @param banner lines between header and panes
 */
export function layoutFor(
  columns: number,
  rows: number,
  focus: 'timeline' | 'tab',
  enlarged: Enlarged,
  banner = 0,
): Layout {
  const top = HEADER + banner;
  const body = { left: 0, top, width: columns, height: Math.max(1, rows - top - FOOTER) };
  const only = (which: 'timeline' | 'tab', form: Layout['form']): Layout => ({
    columns,
    rows,
    form,
    timeline: which === 'timeline' ? body : undefined,
    tab: which === 'tab' ? body : undefined,
  });
  if (columns < TINY.columns || rows < TINY.rows) return only(focus, 'tiny');
  if (columns < WIDE) {
    if (enlarged !== 'none') return only(enlarged, 'stacked');
    const upper = Math.floor(body.height / 2);
    return {
      columns,
      rows,
      form: 'stacked',
      timeline: { ...body, height: upper },
      tab: { ...body, top: top + upper, height: body.height - upper },
    };
  }
  if (enlarged !== 'none') return only(enlarged, 'wide');
  const right = Math.max(Math.floor(columns * 0.47), Math.min(TAB_WIDTH, columns - 70));
  return {
    columns,
    rows,
    form: 'wide',
    timeline: { ...body, width: columns - right },
    tab: { ...body, left: columns - right, width: right },
  };
}

/** Cells that a frame takes of a pane. */
const FRAME = 2;

/** Lines inside the frame of what lies over the panes. */
export function overlayRows({ rows, timeline, tab }: Layout): number {
  const top = timeline?.top ?? tab?.top ?? HEADER;
  return Math.max(1, rows - top - FOOTER - FRAME);
}

/** Lines inside the frame of a pane; 0 where there is none. */
export function innerHeight(area: Area | undefined): number {
  return area === undefined ? 0 : Math.max(1, area.height - FRAME);
}

/** Cells inside it. */
export function innerWidth(area: Area | undefined): number {
  return area === undefined ? 0 : Math.max(1, area.width - FRAME);
}
