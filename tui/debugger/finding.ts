/** Finding calls: search, filter, errors, uses of a descriptor, continue. All off the render thread. */

import type { CallFilter } from '../../traces/timeline.ts';
import type { SortBy } from '../model/command.ts';
import { FAILED, isEmptyFilter, readFilter } from '../model/filter-text.ts';
import { showNumbers, type TimelineList } from '../model/timeline-list.ts';
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
  const { filter, sort, list } = bugger.state;
  if (list.numbers === undefined) return;
  const read = readFilter(filter);
  if (!read.ok) return;
  const found = await bugger.ask({ kind: 'matches', filter: read.filter, sort }, 'filtering');
  const { state } = bugger;
  // another one was chosen meanwhile
  if (found === undefined || state.filter !== filter || state.sort !== sort) return;
  bugger.update({ list: arranged(bugger, found, sort) });
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
    const list = showNumbers(bugger.state.list, undefined, true);
    bugger.update({ filter: '', sort, list });
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
