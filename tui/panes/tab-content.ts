/** Which pane shows what; each is a function from the debugger to lines, run once per change of its input. */
import type { Debugger } from '../debugger/debugger.ts';
import type { Tab } from '../model/layout.ts';
import { bookmarksContent } from './bookmarks.ts';
import { breaksContent } from './breaks.ts';
import { callContent } from './call.ts';
import type { TabContent } from './content.ts';
import { filesContent } from './files.ts';
import { globalsContent } from './globals.ts';
import { infoContent } from './info.ts';
import { localsContent } from './locals.ts';
import { outputContent } from './output.ts';
import { stackContent } from './stack.ts';
import { writesContent } from './writes.ts';

interface Pane {
  readonly content: (bugger: Debugger, width: number) => TabContent;
  /** What the content is made of besides the position and the width: compared one by one. */
  readonly from: (bugger: Debugger) => readonly unknown[];
}

const PANES: Readonly<Record<Exclude<Tab, 'memory'>, Pane>> = {
  call: {
    content: callContent,
    from: ({ reader, guest, state }) => [
      reader.meta,
      guest.stack,
      state.list.selected >= reader.eventCount,
    ],
  },
  stack: {
    content: stackContent,
    from: (bugger) => [bugger.state.inside, bugger.guest.stack, ...replayState(bugger)],
  },
  files: { content: filesContent, from: ({ state }) => [state.history] },
  output: { content: outputContent, from: ({ state }) => [state.history] },
  globals: {
    content: globalsContent,
    from: (bugger) => [
      ...[bugger.state.inside, bugger.travel.globals, bugger.guest.globals],
      ...replayState(bugger),
    ],
  },
  info: { content: infoContent, from: ({ reader }) => [reader.meta] },
  writes: { content: writesContent, from: ({ state }) => [state.writers] },
  locals: {
    content: localsContent,
    from: ({ state, travel }) => [
      ...[state.inside, state.insideProblem, travel.rows, travel.problem],
    ],
  },
  breaks: { content: breaksContent, from: ({ state }) => [state.points] },
  bookmarks: { content: bookmarksContent, from: ({ state }) => [state] },
};

function replayState({ guest, position }: Debugger): readonly unknown[] {
  return [guest.problemAt(position), guest.waitingText(position)];
}

function isSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.every((value, index) => value === right[index]);
}

interface Remembered {
  readonly position: number;
  readonly width: number;
  readonly from: readonly unknown[];
  readonly content: TabContent;
}

const remembered = new WeakMap<Debugger, Map<Tab, Remembered>>();

export function tabContent(bugger: Debugger, width: number): TabContent {
  const { tab } = bugger.state;
  if (tab === 'memory') return { lines: [] };
  const pane = PANES[tab];
  const { position } = bugger;
  const from = pane.from(bugger);
  const byTab = remembered.get(bugger) ?? new Map<Tab, Remembered>();
  remembered.set(bugger, byTab);
  const last = byTab.get(tab);
  if (last?.position === position && last.width === width && isSame(last.from, from)) {
    return last.content;
  }
  const content = pane.content(bugger, width);
  byTab.set(tab, { position, width, from, content });
  return content;
}
