/** Keys and mouse, to whatever has them: a prompt, the help, a mark's letter, or the focused pane. */
import { type Action, bindingFor, type Where } from '../model/keys.ts';
import type { Area, Tab } from '../model/layout.ts';
import {
  gotoAddress,
  type MemoryCursor,
  scrollRows,
  toggleSelection,
} from '../model/memory-cursor.ts';
import { scrollWindow, select } from '../model/scroll.ts';
import { numberAt } from '../model/timeline-list.ts';
import { addressAt } from '../panes/memory.ts';
import { tabAtColumn } from '../panes/tab-titles.ts';
import type { InputEvent } from '../terminal/keypress.ts';
import { ACTIONS } from './actions.ts';
import type { Debugger } from './debugger.ts';
import { isInside } from './inside.ts';
import { showAddress } from './memory-actions.ts';
import { pageOverlay, scrollOverlay } from './overlay.ts';
import { promptKey, promptPaste } from './prompts.ts';

/** Rows that one notch of the wheel scrolls. */
const WHEEL_ROWS = 3;

export function handleInput(bugger: Debugger, event: InputEvent): void {
  bugger.onInput(() => dispatch(bugger, event));
}

function dispatch(bugger: Debugger, event: InputEvent): void {
  const { prompt } = bugger.state;
  switch (event.kind) {
    case 'key':
      handleKey(bugger, event.key);
      return;
    case 'paste':
      if (prompt !== undefined) promptPaste(bugger, prompt, event.text);
      return;
    case 'wheel':
      handleWheel(bugger, event);
      return;
    case 'click':
      handleClick(bugger, event);
      return;
    case 'drag':
      handleDrag(bugger, event);
  }
}

function handleKey(bugger: Debugger, key: string): void {
  const { prompt, help, awaitingMark, message } = bugger.state;
  if (prompt !== undefined) {
    promptKey(bugger, prompt, key);
    return;
  }
  if (message !== undefined) bugger.update({ message: undefined });
  if (awaitingMark !== undefined) {
    markKey(bugger, awaitingMark, key);
    return;
  }
  const found = bindingFor(key, focusedPane(bugger), isInside(bugger));
  if (help !== undefined) {
    helpKey(bugger, found?.action);
    return;
  }
  if (found === undefined) {
    if (key.length === 1) bugger.say(`${key} does nothing here; ? lists the keys`);
    return;
  }
  void ACTIONS[found.action](bugger, key);
}

export function focusedPane({ state }: Debugger): Where {
  if (state.past !== undefined) return 'past';
  if (state.focus === 'timeline') return state.left;
  return OWN_KEYS.has(state.tab) ? (state.tab as Where) : 'list';
}

/** Panes with keys of their own. */
const OWN_KEYS: ReadonlySet<Tab> = new Set(['memory', 'bookmarks', 'locals', 'writes', 'breaks']);

/** The keys that mean something in the help; all others close it. */
const HELP_ACTIONS: Readonly<Partial<Record<Action, (bugger: Debugger) => void>>> = {
  down: (bugger) => scrollOverlay(bugger, 1),
  up: (bugger) => scrollOverlay(bugger, -1),
  pageDown: (bugger) => pageOverlay(bugger, 1),
  pageUp: (bugger) => pageOverlay(bugger, -1),
  top: (bugger) => scrollOverlay(bugger, Number.NEGATIVE_INFINITY),
  bottom: (bugger) => scrollOverlay(bugger, Number.POSITIVE_INFINITY),
  suspend: (bugger) => bugger.terminal.suspend(),
  quit: (bugger) => bugger.terminal.quit(),
};

function helpKey(bugger: Debugger, action: Action | undefined): void {
  const act = action === undefined ? undefined : HELP_ACTIONS[action];
  if (act === undefined) bugger.update({ help: undefined });
  else act(bugger);
}

