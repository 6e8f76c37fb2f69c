/** What the debugger shows, apart from what it reads from the trace and the guest. Plain data. */

import type { StopPoint } from '../../replayer/timetravel/stop-points.ts';
import type { Bookmark } from '../../traces/annotations.ts';
import type { GrowthState } from '../../traces/growth.ts';
import type { Slice } from '../../traces/timeline.ts';
import type { SortBy } from '../model/command.ts';
import type { Enlarged, Tab } from '../model/layout.ts';
import { MEMORY_START, type MemoryCursor } from '../model/memory-cursor.ts';
import type { PromptLine } from '../model/prompt.ts';
import { EMPTY_SCROLL, type Scroll } from '../model/scroll.ts';
import type { TimelineList } from '../model/timeline-list.ts';
import type { Answers } from '../trace/query-messages.ts';
import type { Inside, InsideProblem } from './inside.ts';
import type { Past } from './past.ts';
import type { ShownHistory } from './value-history.ts';
import type { Writers } from './who-wrote.ts';

export type PromptKind =
  | 'command'
  | 'search'
  | 'searchMemory'
  | 'filter'
  | 'continue'
  | 'reverseContinue'
  | 'bookmark'
  | 'editNote'
  | 'condition'
  | 'watch';

export interface Prompt {
  readonly kind: PromptKind;
  readonly line: PromptLine;
  /** What Tab went through, and which of it is shown. */
  readonly offered: readonly string[];
  readonly choice: number;
  readonly problem: string | undefined;
  /** Position in the history of this kind; its length for a new line. */
  readonly past: number;
}

export interface Message {
  readonly text: string;
  readonly tone: 'note' | 'problem';
}

export interface Work {
  readonly what: string;
  /** 0 to 1. */
  readonly share: number;
  readonly since: number;
  /** Whether the user asked for it: Esc stops it before it is told of, too. */
  readonly asked?: boolean;
}

/** One line of the Bookmarks pane that the session did not keep: a mark set by a letter. */
export interface Mark {
  readonly letter: string;
  readonly event: number;
}

/** Where a jump came from. */
export interface Jump {
  readonly event: number;
  /** Undefined: right after the event. */
  readonly inside: Inside | undefined;
}

export interface State {
  readonly columns: number;
  readonly rows: number;
  readonly focus: 'timeline' | 'tab';
  readonly tab: Tab;
  readonly enlarged: Enlarged;
  readonly list: TimelineList;
  /** The stop before this one. */
  readonly previous: number | undefined;
  readonly filter: string;
  readonly sort: SortBy;
  /** Whether what the runtime of a component does is folded away. */
  readonly folded: boolean;
  readonly search: string;
  readonly memorySearch: string;
  readonly condition: string;
  readonly prompt: Prompt | undefined;
  /** Top line of the help overlay; undefined while it is closed. */
  readonly help: number | undefined;
  /** Waits for the letter of a mark. */
  readonly awaitingMark: 'set' | 'goto' | undefined;
  readonly message: Message | undefined;
  readonly work: Work | undefined;
  /** Whether it has taken so long that it is worth a word. */
  readonly isWorkTold: boolean;
  /** The guest beyond the end of the recording; undefined while nobody looks there. */
  readonly past: Past | undefined;
  /** Whether more may come, or why not. */
  readonly recording: GrowthState;
  /** Whether the newest event is kept selected, until the user moves. */
  readonly following: boolean;
  readonly marks: readonly Mark[];
  /** Those of the trace, by event. */
  readonly bookmarks: readonly Bookmark[];
  /** To be put back, the last one first. */
  readonly removedBookmarks: readonly Bookmark[];
  /** The bookmark whose note is being changed. */
  readonly editing: Bookmark | undefined;
  readonly jumps: readonly Jump[];
  readonly scrolls: Readonly<Record<Tab, Scroll>>;
  /** Cells by which the text of the timeline and of the tab is scrolled sideways. */
  readonly shift: Readonly<Record<'timeline' | 'tab', number>>;
  readonly memory: MemoryCursor;
  readonly pointers: readonly number[];
  readonly history: (Answers['history'] & { readonly event: number }) | undefined;
  readonly overview: readonly Slice[];
  readonly functions: readonly string[];
  readonly memoryChanges: MemoryChanges | undefined;
  /** What Writes shows: who wrote some bytes, or how a variable changed. */
  readonly writers: Writers | ShownHistory | undefined;
  /** What the pane on the left shows. */
  readonly left: 'timeline' | 'source';
  /** The moment that is shown; undefined: right after the selected event. */
  readonly inside: Inside | undefined;
  readonly insideProblem: InsideProblem | undefined;
  /** Source where there is any, or always the code of wasm. */
  readonly textKind: 'source' | 'wasm';
  readonly source: SourceScroll;
  readonly points: readonly StopPoint[];
  /** Points that were set so far: numbers are not used again. */
  readonly pointsMade: number;
  /** The point whose condition is being changed. */
  readonly editingPoint: number | undefined;
  /** Expressions of the watch list. */
  readonly watches: readonly string[];
  /** Keys of the rows of Locals that are open. */
  readonly openRows: readonly string[];
}

/** A cursor in the text of the Source pane, and what it was last brought to. */
export interface SourceScroll {
  readonly scroll: Scroll;
  /** The text, and the frame whose line was shown. */
  readonly text: string | undefined;
  readonly shown: Inside | undefined;
}

/** Which calls changed a range: the answer to "who wrote this". */
export interface MemoryChanges {
  readonly address: number;
  readonly length: number;
  /** Whether there were more before these. */
  readonly truncated: boolean;
  readonly lines: readonly { readonly event: number; readonly text: string }[];
}

export function newState(columns: number, rows: number, list: TimelineList): State {
  const scrolls: Record<Tab, Scroll> = {
    call: EMPTY_SCROLL,
    memory: EMPTY_SCROLL,
    stack: EMPTY_SCROLL,
    files: EMPTY_SCROLL,
    output: EMPTY_SCROLL,
    globals: EMPTY_SCROLL,
    info: EMPTY_SCROLL,
    bookmarks: EMPTY_SCROLL,
    writes: EMPTY_SCROLL,
    locals: EMPTY_SCROLL,
    breaks: EMPTY_SCROLL,
  };
  return {
    columns,
    rows,
    focus: 'timeline',
    tab: 'call',
    enlarged: 'none',
    list,
    previous: undefined,
    filter: '',
    sort: 'number',
    folded: true,
    search: '',
    memorySearch: '',
    condition: '',
    prompt: undefined,
    help: undefined,
    awaitingMark: undefined,
    message: undefined,
    work: undefined,
    isWorkTold: false,
    past: undefined,
    recording: 'ended',
    following: false,
    marks: [],
    bookmarks: [],
    removedBookmarks: [],
    editing: undefined,
    jumps: [],
    scrolls,
    shift: { timeline: 0, tab: 0 },
    memory: MEMORY_START,
    pointers: [],
    history: undefined,
    overview: [],
    functions: [],
    memoryChanges: undefined,
    writers: undefined,
    left: 'timeline',
    inside: undefined,
    insideProblem: undefined,
    textKind: 'source',
    source: { scroll: EMPTY_SCROLL, text: undefined, shown: undefined },
    points: [],
    pointsMade: 0,
    editingPoint: undefined,
    watches: [],
    openRows: [],
  };
}
