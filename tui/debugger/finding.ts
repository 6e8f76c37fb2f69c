/** Finding calls: search, filter, errors, uses of a descriptor, continue. All off the render thread. */

import type { CallFilter } from '../../traces/timeline.ts';
import type { SortBy } from '../model/command.ts';
import { FAILED, isEmptyFilter, readFilter } from '../model/filter-text.ts';
import { fold, showNumbers, type TimelineList } from '../model/timeline-list.ts';
import { grouped } from '../text/units.ts';
import type { Debugger } from './debugger.ts';

/** Goes to the nearest call that matches, after or before the position. */
export async function goToMatch(
  bugger: Debugger,
  filter: CallFilter,
  direction: 'next' | 'previous',
  what: string,
): Promise<void> {
  const backwards = direction === 'previous';
  const { position } = bugger;
  const from = backwards ? position : position + 1;
  await goTo(
    bugger,
    { filter, from, backwards },
    `no ${what} ${backwards ? 'before' : 'after'} #${position}`,
  );
}

async function goTo(
  bugger: Debugger,
  query: { filter: CallFilter; from: number; backwards: boolean },
  none: string,
): Promise<void> {
  let missing = true;
  const found = await bugger.ask({ kind: 'find', ...query }, 'searching');
  if (found !== undefined) {
    missing = false;
    bugger.select(found, 'jump');
  }
  if (missing && bugger.state.message === undefined) bugger.say(none);
}

export function goToError(bugger: Debugger, direction: 'next' | 'previous'): Promise<void> {
  return goToMatch(bugger, FAILED, direction, 'call that returned an error');
}

/** First or last match of the whole run, or the next or previous one from here. */
export async function findCall(
  bugger: Debugger,
  which: 'first' | 'last' | 'next' | 'previous',
  text: string,
): Promise<void> {
  const filter = conditionOf(bugger, text);
  if (filter === undefined) return;
  if (which === 'next' || which === 'previous')
    return goToMatch(bugger, filter, which, `"${text}"`);
  const backwards = which === 'last';
  const from = backwards ? bugger.reader.eventCount : 0;
  await goTo(bugger, { filter, from, backwards }, `no call matches "${text}"`);
}

/** A function's name alone means exactly that function. */
function conditionOf(bugger: Debugger, text: string): CallFilter | undefined {
  if (bugger.state.functions.includes(text)) return { function: text };
  const read = readFilter(text);
  if (!read.ok) {
    bugger.say(read.problem, 'problem');
    return undefined;
  }
  if (!isEmptyFilter(read.filter)) return read.filter;
  bugger.say('nothing to look for');
  return undefined;
}

/** The descriptor of the selected call. */
function currentFd(bugger: Debugger): number | undefined {
  const row = bugger.rows.get(bugger.position);
  const fd = row.kind === 'call' ? row.call.fd : undefined;
  if (fd === undefined) bugger.say('this event has no descriptor');
  return fd;
}

export async function goToUse(bugger: Debugger, direction: 'next' | 'previous'): Promise<void> {
  const fd = currentFd(bugger);
  if (fd !== undefined) await goToMatch(bugger, { fd }, direction, `use of descriptor ${fd}`);
}

export async function goToOpen(bugger: Debugger): Promise<void> {
  const fd = currentFd(bugger);
  if (fd !== undefined) await goToOpening(bugger, fd);
}

/** To the call before the position that opened a descriptor. */
export async function goToOpening(bugger: Debugger, fd: number): Promise<void> {
  const query = { filter: { returnedFd: fd }, from: bugger.position, backwards: true };
  await goTo(bugger, query, `descriptor ${fd} was open from the start`);
}

/** Shows only what matches; an empty text shows all. */
export async function applyFilter(bugger: Debugger, text: string): Promise<void> {
  await arrange(bugger, text.trim(), bugger.state.sort);
}

export async function applySort(bugger: Debugger, sort: SortBy): Promise<void> {
  await arrange(bugger, bugger.state.filter, sort);
}

/** Shows again what the filter and the order mean, after more was recorded. */
export async function arrangeAgain(bugger: Debugger): Promise<void> {
  const { filter, sort, folded } = bugger.state;
  const read = readFilter(filter);
  if (!read.ok) return;
  const isAll = isEmptyFilter(read.filter) && sort === 'number';
  const wanted = isAll ? folding(bugger) : read.filter;
  if (wanted === undefined) return;
  const found = await bugger.ask({ kind: 'matches', filter: wanted, sort }, 'filtering');
  const { state } = bugger;
  // another one was chosen meanwhile
  const isStill = state.filter === filter && state.sort === sort && state.folded === folded;
  if (found === undefined || !isStill) return;
  bugger.update({ list: isAll ? foldedTo(bugger, found) : arranged(bugger, found, sort) });
}

/** What is worth a row where others are folded away; undefined where none are. */
function folding({ state, folding: { filter } }: Debugger): CallFilter | undefined {
  return state.folded ? filter : undefined;
}

function foldedTo(bugger: Debugger, found: Uint32Array): TimelineList {
  return fold(bugger.state.list, withEnd(found, bugger.rows.count - 1));
}

/** The rows of a trace that is opened, without those that are folded away; all where to find them takes a while. */
export function foldedAtOnce({ folding, rows }: Debugger, list: TimelineList): TimelineList {
  const { few } = folding;
  return few === undefined ? list : fold(list, withEnd(few, rows.count - 1));
}

/** Shows what the runtime of a component does, or folds it away. */
export async function toggleRuntime(bugger: Debugger): Promise<void> {
  const { folded, filter, sort } = bugger.state;
  if (bugger.folding.filter === undefined) {
    bugger.say(
      bugger.reader.meta.component === undefined
        ? 'only of a component is there anything to fold away'
        : 'this trace does not say what of it is worth a row; `wasi-rr index` may add that',
      'problem',
    );
    return;
  }
  bugger.update({ folded: !folded });
  await arrange(bugger, filter, sort);
}

function arranged(bugger: Debugger, found: Uint32Array, sort: SortBy): TimelineList {
  const { list } = bugger.state;
  const ascending = sort === 'number';
  return showNumbers(list, ascending ? withEnd(found, bugger.rows.count - 1) : found, ascending);
}

async function arrange(bugger: Debugger, text: string, sort: SortBy): Promise<void> {
  const read = readFilter(text);
  if (!read.ok) {
    bugger.say(read.problem, 'problem');
    return;
  }
  if (isEmptyFilter(read.filter) && sort === 'number') {
    if (folding(bugger) === undefined) {
      const list = showNumbers(bugger.state.list, undefined, true);
      bugger.update({ filter: '', sort, list });
    } else {
      bugger.update({ filter: '', sort });
      await arrangeAgain(bugger);
    }
    return;
  }
  const query = { kind: 'matches', filter: read.filter, sort } as const;
  const found = await bugger.ask(query, 'filtering');
  if (found === undefined) return;
  bugger.update({ filter: text, sort, list: arranged(bugger, found, sort) });
  const calls = found.length === 1 ? '1 call' : `${grouped(found.length)} calls`;
  bugger.say(found.length === 0 ? 'no call matches the filter; Esc shows all' : `${calls} shown`);
}

/** The outcome stays in sight: the last event is always the last row. */
function withEnd(numbers: Uint32Array, last: number): Uint32Array {
  if (numbers.at(-1) === last || last < 0) return numbers;
  const all = new Uint32Array(numbers.length + 1);
  all.set(numbers);
  all[numbers.length] = last;
  return all;
}
