/** gdb's words in `wasi-rr debug`, typed one after the other as a person would, errors included. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS, parseLine } from '../../cli/debug/commands.ts';
import { complete } from '../../cli/debug/completion.ts';
import { Debugger } from '../../cli/debug/debugger.ts';
import { exampleCases } from '../../examples/cases.ts';
import { openTimeTravel, openTrace, WasiRrError } from '../../index.ts';
import { SourceFiles } from '../../tui/source/source-files.ts';
import { Scratch } from '../recorder/scratch.ts';
import { example } from './command.ts';

const scratch = new Scratch('debug-words');
let newDebugger: () => Debugger;
let debug: Debugger;
let close: () => Promise<void>;

beforeAll(async () => {
  const wanted = exampleCases().find(({ name }) => name === 'heapsmash-O0g');
  if (wanted === undefined) throw new Error('no example');
  const { trace: path } = await scratch.recordExample(wanted);
  const trace = openTrace(path);
  const travel = openTimeTravel(path);
  newDebugger = () => new Debugger(trace, travel, new SourceFiles([example('')]));
  close = async () => {
    await travel.close();
    trace.close();
  };
});

afterAll(async () => {
  await close?.();
  scratch.remove();
});

async function answered(line: string): Promise<string[]> {
  try {
    const { command, rest } = parseLine(line);
    return [...((await command.run(debug, rest))?.text ?? ['(left)'])];
  } catch (thrown) {
    if (thrown instanceof WasiRrError) return [`! ${thrown.message}`];
    throw thrown;
  }
}

/** By what they are about: each begins where the run failed. */
const SESSIONS: Readonly<Record<string, readonly string[]>> = {
  stack: [
    ...['bt 2', 'bt -1', 'bt full 1', 'bt some', 'up 99', 'up', 'down 2', 'down 99', 'down'],
    ...['frame function main', 'f nobody', 'info s', 'info f', 'frame 99'],
  ],
  motions: [
    ...['checkpoint', 'start', 'b set_name', 'c', 'c 3', 'rc 2', 'info b', 'restart 1', 'c 2'],
    ...['info checkpoints', 'delete checkpoint 1', 'restart 1', 'run', 'until heapsmash.c:13'],
    ...['delete', 'until 17', 'run #9', 'advance', 'advance 12', 'info program'],
  ],
  // line 12 is a loop, and so are lines 27 and 35
  until: [
    ...['start', 'advance set_name', 'until', 'until', 'u', 'u', 'advance 27', 'until', 'until'],
    ...['b 29', 'until', 'delete', 'until', 'until', 'finish', 'goto failure', 'until'],
  ],
  source: [
    ...['list', 'list', 'list -', 'list 11,13', 'list 30,', 'list', 'list 9999', 'list set_name'],
    ...['b 13', 'clear 13', 'clear 13', 'list heapsmash.c:5', 'list -', 'list 13,11', 'l *0xe24'],
    ...['info line 13', 'info line set_name', 'info line'],
  ],
  memory: [
    ...['x', 'x/2xw u', 'x', 'x/s u->name', 'x', 'x/2s 0x12330', 'x/f u', 'x/2tb u', 'x/3i $pc'],
    ...['x', 'p $pc', 'p/s u->name', 'p/q u', 'x/3i 12'],
  ],
  displays: ['display u->id', 'display/x u', 'undisplay 2 1', 'delete display', 'undisplay 7'],
  types: [
    ...[
      'ptype u',
      'ptype/o struct user',
      'whatis u',
      'whatis user',
      'ptype set_name',
      'ptype 1 + 1',
    ],
    ...['whatis u->next', 'ptype line', 'ptype nobody', 'ptype', 'ptype/q u', 'whatis u->nothing'],
  ],
  symbols: [
    ...[
      'info functions ^set_|main$',
      'info fun nothing_like_it',
      'info functions (',
      'info types ^user$',
    ],
    ...['info variables ^(head|count)$', 'info instances', 'info sharedlibrary'],
  ],
  words: [
    ...['help b', 'help finish', 'help set', 'help fly', 'set var u = 0', 'thread 1', 'fly'],
    ...['first fd_write', 'first fd_nothing'],
    ...['info', 'info threads', 'info wat', 'info fly', 'p set_name(u, line)', 'p u = 3', 'dis 7'],
  ],
};

test.each(Object.keys(SESSIONS))('%s', async (name) => {
  debug = newDebugger();
  await debug.begin();
  const lines: string[] = [];
  for (const line of SESSIONS[name] ?? []) {
    lines.push(`(wasi-rr) ${line}`, ...(await answered(line)));
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/debug-words-${name}.txt`);
});

test('nothing but going somewhere works before it stands anywhere: Ctrl-C gave the first motion up', async () => {
  debug = newDebugger();
  expect(debug.isSomewhere).toBe(false);
  for (const line of ['when', 'step', 'reverse-continue', 'bt', 'p count', 'list']) {
    expect(await answered(line), line).toEqual([
      '! the debugger has not gone anywhere yet: goto start or goto failure.',
    ]);
  }
  expect(await answered('goto start')).toEqual([expect.stringMatching(/^#0 {2}_start/)]);
});

test.each([
  // commands, topics, subjects
  ['sta', 'start'],
  ['help ba', 'backtrace'],
  ['info fu', 'functions'],
  // functions and files
  ['b set_', 'set_name'],
  ['b heaps', 'heapsmash.c'],
  ['info line set_', 'set_name'],
  ['tb nothing_like_it', ''],
  // variables, members, types
  ['p tot', 'total'],
  ['p u->', 'id name next rank score'],
  ['p u->next->n', 'name next'],
  ['p (*u).i', 'id'],
  ['p total + u->s', 'score'],
  ['p/x u->i', 'id'],
  ['x/4xw u->na', 'name'],
  ['b set_name if lin', 'line'],
  ['ptype use', 'user'],
  ['p nobody->', ''],
  ['whatis set_n', 'set_name'],
  // numbers
  ['delete ', '1 2'],
  ['undisplay ', '1'],
  // others
  ['goto f', 'failure'],
  ['catch fd_w', 'fd_write'],
  ['frame ma', 'main'],
  ['bt f', 'full'],
  ['fly me', ''],
])('Tab after %j', async (line, expected) => {
  debug = newDebugger();
  await debug.begin();
  for (const command of ['b set_name', 'watch u->id', 'display u']) await answered(command);
  const [found] = await complete(debug, COMMANDS, line);
  expect(found.join(' ')).toBe(expected);
});

test('commands are found by their beginnings', () => {
  const known = [
    ...['cont continue', 'unt until', 'adv advance', 'wher backtrace', 'disas disassemble'],
    ...['dis disable', 'reverse-c reverse-continue', 'u until', 'tb tbreak', 'i info', 'r run'],
    ...['chec checkpoint', 'del delete', 'undisp undisplay', 'p print', 'x/4xw x'],
  ];
  for (const line of known) {
    const [typed = '', meant] = line.split(' ');
    expect(parseLine(typed).command.names[0], typed).toBe(meant);
  }
  expect(() => parseLine('re')).toThrow(/may be reverse-step, .*restart/);
});

test('an empty line repeats what goes on, and nothing else', () => {
  const repeats = (line: string) => parseLine(line).command.repeats;
  for (const line of ['step', 'c', 'up', 'down', 'until', 'rn']) expect(repeats(line)).toBe(true);
  for (const line of ['list', 'x']) expect(repeats(line)).toBe('onwards');
  for (const line of ['break', 'delete', 'run', 'quit', 'goto']) {
    expect(repeats(line)).toBeUndefined();
  }
});
