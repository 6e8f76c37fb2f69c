/** What each key's action does, in one table. The keys themselves are in model/keys.ts. */
import type { Action } from '../model/keys.ts';
import { TABS, tabNumber } from '../model/layout.ts';
import {
  gotoAddress,
  moveBytes,
  moveRows as moveMemoryRows,
  movePages,
  toggleSelection,
} from '../model/memory-cursor.ts';
import { move, page, type Scroll, select } from '../model/scroll.ts';
import { moveRows, selectRow } from '../model/timeline-list.ts';
import { editEntry, removeEntry, restoreBookmark } from './bookmarks.ts';
import { copy } from './copy-text.ts';
import type { Debugger } from './debugger.ts';
import { applyFilter, findCall, goToError, goToOpen, goToUse } from './finding.ts';
import { toggleFollow } from './following.ts';
import {
  followPointer,
  nextChange,
  nextEffect,
  pointerBack,
  searchMemory,
  selectedPattern,
  showAddress,
} from './memory-actions.ts';
import { memoryHistory } from './memory-history.ts';
import { pageOverlay, scrollOverlay } from './overlay.ts';
import { canGoPast, goPast, pauseOrLeave } from './past.ts';
import { openPrompt } from './prompts.ts';
import { whoWrote } from './who-wrote.ts';

type Run = (bugger: Debugger, key: string) => void | Promise<void>;

export const ACTIONS: Readonly<Record<Action, Run>> = {
  down: (bugger) => vertical(bugger, 1),
  up: (bugger) => vertical(bugger, -1),
  left: (bugger) => sideways(bugger, -1),
  right: (bugger) => sideways(bugger, 1),
  pageDown: (bugger) => pages(bugger, 1),
  pageUp: (bugger) => pages(bugger, -1),
  top: (bugger) => toEnd(bugger, 'top'),
  bottom: (bugger) => toEnd(bugger, 'bottom'),
  open,
  stepForward: (bugger) => step(bugger, 1),
  stepBack: (bugger) => step(bugger, -1),
  continue: (bugger) =>
    canGoPast(bugger) ? goPast(bugger) : openPrompt(bugger, 'continue', bugger.state.condition),
  goPast,
  pausePast: pauseOrLeave,
  reverseContinue: (bugger) => openPrompt(bugger, 'reverseContinue', bugger.state.condition),
  gotoFailure: (bugger) => bugger.select(bugger.rows.rowToOpenAt(bugger.failureEvent), 'jump'),
  follow: toggleFollow,
  nextError: (bugger) => goToError(bugger, 'next'),
  previousError: (bugger) => goToError(bugger, 'previous'),
  nextUse: (bugger) => goToUse(bugger, 'next'),
  previousUse: (bugger) => goToUse(bugger, 'previous'),
  gotoOpen: goToOpen,
  jumpBack,
  search: (bugger) =>
    inMemory(bugger)
      ? openPrompt(bugger, 'searchMemory', selectedPattern(bugger))
      : openPrompt(bugger, 'search'),
  nextHit: (bugger) => hit(bugger, 'next'),
  previousHit: (bugger) => hit(bugger, 'previous'),
  filter: (bugger) => openPrompt(bugger, 'filter', bugger.state.filter),
  command: (bugger) => openPrompt(bugger, 'command'),
  setMark: (bugger) =>
    bugger.update({ awaitingMark: 'set', message: { text: 'set mark: a letter', tone: 'note' } }),
  gotoMark: (bugger) =>
    bugger.update({ awaitingMark: 'goto', message: { text: 'to mark: a letter', tone: 'note' } }),
  bookmark: (bugger) => openPrompt(bugger, 'bookmark'),
  removeEntry,
  restoreBookmark,
  editEntry,
  followPointer,
  pointerBack,
  memoryHistory,
  whoWrote,
  nextEffect,
  nextChange,
  selectMemory: (bugger) => bugger.update({ memory: toggleSelection(bugger.state.memory) }),
  nextPane: otherPane,
  previousPane: otherPane,
  focusPane: (bugger, key) => {
    const tab = TABS.find((one) => tabNumber(one) === Number(key));
    bugger.update(tab === undefined ? { focus: 'timeline' } : { focus: 'tab', tab });
  },
  nextTab: (bugger) => nextTab(bugger, 1),
  previousTab: (bugger) => nextTab(bugger, -1),
  enlarge: (bugger) => bugger.update({ enlarged: bugger.state.focus }),
  shrink: (bugger) => bugger.update({ enlarged: 'none' }),
  copy,
  retry: (bugger) => {
    if (!bugger.guest.retry()) bugger.say('the replay was neither stopped, nor has it failed');
  },
  redraw: (bugger) => bugger.terminal.redraw(),
  cancel,
  help: (bugger) => bugger.update({ help: 0 }),
  suspend: (bugger) => bugger.terminal.suspend(),
  quit: (bugger) => bugger.terminal.quit(),
};

function inMemory({ state }: Debugger): boolean {
  return state.focus === 'tab' && state.tab === 'memory';
}