function markKey(bugger: Debugger, what: 'set' | 'goto', letter: string): void {
  bugger.update({ awaitingMark: undefined });
  if (!/^[a-zA-Z0-9]$/.test(letter)) return;
  const { marks } = bugger.state;
  if (what === 'set') {
    const others = marks.filter((mark) => mark.letter !== letter);
    bugger.update({ marks: [...others, { letter, event: bugger.position }] });
    bugger.say(`mark ${letter} is #${bugger.position}`);
    return;
  }
  const mark = marks.find((one) => one.letter === letter);
  if (mark === undefined) bugger.say(`there is no mark ${letter}`);
  else bugger.select(mark.event, 'jump');
}

type Place = { readonly column: number; readonly row: number };

function isWithin(area: Area | undefined, { column, row }: Place): area is Area {
  if (area === undefined) return false;
  const right = area.left + area.width;
  return column >= area.left && column < right && row >= area.top && row < area.top + area.height;
}

function handleWheel(bugger: Debugger, event: Place & { readonly by: number }): void {
  const { layout, state } = bugger;
  const by = event.by * WHEEL_ROWS;
  if (state.help !== undefined || state.past !== undefined) {
    scrollOverlay(bugger, by);
  } else if (isWithin(layout.timeline, event) && state.left === 'source') {
    const { source } = state;
    bugger.update({ source: { ...source, scroll: scrollWindow(source.scroll, by) } });
  } else if (isWithin(layout.timeline, event)) {
    const scroll = scrollWindow(state.list.scroll, by);
    const selected = numberAt(state.list, scroll.cursor) ?? state.list.selected;
    bugger.update({ list: { ...state.list, scroll, selected } });
  } else if (isWithin(layout.tab, event)) {
    if (state.tab === 'memory') bugger.update({ memory: scrollRows(state.memory, by) });
    else {
      const scroll = scrollWindow(state.scrolls[state.tab], by);
      bugger.update({ scrolls: { ...state.scrolls, [state.tab]: scroll } });
    }
  }
}

function handleClick(bugger: Debugger, place: Place): void {
  const { layout, state } = bugger;
  if (state.help !== undefined) {
    bugger.update({ help: undefined });
  } else if (state.past !== undefined) {
    return;
  } else if (isWithin(layout.timeline, place) && state.left === 'source') {
    const { source } = state;
    const scroll = select(source.scroll, source.scroll.top + place.row - layout.timeline.top - 1);
    bugger.update({ focus: 'timeline', source: { ...source, scroll } });
  } else if (isWithin(layout.timeline, place)) {
    const index = state.list.scroll.top + place.row - layout.timeline.top - 1;
    const number = numberAt(state.list, index);
    bugger.update({ focus: 'timeline' });
    if (number !== undefined) bugger.select(number);
  } else if (isWithin(layout.tab, place)) {
    clickTab(bugger, layout.tab, place);
  }
}

/** Selects bytes of memory, from where the button was pressed. */
function handleDrag(bugger: Debugger, place: Place): void {
  const { layout, state } = bugger;
  const { memory, help } = state;
  const inMemory = focusedPane(bugger) === 'memory' && help === undefined;
  if (!inMemory || !isWithin(layout.tab, place)) return;
  const address = addressInPane(memory, layout.tab, place);
  if (address === undefined || address === memory.address) return;
  const anchored = memory.anchor === undefined ? toggleSelection(memory) : memory;
  bugger.update({ memory: gotoAddress(anchored, address) });
}

function addressInPane(memory: MemoryCursor, area: Area, { row, column }: Place) {
  return addressAt(memory, row - area.top - 1, column - area.left - 1);
}

function clickTab(bugger: Debugger, area: Area, place: Place): void {
  const { state } = bugger;
  const row = place.row - area.top - 1;
  if (row < 0) {
    const tab = tabAtColumn(state.tab, area.width, place.column - area.left);
    bugger.update(tab === undefined ? { focus: 'tab' } : { focus: 'tab', tab });
    return;
  }
  if (state.tab === 'memory') {
    const address = addressInPane(state.memory, area, place);
    if (address === undefined) bugger.update({ focus: 'tab' });
    else showAddress(bugger, address);
    return;
  }
  const scroll = select(state.scrolls[state.tab], state.scrolls[state.tab].top + row);
  bugger.update({ focus: 'tab', scrolls: { ...state.scrolls, [state.tab]: scroll } });
}
