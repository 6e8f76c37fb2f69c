/** The line at the bottom in which something is typed: its keys, its history, and what Enter does. */
import { commandUsage, completions, readCommand } from '../model/command.ts';
import { type FilterContext, filterCompletions, readFilter } from '../model/filter-text.ts';
import {
  EMPTY_LINE,
  editLine,
  insert,
  lineOf,
  lineText,
  type PromptLine,
} from '../model/prompt.ts';
import { searchProblem } from '../model/value-types.ts';
import { addBookmark, changeNote } from './bookmarks.ts';
import type { Debugger } from './debugger.ts';
import { applyFilter, findCall } from './finding.ts';
import { searchMemory } from './memory-actions.ts';
import { changeCondition } from './points.ts';
import { runCommand } from './run-command.ts';
import type { Prompt, PromptKind } from './state.ts';
import { addWatch } from './variables.ts';

interface PromptSpec {
  /** What stands before the line. */
  readonly label: string;
  readonly hint: string;
  readonly submit: (bugger: Debugger, text: string) => void | Promise<void>;
  /** Whether an empty line means something. */
  readonly takesNothing?: true;
  /** What is wrong with a line, which stays to be mended then. */
  readonly problem?: (text: string) => string | undefined;
  /** A word on what has been typed so far. */
  readonly usage?: (text: string) => string;
  readonly complete?: (text: string, context: FilterContext) => readonly string[];
}

const filterProblem = (text: string): string | undefined => {
  const read = readFilter(text);
  return read.ok ? undefined : read.problem;
};

const commandProblem = (text: string): string | undefined => {
  const read = readCommand(text);
  return read.ok ? undefined : read.problem;
};

export const PROMPTS: Readonly<Record<PromptKind, PromptSpec>> = {
  command: {
    label: ':',
    hint: 'a call number, 50%, first path_open, m 0x1234… Tab completes',
    submit: runCommand,
    problem: commandProblem,
    usage: commandUsage,
    complete: completions,
  },
  search: {
    label: '/',
    hint: 'text, or as in a filter: fd:4, errno:noent',
    submit: async (bugger, search) => {
      bugger.update({ search });
      await findCall(bugger, 'next', search);
    },
    problem: filterProblem,
    complete: filterCompletions,
  },
  searchMemory: {
    label: 'memory/',
    hint: 'text, bytes (0xde 0xad), or a number: u32:1234, i16:-3, f64:0.5',
    problem: searchProblem,
    submit: async (bugger, memorySearch) => {
      bugger.update({ memorySearch });
      await searchMemory(bugger, memorySearch);
    },
  },
  filter: {
    label: 'filter: ',
    hint: 'text, fd:4, errno:noent, path:x, name:x, failed, where SQL; empty shows all',
    submit: applyFilter,
    takesNothing: true,
    problem: filterProblem,
    complete: filterCompletions,
  },
  continue: {
    label: 'continue to: ',
    hint: 'a function, or as in a filter',
    submit: async (bugger, condition) => {
      bugger.update({ condition });
      await findCall(bugger, 'next', condition);
    },
    problem: filterProblem,
    complete: filterCompletions,
  },
  reverseContinue: {
    label: 'continue back to: ',
    hint: 'a function, or as in a filter',
    submit: async (bugger, condition) => {
      bugger.update({ condition });
      await findCall(bugger, 'previous', condition);
    },
    problem: filterProblem,
    complete: filterCompletions,
  },
  bookmark: {
    label: 'note: ',
    hint: 'what is to be remembered of this call',
    submit: addBookmark,
    takesNothing: true,
  },
  editNote: {
    label: 'note: ',
    hint: 'what is to be remembered of this call',
    submit: changeNote,
    takesNothing: true,
  },
  condition: {
    label: 'stop if: ',
    hint: 'n > 3, name[0] == 0; of a watchpoint $value and $old; empty: always',
    submit: changeCondition,
    takesNothing: true,
  },
  watch: {
    label: 'watch list: ',
    hint: 'u->name, arr[3], *(int *)0x12310, local0',
    submit: addWatch,
  },
};

/** Lines that were typed before, by kind. For this run of the program only. */
const past = new Map<PromptKind, string[]>();

export function openPrompt(bugger: Debugger, kind: PromptKind, text = ''): void {
  const line = text === '' ? EMPTY_LINE : lineOf(text);
  bugger.update({ prompt: promptOf(kind, line), message: undefined });
}

function promptOf(kind: PromptKind, line: PromptLine): Prompt {
  const typed = past.get(kind)?.length ?? 0;
  return { kind, line, offered: [], choice: -1, problem: undefined, past: typed };
}

export function promptKey(bugger: Debugger, prompt: Prompt, key: string): void {
  switch (key) {
    case 'escape':
    case 'ctrl-c':
      bugger.update({ prompt: undefined });
      return;
    case 'enter':
      submit(bugger, prompt);
      return;
    case 'tab':
    case 'shift-tab':
      complete(bugger, prompt, key === 'tab' ? 1 : -1);
      return;
    case 'up':
    case 'down':
      recall(bugger, prompt, key === 'up' ? -1 : 1);
      return;
    case 'backspace':
      if (prompt.line.characters.length === 0) {
        bugger.update({ prompt: undefined });
        return;
      }
  }
  const line = editLine(prompt.line, key);
  if (line !== undefined) bugger.update({ prompt: { ...promptOf(prompt.kind, line) } });
}

export function promptPaste(bugger: Debugger, prompt: Prompt, text: string): void {
  const line = insert(prompt.line, text.replace(/\s*[\r\n]+\s*/g, ' '));
  bugger.update({ prompt: promptOf(prompt.kind, line) });
}

function submit(bugger: Debugger, prompt: Prompt): void {
  const text = lineText(prompt.line).trim();
  const { submit, takesNothing, problem } = PROMPTS[prompt.kind];
  const wrong = text === '' ? undefined : problem?.(text);
  if (wrong !== undefined) {
    bugger.update({ prompt: { ...prompt, offered: [], choice: -1, problem: wrong } });
    return;
  }
  const typed = past.get(prompt.kind) ?? [];
  if (text !== '' && typed.at(-1) !== text) past.set(prompt.kind, [...typed, text]);
  bugger.update({ prompt: undefined });
  if (text !== '' || takesNothing) void submit(bugger, text);
}

function complete(bugger: Debugger, prompt: Prompt, by: number): void {
  const context = { functions: bugger.state.functions };
  const offered =
    prompt.choice >= 0
      ? prompt.offered
      : (PROMPTS[prompt.kind].complete?.(lineText(prompt.line), context) ?? []);
  if (offered.length === 0) return;
  const choice =
    prompt.choice < 0
      ? by > 0
        ? 0
        : offered.length - 1
      : (prompt.choice + by + offered.length) % offered.length;
  const line = lineOf(offered[choice] ?? '');
  // the only one is taken: the next Tab completes what follows it
  const taken = offered.length === 1;
  bugger.update({
    prompt: { ...prompt, line, offered: taken ? [] : offered, choice: taken ? -1 : choice },
  });
}

function recall(bugger: Debugger, prompt: Prompt, by: number): void {
  const typed = past.get(prompt.kind) ?? [];
  const at = Math.max(0, Math.min(prompt.past + by, typed.length));
  bugger.update({ prompt: { ...promptOf(prompt.kind, lineOf(typed[at] ?? '')), past: at } });
}