function scrollTab(bugger: Debugger, change: (scroll: Scroll) => Scroll): void {
  const { tab, scrolls } = bugger.state;
  bugger.update({ scrolls: { ...scrolls, [tab]: change(scrolls[tab]) } });
}

/** Moving in the timeline is moving in the run. */
function moveTimeline(bugger: Debugger, list: typeof bugger.state.list): void {
  const before = bugger.position;
  const { previous } = bugger.state;
  bugger.update({ list, previous: list.selected === before ? previous : before });
}

function vertical(bugger: Debugger, by: number): void {
  const { state } = bugger;
  if (state.past !== undefined) scrollOverlay(bugger, by);
  else if (state.focus === 'timeline') moveTimeline(bugger, moveRows(state.list, by));
  else if (inMemory(bugger)) bugger.update({ memory: moveMemoryRows(state.memory, by) });
  else scrollTab(bugger, (scroll) => move(scroll, by));
}

function step(bugger: Debugger, by: number): void {
  moveTimeline(bugger, moveRows(bugger.state.list, by));
}

/** Cells by which a list is scrolled at once. */
const SHIFT = 8;

function sideways(bugger: Debugger, by: number): void {
  const { focus, memory, shift } = bugger.state;
  if (inMemory(bugger)) {
    bugger.update({ memory: moveBytes(memory, by) });
    return;
  }
  bugger.update({ shift: { ...shift, [focus]: Math.max(0, shift[focus] + by * SHIFT) } });
}

function pages(bugger: Debugger, by: number): void {
  const { past, focus, list, memory } = bugger.state;
  if (past !== undefined) pageOverlay(bugger, by);
  else if (focus === 'timeline') moveTimeline(bugger, selectRow(list, page(list.scroll, by)));
  else if (inMemory(bugger)) bugger.update({ memory: movePages(memory, by) });
  else scrollTab(bugger, (scroll) => page(scroll, by));
}

function toEnd(bugger: Debugger, end: 'top' | 'bottom'): void {
  const { focus, list, memory } = bugger.state;
  if (bugger.state.past !== undefined) {
    scrollOverlay(bugger, end === 'top' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    return;
  }
  const at = end === 'top' ? 0 : Number.MAX_SAFE_INTEGER;
  if (focus === 'timeline') moveTimeline(bugger, selectRow(list, select(list.scroll, at)));
  else if (inMemory(bugger)) bugger.update({ memory: gotoAddress(memory, at) });
  else scrollTab(bugger, (scroll) => select(scroll, at));
}

function open(bugger: Debugger): void {
  const { focus, tab, scrolls } = bugger.state;
  if (focus === 'timeline') {
    bugger.update({ focus: 'tab', tab: 'call' });
    return;
  }
  if (tab === 'memory') {
    followPointer(bugger);
    return;
  }
  const line = bugger.content()?.lines[scrolls[tab].cursor];
  if (line?.target === undefined) bugger.say('this line leads nowhere');
  else if (line.target.kind === 'event') bugger.select(line.target.event, 'jump');
  else showAddress(bugger, line.target.address);
}

function jumpBack(bugger: Debugger): void {
  const { jumps } = bugger.state;
  const event = jumps.at(-1);
  if (event === undefined) {
    bugger.say('no jump to go back from');
    return;
  }
  bugger.update({ jumps: jumps.slice(0, -1) });
  bugger.select(event);
}

function hit(bugger: Debugger, which: 'next' | 'previous'): void | Promise<void> {
  const { search, memorySearch } = bugger.state;
  if (inMemory(bugger)) {
    if (memorySearch === '') bugger.say('nothing was searched in memory yet: / searches');
    else return searchMemory(bugger, memorySearch, which === 'previous');
  } else if (search === '') {
    bugger.say('nothing was searched yet: / searches');
  } else {
    return findCall(bugger, which, search);
  }
}

function otherPane(bugger: Debugger): void {
  const focus = bugger.state.focus === 'timeline' ? 'tab' : 'timeline';
  const { enlarged } = bugger.state;
  bugger.update({ focus, enlarged: enlarged === 'none' ? 'none' : focus });
}

function nextTab(bugger: Debugger, by: number): void {
  const at = TABS.indexOf(bugger.state.tab) + by + TABS.length;
  const tab = TABS[at % TABS.length];
  if (tab !== undefined) bugger.update({ tab });
}

/** Backs out one level; never quits. */
function cancel(bugger: Debugger): void | Promise<void> {
  const { work, memory, search, filter, enlarged, focus } = bugger.state;
  if (work !== undefined || bugger.guest.seeking !== undefined) bugger.cancelWork();
  else if (inMemory(bugger) && memory.anchor !== undefined)
    bugger.update({ memory: toggleSelection(memory) });
  else if (search !== '') bugger.update({ search: '' });
  else if (enlarged !== 'none') bugger.update({ enlarged: 'none' });
  else if (filter !== '') return applyFilter(bugger, '');
  else if (focus === 'tab') bugger.update({ focus: 'timeline' });
  else bugger.say('q quits');
}
