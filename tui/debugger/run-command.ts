/** Carries out what was typed after `:`. */
import { messageOf } from '../../errors.ts';
import { type Command, readCommand } from '../model/command.ts';
import { addBookmark } from './bookmarks.ts';
import type { Debugger } from './debugger.ts';
import { applyFilter, applySort, findCall } from './finding.ts';
import { goToFirstBytes } from './first-bytes.ts';
import { toggleFollow } from './following.ts';
import { chooseInstance } from './instances.ts';
import { showAddress } from './memory-actions.ts';
import { goPast } from './past.ts';
import { addBreakpoint, addCatchpoint, addWatchpoint } from './points.ts';
import { showSource } from './stepping.ts';
import { addWatch, printValue } from './variables.ts';

type Run<Kind extends Command['kind']> = (
  bugger: Debugger,
  command: Extract<Command, { kind: Kind }>,
) => void | Promise<void>;

const RUN: { readonly [Kind in Command['kind']]: Run<Kind> } = {
  goto: (bugger, { event }) => {
    const last = bugger.reader.eventCount - 1;
    bugger.select(event, 'jump');
    if (event > last) bugger.say(`the last event is #${last}`);
  },
  gotoPercent: (bugger, { percent }) =>
    bugger.select(Math.round((bugger.reader.eventCount - 1) * (percent / 100)), 'jump'),
  find: (bugger, { which, filter }) => findCall(bugger, which, filter),
  firstBytes: (bugger, { text }) => goToFirstBytes(bugger, text),
  memory: (bugger, { address, length }) => showAddress(bugger, address, length),
  instance: (bugger, { instance, memory }) => chooseInstance(bugger, instance, memory),
  filter: (bugger, { text }) => applyFilter(bugger, text),
  sort: (bugger, { by }) => applySort(bugger, by),
  tab: (bugger, { tab }) => bugger.update({ tab, focus: 'tab' }),
  bookmark: (bugger, { note }) => addBookmark(bugger, note),
  snapshot,
  source: showSource,
  break: (bugger, { text }) => addBreakpoint(bugger, text),
  watch: (bugger, { text }) => addWatchpoint(bugger, text, 'change'),
  rwatch: (bugger, { text }) => addWatchpoint(bugger, text, 'read'),
  awatch: (bugger, { text }) => addWatchpoint(bugger, text, 'access'),
  catch: (bugger, { text }) => addCatchpoint(bugger, text),
  display: (bugger, { text }) => addWatch(bugger, text),
  print: (bugger, { text }) => printValue(bugger, text),
  failure: (bugger) => bugger.select(bugger.rows.rowToOpenAt(bugger.failureEvent), 'jump'),
  past: goPast,
  follow: toggleFollow,
  help: (bugger) => bugger.update({ help: 0 }),
  quit: (bugger) => bugger.terminal.quit(),
};

export async function runCommand(bugger: Debugger, text: string): Promise<void> {
  const read = readCommand(text);
  if (!read.ok) {
    bugger.say(read.problem, 'problem');
    return;
  }
  // the table is typed by kind; TypeScript cannot follow a union through it
  await (RUN[read.command.kind] as Run<Command['kind']>)(bugger, read.command);
}

async function snapshot(bugger: Debugger, { label }: { label: string }): Promise<void> {
  const { position } = bugger;
  try {
    await bugger.guest.snapshot(position, label);
    bugger.say(`stored the memory at #${position}`);
  } catch (thrown) {
    bugger.say(messageOf(thrown), 'problem');
  }
}
