/** The commands of the debugger, with gdb's words, as a table. */
import { type Answer, refuse } from './answer.ts';
import { POINT_COMMANDS } from './breakpoints.ts';
import type { Debugger } from './debugger.ts';
import { disassemble } from './disassemble.ts';
import { showDisplays, undisplay } from './displays.ts';
import { examine } from './examine.ts';
import { find, first } from './find.ts';
import { helpFor, insteadOf } from './help.ts';
import { variableHistory } from './history.ts';
import { INFO_SUBJECTS, information } from './information.ts';
import { listSource } from './list-source.ts';
import { MOTION_COMMANDS } from './motions.ts';
import { STACK_COMMANDS } from './stack.ts';
import { printType, whatIs } from './types.ts';
import { evaluated, formatAndExpression, printValue } from './values.ts';

export interface DebugCommand {
  /** The first is the one that help shows. */
  readonly names: readonly string[];
  readonly usage: string;
  readonly help: string;
  /** Whether an empty line does it again; `onwards`: without what stood behind it, from where it ended. */
  readonly repeats?: boolean | 'onwards';
  /** @returns undefined to quit */
  readonly run: (debug: Debugger, rest: string) => Promise<Answer | undefined>;
}

export const COMMANDS: readonly DebugCommand[] = [
  ...MOTION_COMMANDS,
  ...POINT_COMMANDS,
  ...STACK_COMMANDS,
  { names: ['info', 'i'], usage: INFO_SUBJECTS, help: 'what is known of these', run: information },
  {
    names: ['print', 'p'],
    usage: '[/x|d|u|o|t|c] EXPRESSION',
    help: 'its value: u->name, arr[3], *(int *)0x12310, sizeof(user), local0 of wasm, a global',
    run: printValue,
  },
  {
    names: ['history'],
    usage: '[-all] [/x] EXPRESSION',
    help: 'how a variable changed, in this call of its function or in all of them; others in the whole run',
    run: variableHistory,
  },
  {
    names: ['ptype', 'pt'],
    usage: '[/o] EXPRESSION | TYPE',
    help: 'what its type is made of: ptype u, ptype struct user; /o with offsets and sizes',
    run: printType,
  },
  {
    names: ['whatis'],
    usage: 'EXPRESSION | TYPE',
    help: 'the name of its type',
    run: whatIs,
  },
  {
    names: ['display'],
    usage: '[[/x] EXPRESSION]',
    help: 'show its value here, and wherever the guest stops',
    run: async (debug, rest) => {
      if (rest === '') return showDisplays(debug);
      await evaluated(debug, formatAndExpression(rest).expression);
      return showDisplays(debug, [debug.displays.add(rest)]);
    },
  },
  {
    names: ['undisplay'],
    usage: '[N…]',
    help: 'do not display it any more, or nothing',
    run: async (debug, rest) => {
      return undisplay(debug, rest);
    },
  },
  {
    names: ['x'],
    usage: '[/FORMAT] [ADDRESS]',
    help: 'memory: x/4xw 0x12310, x/s u->name, x/16xb &s, x/5i $pc; units b h w g, formats x d u o t c f s i; then x goes on',
    repeats: 'onwards',
    run: examine,
  },
  {
    names: ['find'],
    usage: '"TEXT" | 0x62 0x75…',
    help: 'where memory holds these bytes now',
    run: find,
  },
  {
    names: ['first'],
    usage: '"TEXT" | 0x62 0x75… | CALL',
    help: 'go to where memory holds these bytes for the first time in the run; or to the first call of fd_write',
    run: first,
  },
  {
    names: ['list', 'l'],
    usage: '[LINE | FROM,TO | FILE:LINE | FUNCTION | *BYTE | -]',
    help: 'lines of the source, on from the last ones, - those before; its file must be found (--source)',
    repeats: 'onwards',
    run: listSource,
  },
  {
    names: ['disassemble', 'disas'],
    usage: '[all | FUNCTION]',
    help: 'the code of WebAssembly, around here',
    run: disassemble,
  },
  {
    names: ['source'],
    usage: 'FILE',
    help: 'the commands of a file, until one goes wrong',
    // whoever reads commands does it
    run: async () => ({ text: [], json: {} }),
  },
  {
    names: ['help', 'h'],
    usage: '[COMMAND]',
    help: 'these commands, or one of them',
    run: async (_, rest) => helpFor(COMMANDS, rest, parseLine),
  },
  { names: ['quit', 'q', 'exit'], usage: '', help: 'leave', run: async () => undefined },
];

/**
 * The command that a line begins with, and what stands behind it. A command may be cut where it stays
 * the only one.
 * @throws WasiRrError OPTION_INVALID
 */
export function parseLine(line: string): { command: DebugCommand; rest: string } {
  const [, word = '', rest = ''] = /^\s*([a-zA-Z-]+)\s*(.*?)\s*$/s.exec(line) ?? [];
  const exact = COMMANDS.find(({ names }) => names.includes(word));
  const begun = COMMANDS.filter(
    ({ names }) => word !== '' && names.some((name) => name.startsWith(word)),
  );
  const command = exact ?? (begun.length === 1 ? begun[0] : undefined);
  if (command !== undefined) return { command, rest };
  const advice = insteadOf(word);
  if (advice !== undefined) throw refuse(`${word}: ${advice}`);
  const names = begun.map(({ names: [name] }) => name).join(', ');
  throw refuse(
    begun.length > 1
      ? `"${word}" may be ${names}.`
      : `"${line.trim()}" is no command of the debugger: help lists them.`,
  );
}
