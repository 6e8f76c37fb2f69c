/**
 * The debugger behind the screen: a trace, a position in it, and what is shown of it. Knows no Ink and no
 * terminal; `view/` draws its state, `input.ts` feeds it keys.
 */
import { type Bookmark, listBookmarks } from '../../traces/annotations.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { Timeline } from '../../traces/timeline.ts';
import { GuestView } from '../guest/guest-view.ts';
import { InsideView } from '../guest/inside-view.ts';
import { FAILED } from '../model/filter-text.ts';
import { innerHeight, innerWidth, type Layout, layoutFor } from '../model/layout.ts';
import {
  fitMemory,
  gotoAddress,
  type MemoryCursor,
  selectedRange,
} from '../model/memory-cursor.ts';
import { replaceItems, resize } from '../model/scroll.ts';
import { newTimelineList, selectNumber, visibleNumbers } from '../model/timeline-list.ts';
import type { TabContent } from '../panes/content.ts';
import { memoryColumns, memoryNotes } from '../panes/memory-layout.ts';
import { tabContent } from '../panes/tab-content.ts';
import type { SourceFiles } from '../source/source-files.ts';
import { effectRanges } from '../trace/effects.ts';
import { Folding } from '../trace/folding.ts';
import { QueryClient } from '../trace/query-client.ts';
import type { Answers, Query } from '../trace/query-messages.ts';
import { TraceRows } from '../trace/rows.ts';
import { bannerOf } from './banner.ts';
import { arrangeAgain, foldedAtOnce } from './finding.ts';
import { toggleFollow, Watch } from './following.ts';
import { insideWish, needsInside } from './inside-wish.ts';
import { shownMemory } from './shown.ts';
import { fittedSource } from './source-fit.ts';
import { type Jump, newState, type State } from './state.ts';
import { Trips } from './trips.ts';

/** What a change comes from: a key or the mouse, or work that goes on by itself. */
export type ChangeCause = 'input' | 'work';

type ChangeListener = (cause: ChangeCause) => void;

/** What the terminal does for the debugger. */
export interface TerminalPort {
  copy(text: string): void;
  suspend(): void;
  redraw(): void;
  quit(): void;
}

/** Bytes past the visible ones, so that types and strings at the last of them can be read. */
export const MEMORY_AHEAD = 64;

