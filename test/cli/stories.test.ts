/**
 * The bugs of the example programs, each found with the debugger: from the failure back to its cause, by what
 * a person would type. The goldens are what they would read.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { example, HANG_SAYS, Workspace } from './command.ts';

const ws = new Workspace();
afterAll(() => ws.remove());

interface Story {
  /** Folder that the program sees as `/`. */
  readonly folder?: string;
  readonly stdin?: string;
  readonly options?: readonly string[];
  /** It hangs, when it has printed this. */
  readonly until?: string;
  readonly commands: readonly string[];
}

const SEEDED = ['--clock', 'fixed', '--random', 'seed=8'];
const HANG = { stdin: 'hang/stdin.txt', until: HANG_SAYS };

const STORIES: Readonly<Record<string, Story>> = {
  // who wrote the pointer that the trap went through? set_name, too long a name: line 121 of the input
  'heapsmash-O0g': {
    folder: 'heapsmash',
    commands: [
      ...['p *u', 'watch u->rank', 'rc', 'bt', 'info args', 'up', 'info args', 'up'],
      ...['p n + 1', 'p line', 'down 2', 'watch *u->name@24', 'x/40xb u->name', 'when'],
    ],
  },
  // without variables: the bytes of the bad index, and where the text in them came from
  'heapsmash-O2': {
    folder: 'heapsmash',
    commands: [
      ...[
        'bt',
        'disassemble',
        'p local1',
        'p local0',
        'find 0x62 0x75 0x72 0x00',
        'watch 0x12310 4',
      ],
      ...['rc', 'bt', 'disassemble', 'first "Maximiliane-von"', 'when'],
    ],
  },
  // a guest that is admin: the flag was in the block before it was his
  'uninit-O0g': {
    stdin: 'uninit/stdin.txt',
    commands: [
      ...['b uninit.c:23 if s->flags & 64', 'rc', 'p *s', 'p line', 'watch s->flags', 'rc', 'bt'],
      ...['up', 'p line', 'delete', 'b login', 'c', 'finish', 'info breakpoints'],
    ],
  },
  // optimized, the flag is never read, and nothing fails
  'uninit-O2': {
    stdin: 'uninit/stdin.txt',
    commands: ['first "Q9tail"', 'goto end', 'catch fd_write', 'rc', 'bt', 'find "is a guest"'],
  },
  // the loop, and variables that do not change in it
  'hang-O0g': {
    ...HANG,
    commands: [
      ...['b hang.c:7 if p + 1 >= end', 'c', 'delete', 'bt', 'info locals', 'p end - p', 'p *p'],
      ...['display p', 'n', 'n', 'n', 'n', 'undisplay', 'up', 'p len', 'p toks'],
    ],
  },
  'hang-O2': {
    ...HANG,
    commands: [
      ...['bt', 'c', 'bt', 'disassemble', 'info wasm', 'p local3 - local0', 'x/s local0 - 12'],
      ...['b', 'c', 'p local0'],
    ],
  },
  // a length from the file is believed
  'rustslice-O2': {
    folder: 'rustslice',
    commands: ['bt', 'frame main', 'disassemble', 'catch fd_read', 'rc', 'when', 'delete', 'rf'],
  },
  // the same with variables, and who read it
  'rustslice-O0g': {
    folder: 'rustslice',
    commands: [
      ...['frame bytes', 'info locals', 'p n', 'p self.pos', 'p self.b[0]', 'up', 'info locals'],
      ...['p len', 'p n', 'watch len', 'rc', 'frame main', 'p c.pos'],
    ],
  },
  // an account that is not there: its line had no number
  'ledger-O0g': {
    folder: 'ledger',
    stdin: 'ledger/orders.txt',
    options: ['--random', 'seed=8'],
    commands: [
      ...['frame apply', 'info locals', 'p *ledger', 'p ledger.accounts["carl"].limit'],
      ...['p ledger.accounts["ann"]', 'p ledger.recent[2].1', 'p ledger.by_balance[50][1]'],
      ...['watch ledger.accounts["ann"].balance', 'rc', 'p order', 'p account'],
      ...['p account.name', 'rc', 'p order', 'delete'],
      ...['b ledger.rs:38 if line == "bob,5O,20"', 'rc', 'info locals', 'n'],
    ],
  },
  // Zig, and nothing fails: 148 nails are too few, for somebody sold rope
  'stock-O0g': {
    stdin: 'stock/orders.txt',
    commands: [
      ...['catch call fd_write', 'rc', 'frame main', 'p stock.items.items', 'delete'],
      ...[
        'watch stock.items.items[2].count',
        'rc',
        'p *item',
        'p order',
        'p order.name == item.name',
      ],
      ...['frame main', 'p line', 'delete', 'b stock.Stock.remove', 'rc', 'rc', 'p name', 'n', 'n'],
      ...['info locals', 'p entry.value', 'p self.items.items', 'n', 'p self.items.items'],
    ],
  },
  // the state of a quote is lost where a chunk ends
  'flakyparse-O0g': {
    folder: 'flakyparse',
    options: SEEDED,
    commands: [
      ...['catch call fd_write', 'rc', 'rc', 'frame main', 'p s', 'delete'],
      ...['b feed if s == QUOTE_SEEN', 'rc', 'p s', 'info args', 'n', 'p s', 'rn', 'watch s', 'rc'],
      ...['p p[i]', 'p i', 'p n', 'up', 'p want', 'info breakpoints'],
    ],
  },
  'flakyparse-O2': {
    folder: 'flakyparse',
    options: SEEDED,
    commands: [
      'bt',
      'first "unterminated quote"',
      'catch fd_read',
      'goto end',
      'rc',
      'finish',
      'bt',
    ],
  },
};

async function story(name: string, module: string, told: Story): Promise<string> {
  const { folder, stdin, options = [], until, commands } = told;
  if (folder !== undefined && !existsSync(ws.path(folder))) {
    cpSync(example(`fs/${folder}`), ws.path(folder), { recursive: true });
  }
  const dir = folder === undefined ? [] : ['--dir', `${folder}::/`];
  const input = stdin === undefined ? '' : readFileSync(example(`fs/${stdin}`), 'utf8');
  const output = `${name}.wrr`;
  const args = [...dir, ...options, module];
  if (until === undefined) {
    await ws.runWith({ stdin: input }, 'record', '-q', '-o', output, ...args);
  } else await ws.recordUntil({ said: until, output, stdin: input }, ...args);
  ws.write(`${name}.gdb`, commands.join('\n'));
  const where = ['--source', example('')];
  const run = await ws.run('debug', `${name}.wrr`, ...where, '-x', `${name}.gdb`);
  expect(run, run.stdout.slice(-300)).toMatchObject({ status: 0, stderr: '' });
  return run.stdout;
}

describe('stories', () => {
  test.each(Object.keys(STORIES))('%s', async (name) => {
    const told = STORIES[name] ?? { commands: [] };
    const text = await story(name, example(`wasm/${name}.wasm`), told);
    await expect(text).toMatchFileSnapshot(`golden/story-${name}.txt`);
  });
});
