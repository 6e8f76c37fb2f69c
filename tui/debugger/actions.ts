/** What each key's action does, in one table. The keys themselves are in model/keys.ts. */
import type { Action } from '../model/keys.ts';
import { TABS, tabKey } from '../model/layout.ts';
import {
  gotoAddress,
  moveBytes,
  moveRows as moveMemoryRows,
  movePages,
  toggleSelection,
} from '../model/memory-cursor.ts';
import { move, page, type Scroll, select } from '../model/scroll.ts';
import { moveRows, selectNumber, selectRow } from '../model/timeline-list.ts';
import type { Target } from '../panes/content.ts';
import { editEntry, removeEntry, restoreBookmark } from './bookmarks.ts';
import { copy } from './copy-text.ts';
import type { Debugger } from './debugger.ts';
import {
  applyFilter,
  findCall,
  goToError,
  goToOpen,
  goToOpening,
  goToUse,
  toggleRuntime,
} from './finding.ts';
import { toggleFollow } from './following.ts';
import { insideFailure } from './inside.ts';
import { otherInstance } from './instances.ts';
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
import {
  changeWatched,
  editCondition,
  removePoint,
  runToCursor,
  switchPoint,
  toggleBreakpoint,
  watchSelected,
} from './points.ts';
import { openPrompt } from './prompts.ts';
import {
  continueInside,
  goInside,
  leaveInside,
  moveFrame,
  selectFrame,
  showSource,
  stepInside,
} from './stepping.ts';
import { historyElsewhere } from './value-history.ts';
import { historyOfRow, openRow, removeWatch, showInMemory, whoWroteRow } from './variables.ts';
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
  showSource,
  stepLine: (bugger) => stepInside(bugger, 'line', false),
  stepLineBack: (bugger) => stepInside(bugger, 'line', true),
  nextLine: (bugger) => stepInside(bugger, 'line-over', false),
  nextLineBack: (bugger) => stepInside(bugger, 'line-over', true),
  finish: (bugger) => stepInside(bugger, 'out', false),
  finishBack: (bugger) => stepInside(bugger, 'out', true),
  stepInstruction: (bugger) => stepInside(bugger, 'instruction', false),
  stepInstructionBack: (bugger) => stepInside(bugger, 'instruction', true),
  nextInstruction: (bugger) => stepInside(bugger, 'instruction-over', false),
  nextInstructionBack: (bugger) => stepInside(bugger, 'instruction-over', true),
  continueInside: (bugger) => continueInside(bugger, false),
  continueInsideBack: (bugger) => continueInside(bugger, true),
  frameUp: (bugger) => moveFrame(bugger, 1),
  frameDown: (bugger) => moveFrame(bugger, -1),
  toggleBreakpoint,
  runToCursor,
  switchText: (bugger) =>
    bugger.update({ textKind: bugger.state.textKind === 'source' ? 'wasm' : 'source' }),
  whoWroteRow,
  historyOfRow,
  historyElsewhere,
  watchSelected,
  addWatch: (bugger) => openPrompt(bugger, 'watch'),
  removeWatch,
  showInMemory,
  changeWatched,
  switchPoint,
  removePoint,
  editCondition,
  showLocals: (bugger) => bugger.update({ focus: 'tab', tab: 'locals' }),
  showBreaks: (bugger) => bugger.update({ focus: 'tab', tab: 'breaks' }),
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
  toggleRuntime,
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
  nextInstance: (bugger) => otherInstance(bugger, 1),
  previousInstance: (bugger) => otherInstance(bugger, -1),
  memoryHistory,
  whoWrote,
  nextEffect,
  nextChange,
  selectMemory: (bugger) => bugger.update({ memory: toggleSelection(bugger.state.memory) }),
  nextPane: otherPane,
  previousPane: otherPane,
  focusPane: (bugger, key) => {
    const tab = TABS.find((one) => tabKey(one) === key);
    bugger.update(tab === undefined ? { focus: 'timeline' } : { focus: 'tab', tab });
  },
  nextTab: (bugger) => nextTab(bugger, 1),
  previousTab: (bugger) => nextTab(bugger, -1),
  enlarge: (bugger) => bugger.update({ enlarged: bugger.state.focus }),
  shrink: (bugger) => bugger.update({ enlarged: 'none' }),
  copy,
  retry: (bugger) => {
    const { insideProblem } = bugger.state;
    if (insideFailure(bugger) !== undefined) {
      bugger.travel.problem = undefined;
      bugger.update({});
    } else if (insideProblem !== undefined) bugger.update({ insideProblem: undefined });
    else if (!bugger.guest.retry()) bugger.say('the replay was neither stopped, nor has it failed');
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

function inSource({ state }: Debugger): boolean {
  return state.focus === 'timeline' && state.left === 'source';
}

function scrollSource(bugger: Debugger, change: (scroll: Scroll) => Scroll): void {
  const { source } = bugger.state;
  bugger.update({ source: { ...source, scroll: change(source.scroll) } });
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
  else if (inSource(bugger)) scrollSource(bugger, (scroll) => move(scroll, by));
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
  else if (inSource(bugger)) scrollSource(bugger, (scroll) => page(scroll, by));
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
  if (inSource(bugger)) scrollSource(bugger, (scroll) => select(scroll, at));
  else if (focus === 'timeline') moveTimeline(bugger, selectRow(list, select(list.scroll, at)));
  else if (inMemory(bugger)) bugger.update({ memory: gotoAddress(memory, at) });
  else scrollTab(bugger, (scroll) => select(scroll, at));
}

function open(bugger: Debugger): void | Promise<void> {
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
  if (line?.row !== undefined) openRow(bugger, line.row);
  else if (line?.target === undefined) bugger.say('this line leads nowhere');
  else return follow(bugger, line.target);
}

function follow(bugger: Debugger, target: Target): void | Promise<void> {
  switch (target.kind) {
    case 'event':
      bugger.select(target.event, 'jump');
      return;
    case 'memory':
      showAddress(bugger, target.address);
      return;
    case 'frame':
      selectFrame(bugger, target.level, target.call);
      return;
    case 'moment':
      return goInside(
        bugger,
        'replaying to the write',
        { kind: 'mark', mark: target.mark },
        target.level,
      );
    case 'opening':
      return goToOpening(bugger, target.fd);
  }
}

function jumpBack(bugger: Debugger): void {
  const { jumps } = bugger.state;
  const jump = jumps.at(-1);
  if (jump === undefined) {
    bugger.say('no jump to go back from');
    return;
  }
  bugger.trips.leave();
  const list = selectNumber(bugger.state.list, jump.event);
  bugger.update({ jumps: jumps.slice(0, -1), list, inside: jump.inside });
}

/** Without a search, as gdb's `next`: a step, since a call has nothing to step into here. */
function hit(bugger: Debugger, which: 'next' | 'previous'): void | Promise<void> {
  const { search, memorySearch } = bugger.state;
  if (inMemory(bugger)) {
    if (memorySearch !== '') return searchMemory(bugger, memorySearch, which === 'previous');
  } else if (search !== '') {
    return findCall(bugger, which, search);
  }
  step(bugger, which === 'next' ? 1 : -1);
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
  const { isWorkTold, work, memory, memorySearch, search, filter, enlarged, focus, left } =
    bugger.state;
  // what goes on by itself and is done in no time is not what Esc is pressed for
  const isTold = isWorkTold || work?.asked === true || bugger.guest.seeking?.event !== undefined;
  if (isTold || bugger.trips.isMoving) bugger.cancelWork();
  else if (inMemory(bugger) && memory.anchor !== undefined)
    bugger.update({ memory: toggleSelection(memory) });
  else if (inMemory(bugger) && memorySearch !== '') bugger.update({ memorySearch: '' });
  else if (filter !== '') return applyFilter(bugger, '');
  else if (search !== '') bugger.update({ search: '' });
  else if (enlarged !== 'none') bugger.update({ enlarged: 'none' });
  else if (left === 'source') leaveInside(bugger);
  else if (focus === 'tab') bugger.update({ focus: 'timeline' });
  else bugger.say('q quits');
}