export class Debugger {
  readonly path: string;
  readonly reader: TraceReader;
  readonly rows: TraceRows;
  /** What is shown of a component's log unless all is. */
  readonly folding: Folding;
  readonly guest: GuestView;
  /** The inside of the run: what is shown of it, and what is asked about it. */
  readonly travel: InsideView;
  readonly trips: Trips;
  readonly sources: SourceFiles;
  readonly terminal: TerminalPort;
  /** Where the run went wrong: its trap, its last failing call, or its end. */
  failureEvent: number;
  private readonly queries: QueryClient;
  private readonly watch: Watch | undefined;
  private readonly listeners = new Set<ChangeListener>();
  private current: State;
  /** Raised by every change. */
  private version = 0;
  private historyAsked = -1;
  private batching = false;
  private memoryPlaced = false;
  /** Until it is time to tell of work that goes on. */
  private telling: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly path: string;
    readonly reader: TraceReader;
    readonly timeline: Timeline | undefined;
    /** Event to open at: where the run failed. */
    readonly start: number;
    readonly terminal: TerminalPort;
    readonly columns: number;
    readonly rows: number;
    /** Whether to follow a recording in progress from the start. */
    readonly follow: boolean;
    readonly sources: SourceFiles;
  }) {
    const { path, reader, timeline, terminal } = options;
    this.path = path;
    this.reader = reader;
    this.terminal = terminal;
    this.failureEvent = options.start;
    this.rows = new TraceRows(reader, timeline);
    this.folding = new Folding(reader, timeline);
    this.queries = new QueryClient(path);
    const list = foldedAtOnce(
      this,
      newTimelineList(this.rows.count, this.rows.rowToOpenAt(options.start), 1),
    );
    const functions = [...reader.functions.values()]
      .filter(({ direction }) => direction === 'import')
      .map(({ name }) => name)
      .sort();
    const bookmarks = readBookmarks(path);
    this.current = { ...newState(options.columns, options.rows, list), functions, bookmarks };
    this.sources = options.sources;
    this.trips = new Trips(this);
    this.travel = new InsideView(
      path,
      () => reader.eventCount,
      () => this.update({}),
    );
    this.guest = new GuestView(path, () => this.update({}));
    this.update({});
    void this.loadOverview();
    if (list.unfolded === undefined) void arrangeAgain(this);
    this.watch = reader.meta.outcome === undefined ? new Watch(this) : undefined;
    this.watch?.begin();
    if (options.follow && this.current.recording === 'recording') toggleFollow(this);
  }

  get state(): State {
    return this.current;
  }

  get layout(): Layout {
    const { columns, rows, focus, enlarged } = this.current;
    return layoutFor(columns, rows, focus, enlarged, bannerOf(this) === undefined ? 0 : 1);
  }

  /** The event right after whose effects everything is shown. */
  get position(): number {
    return Math.max(0, Math.min(this.current.list.selected, this.reader.eventCount - 1));
  }

  /** Whether the selected event is the trap that ended the run. */
  get atTrap(): boolean {
    const { meta, eventCount } = this.reader;
    return meta.outcome?.kind === 'trap' && this.position === eventCount - 1;
  }

  /** Has somebody told of every change of what is shown. */
  subscribe(listener: ChangeListener): void {
    this.listeners.add(listener);
  }

  /** Changes what is shown, fits it to the screen and asks for what it needs. */
  update(change: Partial<State>): void {
    const { list, following } = this.current;
    const moved = change.list !== undefined && change.list.selected !== list.selected;
    this.current = { ...this.current, ...change };
    if ('work' in change) this.tellWork();
    // the moment was one of the event that was selected before
    if (moved && change.inside === undefined) {
      this.trips.leave();
      this.current = { ...this.current, inside: undefined };
    }
    // what is at the end before the end moves on
    if (moved && following && change.list?.total === list.total)
      this.current = { ...this.current, following: false };
    this.fit();
    this.wish();
    this.version++;
    if (!this.batching) this.notify('work');
  }

  /** Tells once of all that input changes. */
  onInput(act: () => void): void {
    const { version } = this;
    this.batching = true;
    try {
      act();
    } finally {
      this.batching = false;
    }
    if (version !== this.version) this.notify('input');
  }

  private notify(cause: ChangeCause): void {
    for (const listener of this.listeners) listener(cause);
  }

  /** Work is told of when it has taken some time, whether it makes progress or not. */
  private tellWork(): void {
    clearTimeout(this.telling);
    const { work } = this.current;
    const left = work === undefined ? 0 : work.since + TOLD_MS - performance.now();
    this.current = { ...this.current, isWorkTold: work !== undefined && left <= 0 };
    if (left > 0) this.telling = setTimeout(() => this.update({ work }), left);
  }

  /** Moves to an event. */
  select(event: number, how: 'step' | 'jump' = 'step'): void {
    const { list, jumps, inside } = this.current;
    const moved = selectNumber(list, event);
    this.update({
      list: moved,
      ...(how === 'jump' && { inside: undefined }),
      previous: moved.selected === list.selected ? this.current.previous : list.selected,
      jumps:
        how === 'jump' && moved.selected !== list.selected
          ? pushed(jumps, { event: list.selected, inside })
          : jumps,
    });
  }

  say(text: string, tone: 'note' | 'problem' = 'note'): void {
    this.update({ message: { text, tone } });
  }

  /**
   * Has the trace searched by another process; shows progress, and what went wrong.
   * @returns undefined where it failed or was called off
   */
  async ask<Q extends Query>(query: Q, what: string): Promise<Answers[Q['kind']] | undefined> {
    const since = performance.now();
    const tell = (share: number) => this.update({ work: { what, share, since } });
    // what makes no progress can be stopped too
    const slow = setTimeout(() => tell(0), TOLD_MS);
    const asked = await this.queries.ask(query, tell);
    clearTimeout(slow);
    if (this.current.work !== undefined) this.update({ work: undefined });
    if (asked.state === 'answered') return asked.answer;
    if (asked.state === 'failed') this.say(asked.message, 'problem');
    return undefined;
  }

  /** Calls off what is being searched or replayed. */
  cancelWork(): void {
    this.queries.cancelAll();
    this.guest.cancel();
    this.trips.forget();
    this.travel.cancel();
    this.update({ work: undefined });
  }

  /** The lines of the visible tab; undefined for Memory, which has none. */
  content(): TabContent | undefined {
    return this.current.tab === 'memory'
      ? undefined
      : tabContent(this, innerWidth(this.layout.tab));
  }

  async close(): Promise<void> {
    this.watch?.end();
    clearTimeout(this.telling);
    this.listeners.clear();
    this.queries.close();
    await Promise.all([this.guest.close(), this.travel.close()]);
  }

  private fit(): void {
    const { layout } = this;
    const state = this.current;
    const listHeight = innerHeight(layout.timeline);
    const list =
      listHeight === 0
        ? state.list
        : { ...state.list, scroll: resize(state.list.scroll, listHeight) };
    this.current = { ...state, list };
    if (state.left === 'source' && listHeight > 0) {
      this.current = { ...this.current, source: fittedSource(this, listHeight) };
    }
    const height = innerHeight(layout.tab);
    if (height === 0) return;
    if (state.tab === 'memory') {
      const size = shownMemory(this).range?.size ?? MAX_MEMORY;
      const columns = memoryColumns(innerWidth(layout.tab));
      const fitted = fitMemory(state.memory, columns, height - memoryNotes(height), size);
      const memory = !this.memoryPlaced ? this.placeMemory(fitted) : fitted;
      this.current = { ...this.current, memory };
      return;
    }
    const length = this.content()?.lines.length ?? 0;
    const old = state.scrolls[state.tab];
    const fitted = resize(old, height);
    const scroll = fitted.length === length ? fitted : replaceItems(fitted, length, fitted.cursor);
    if (scroll === old) return;
    this.current = { ...this.current, scrolls: { ...state.scrolls, [state.tab]: scroll } };
  }

  /** Memory opens at what a host wrote last: address 0 is of no interest to anyone. */
  private placeMemory(memory: MemoryCursor): MemoryCursor {
    this.memoryPlaced = true;
    if (memory.address > 0) return memory;
    const first = Math.max(0, this.position - WRITES_SOUGHT);
    for (let number = this.position; number >= first; number--) {
      const event = this.rows.event(number);
      const written = event === undefined ? [] : effectRanges(event, this.guest.chosen?.memory);
      const [largest] = written.toSorted((left, right) => right.length - left.length);
      if (largest !== undefined) return gotoAddress(memory, largest.address);
    }
    return memory;
  }

  private wish(): void {
    const { list, tab, memory, previous, inside } = this.current;
    this.rows.load(visibleNumbers(list));
    this.wishInside();
    if (this.layout.tab === undefined) return;
    const selected = selectedRange(memory);
    if (inside === undefined)
      this.guest.show({
        position: this.position,
        previous,
        tab,
        address: memory.top,
        length: memory.rows * memory.columns + MEMORY_AHEAD,
        // it may begin above what is visible; it never begins below, where the cursor is
        head:
          selected !== undefined && selected.address < memory.top
            ? { address: selected.address, length: Math.min(selected.length, MEMORY_AHEAD) }
            : undefined,
        stack: tab === 'stack' || (tab === 'call' && this.atTrap),
        following: this.current.following,
      });
    if (tab === 'files' || tab === 'output') void this.loadHistory();
  }

  /** What is to be known of the moment inside of the run; where there is none yet, that of the event. */
  private wishInside(): void {
    const { inside } = this.current;
    if (inside === undefined) {
      if (needsInside(this)) this.trips.enter();
      this.travel.show(undefined);
    } else if (!this.trips.isMoving) this.travel.show(insideWish(this, inside));
  }

  private async loadHistory(): Promise<void> {
    const event = this.position;
    if (this.historyAsked === event || this.current.history?.event === event) return;
    this.historyAsked = event;
    const answer = await this.ask({ kind: 'history', event }, 'reading the run');
    if (answer !== undefined && this.historyAsked === event) {
      this.update({ history: { ...answer, event } });
    }
    if (this.historyAsked === event) this.historyAsked = -1;
  }

  async loadOverview(): Promise<void> {
    const query = { kind: 'overview', slices: OVERVIEW_SLICES, marked: FAILED } as const;
    const asked = await this.queries.ask(query);
    this.update({ overview: asked.state === 'answered' ? asked.answer : [] });
  }
}

/** Events back to which a write by the host is sought. */
const WRITES_SOUGHT = 64;

/** None where the file is too damaged to tell. */
function readBookmarks(path: string): readonly Bookmark[] {
  try {
    return listBookmarks(path);
  } catch {
    return [];
  }
}
/** Milliseconds after which work is worth a word in the footer. */
const TOLD_MS = 200;

/** What a 32-bit memory may have, until it is known what it has. */
const MAX_MEMORY = 2 ** 32;

/** More than any screen has lines; the minimap joins them. */
const OVERVIEW_SLICES = 240;

const MAX_JUMPS = 100;

function pushed(jumps: readonly Jump[], jump: Jump): readonly Jump[] {
  return [...jumps.slice(-MAX_JUMPS), jump];
}
