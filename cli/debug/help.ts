/** `help`: all commands, or one; and what to do instead of those of gdb that a recorded run has no use for. */
import { type Answer, refuse } from './answer.ts';
import type { DebugCommand } from './commands.ts';

/** Columns of names and usage, where these are short. */
const WIDTH = 34;

function rowsOf(commands: readonly DebugCommand[]) {
  return commands.map(({ names, usage, help }) => ({
    command: `${names.join(', ')} ${usage}`.trimEnd(),
    what: help,
  }));
}

/** @param command undefined: all */
export function helpText(
  commands: readonly DebugCommand[],
  command: DebugCommand | undefined,
): Answer {
  const rows = rowsOf(command === undefined ? commands : [command]);
  const text = rows.flatMap(({ command: usage, what }) =>
    usage.length < WIDTH
      ? [`${usage.padEnd(WIDTH)}${what}`]
      : [usage, `${''.padEnd(WIDTH)}${what}`],
  );
  const more =
    command === undefined
      ? [
          '',
          'Commands may be cut short (cont, disas). An empty line does the last one again. help NAME tells of one.',
        ]
      : [];
  return { text: [...text, ...more], json: { commands: rows } };
}

const RECORDED = 'what is debugged is a recorded run';

/** What users of gdb and rr may type, and why it is not there. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  set: `${RECORDED}: nothing in it can be changed, and there are no settings.`,
  show: 'there are no settings: info shows what is known.',
  jump: `${RECORDED}: it goes on as it did. goto and breakpoints lead anywhere in it.`,
  call: `${RECORDED}: no function can be called in it. print shows values.`,
  return: `${RECORDED}: it goes on as it did. finish goes out of the function.`,
  signal: `${RECORDED}: nothing can be sent to it.`,
  kill: 'nothing runs that could be ended: quit leaves the debugger.',
  detach: 'nothing runs: quit leaves the debugger.',
  attach: 'wasi-rr debug TRACE opens a trace.',
  file: 'wasi-rr debug TRACE opens a trace.',
  target: 'wasi-rr debug TRACE opens a trace.',
  record: `${RECORDED} already: reverse-step, reverse-continue and the others go back.`,
  directory: 'wasi-rr debug --source FOLDER says where source files are.',
  thread: 'there is one thread.',
  commands: 'breakpoints have no commands of their own: display shows values at each stop.',
  shell: 'there is none: Ctrl-Z suspends the debugger, and fg comes back.',
  tui: 'wasi-rr tui walks through the same trace on the full screen.',
  layout: 'wasi-rr tui walks through the same trace on the full screen.',
};

/** @returns undefined for a word that gdb does not know either */
export function insteadOf(word: string): string | undefined {
  return Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : undefined;
}

export function helpFor(
  commands: readonly DebugCommand[],
  rest: string,
  parse: (line: string) => { readonly command: DebugCommand },
): Answer {
  if (rest === '') return helpText(commands, undefined);
  const advice = insteadOf(rest);
  if (advice !== undefined) throw refuse(`${rest}: ${advice}`);
  return helpText(commands, parse(rest).command);
}
