/** `wasi-rr debug`: whole sessions as transcripts, JSON, pipes and what users get wrong. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { example, finished, HANG_SAYS, MAIN, printed, Workspace, workspace } from './command.ts';

const ws = new Workspace();
afterAll(() => ws.remove());

const RUNS = [
  ['heapsmash-O0g', 'heapsmash'],
  ['heapsmash-O2', 'heapsmash'],
  ['uninit-O0g', 'uninit'],
  ['uninit-O2', 'uninit'],
  ['hang-O0g', 'hang'],
  ['rustslice-O2', 'rustslice'],
] as const;

beforeAll(async () => {
  for (const [name, folder] of RUNS) {
    cpSync(example(`fs/${folder}`), ws.path(folder), { recursive: true });
    const stdin = folder === 'uninit' || folder === 'hang' ? 'stdin.txt' : undefined;
    const output = `${name}.wrr`;
    const args = ['--dir', `${folder}::/`, example(`wasm/${name}.wasm`)];
    const text = stdin === undefined ? '' : readFileSync(ws.path(folder, stdin), 'utf8');
    if (folder === 'hang') await ws.recordUntil({ said: HANG_SAYS, output, stdin: text }, ...args);
    else await ws.runWith({ stdin: text }, 'record', '-q', '-o', output, ...args);
  }
});

/** One process that does all of them. */
function session(trace: string, commands: readonly string[], ...options: string[]) {
  const args = commands.flatMap((command) => ['-e', command]);
  return ws.run('debug', `${trace}.wrr`, '--source', example(''), ...options, ...args);
}

const SESSIONS: Readonly<Record<string, readonly string[]>> = {
  // from the trap to the write that led to it, and around there
  'heapsmash-O0g': [
    ...[
      'bt',
      'rs',
      'finish',
      'watch 0x12310 4',
      'rc',
      'when',
      'x/2xw local0',
      'info locals',
      'p name',
      'x/s name',
      'x/s 0x122f0',
      'up',
      'info locals',
    ],
    ...['list', 'rc', 'delete 1', 'rf', 'rn', 'b set_name', 'c', 'n', 'tbreak heapsmash.c:19'],
    ...[
      'rc',
      'info breakpoints',
      'delete',
      'catch fd_write',
      'c',
      'si',
      'rsi',
      'goto #9',
      'step 3',
    ],
    ...['goto start', 'print __stack_pointer', 'info registers', 'c', 'goto end'],
    // who read the pointer; and who read or wrote it
    ...['rwatch u->rank', 'rc', 'delete', 'awatch 0x12310 4 if $value != $old', 'rc', 'rc'],
    ...['info breakpoints'],
    // two at once
    ...['delete', 'goto end', 'watch 0x12310 4', 'watch 0x12312 2', 'rc', 'info breakpoints'],
  ],
  // neither names nor lines of its own code
  'heapsmash-O2': [
    'bt',
    'watch 0x12310 4',
    'rc',
    'si',
    'rsi',
    'rni',
    'b *0x6bc5',
    'delete 1',
    'rc',
    'c',
  ],
  'uninit-O0g': ['bt', 'b main', 'rc', 'next 3', 'rn', 's', 'finish', 'info breakpoints'],
  'uninit-O2': ['bt', 'catch', 'rc', 'rc', 'c', 'when'],
  // it computes on past the end of the recording
  'hang-O0g': ['bt', 'rc', 'goto end', 'c', 'bt', 'n', 'rn', 'c'],
  'rustslice-O2': ['bt', 'rf', 'up', 'catch fd_read', 'rc', 'finish', 'goto #3'],
};

describe('sessions', () => {
  test.each(Object.keys(SESSIONS))('%s', async (name) => {
    const run = await session(name, SESSIONS[name] ?? []);
    expect(run.status, run.stderr).toBe(0);
    await expect(`${run.stdout}${run.stderr}`).toMatchFileSnapshot(`golden/debug-${name}.txt`);
  });
});

test('source does the commands of a file, and another one in it, until one goes wrong', async () => {
  writeFileSync(ws.path('inner.txt'), '# a comment\n\nwatch 0x12310 4\nrc\n');
  writeFileSync(ws.path('outer.txt'), 'source inner.txt\nwhen\nfly\nbt\n');
  const run = await session('heapsmash-O0g', ['source outer.txt']);
  expect(run.status).toBe(2);
  const typed = run.stdout.match(/^\(wasi-rr\) .*/gm);
  const done = ['source outer.txt', 'source inner.txt', 'watch 0x12310 4', 'rc', 'when', 'fly'];
  expect(typed).toEqual(done.map((line) => `(wasi-rr) ${line}`));
  expect(run.stdout).toContain('after #10, tick 10463');
  expect(run.stderr).toContain('"fly" is no command');
});

test('JSON: one object a command, errors too', async () => {
  const run = await session(
    'heapsmash-O0g',
    ['watch 0x12310 4', 'rc', 'bt', 'b nowhere'],
    '--json',
  );
  expect(run.status).toBe(2);
  const [opening, watch, back, stack, failed] = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(opening).toMatchObject({ command: '', outcome: 'trap: table index is out of bounds' });
  expect(watch.point).toMatchObject({ number: 1, kind: 'watchpoint', address: 0x12310, length: 4 });
  expect(back).toMatchObject({
    command: 'rc',
    mark: { event: 10, depth: 7 },
    reason: { kind: 'watch', by: 'guest', before: '62750000', after: '62757200' },
    point: 1,
    frame: { name: 'set_name' },
  });
  expect(stack.stack.map(({ name }: { name: string }) => name).slice(0, 2)).toEqual([
    'set_name',
    'rename_user',
  ]);
  expect(failed).toEqual({
    command: 'b nowhere',
    error: { code: 'OPTION_INVALID', message: 'no function of the module is called "nowhere".' },
  });
});

test('JSON of values, points, code and places', async () => {
  const run = await session(
    'heapsmash-O0g',
    [
      ...['p u->id', 'p/x u->rank', 'display i', 'b set_name if u->id == 37', 'ignore 1 1', 'rc'],
      ...['disassemble', 'find "burg"', 'info line', 'x/2xb u', 'first "Langenbur"', 'catch trap'],
    ],
    '--json',
  );
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const [, value, hex, shown, point, , stop, code, found, line, bytes, first, trap] = run.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(value).toEqual({
    ...{ command: 'p u->id', name: 'u->id', history: 1, type: 'int', value: '37' },
    ...{ number: 37, address: 0x12314, size: 4 },
  });
  expect(hex).toMatchObject({ value: '0x727562' });
  expect(shown.displays).toMatchObject([{ display: 1, name: 'i', value: '123', number: 123 }]);
  expect(point.point).toMatchObject({
    ...{ number: 1, kind: 'breakpoint', enabled: true, condition: 'u->id == 37', hits: 0 },
    places: [{ name: 'set_name' }],
  });
  // the last one is passed over: it stops where the user was added
  expect(stop).toMatchObject({
    ...{ point: 1, mark: { event: 8 }, reason: { kind: 'break' } },
    displays: [{ name: 'i', value: null }],
  });
  expect(code).toMatchObject({ name: 'set_name', at: stop.mark.pc });
  expect(code.instructions.map(({ offset }: { offset: number }) => offset)).toContain(code.at);
  expect(found).toMatchObject({ addresses: [], next: null });
  expect(first).toMatchObject({ by: 'host', mark: { event: 10 } });
  expect(line).toMatchObject({ file: 'src/heapsmash.c', line: 11 });
  expect(bytes).toMatchObject({ address: 0x12310, hex: '0100' });
  expect(trap.note).toMatch(/end of the run/);
});

test('commands from a pipe and from a file; comments, and what comes after quit', async () => {
  const script = '# to the failure\n\nwhen\n  rsi # no comment\n';
  ws.write('script', 'goto start\nwhen\n# a comment\nquit\nbt\n');
  const piped = await ws.runWith({ stdin: 'when\n\nq\nbt\n' }, 'debug', 'heapsmash-O0g.wrr');
  expect(piped).toMatchObject({ status: 0, stderr: '' });
  expect(piped.stdout).toMatch(/\(wasi-rr\) when\nafter #15, tick 22726\n\(wasi-rr\) q\n$/);
  const file = await ws.run('debug', 'heapsmash-O0g.wrr', '-x', 'script');
  expect(file.stdout).toMatch(/\(wasi-rr\) when\nafter #0, tick 1\n\(wasi-rr\) quit\n$/);
  const bad = await ws.runWith({ stdin: script }, 'debug', 'heapsmash-O0g.wrr');
  expect(bad).toMatchObject({ status: 2, stderr: expect.stringMatching(/is no number above 0/) });
});

test.each([
  ['fly', /"fly" is no command of the debugger/],
  ['re', /"re" may be reverse-step, reverse-next/],
  ['step 0', /"0" is no number above 0/],
  ['b heapsmash.c:9999', /heapsmash\.c has no code at line 9999/],
  ['b *12', /no instruction .* begins at byte 0xc/],
  ['watch', /give a variable or an address/],
  ['watch 0x12310 0', /no range of memory/],
  ['catch path_link', /makes no call "path_link"; it makes .*fd_read/],
  ['delete 7', /no breakpoint 7/],
  ['frame 99', /no frame 99: the stack has 5/],
  ['down', /innermost frame/],
  ['goto #99', /no event 99: .* 0 to 16/],
  ['x/4zz 0', /no format/],
  ['x/4xw 0x20000', /outside of the memory, of 0x20000 bytes/],
  ['p cuont', /no value "cuont"/],
  ['p local9999', /no value "local9999"/],
  ['list 1', /not found here: name its folder with --source/],
])('refused: %s', async (command, words) => {
  const run = await ws.run('debug', 'heapsmash-O0g.wrr', '-e', command);
  expect(run).toMatchObject({ status: 2, stderr: expect.stringMatching(words) });
});

test('the outermost function has no caller to go to', async () => {
  const run = await session('heapsmash-O0g', ['goto start', 'finish']);
  expect(run).toMatchObject({ status: 2, stderr: expect.stringMatching(/outermost function/) });
});

test.skipIf(!existsSync('/usr/bin/script'))(
  'in a terminal: completion, errors that end nothing, Ctrl-C, the last command again',
  async () => {
    const command = `"${process.execPath}" "${MAIN}" debug hang-O0g.wrr`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: ws.root,
      env: { ...process.env, TERM: 'xterm' },
    });
    onTestFinished(() => void child.kill());
    const end = finished(child);
    const type = async (text: string, ...answers: string[]) => {
      const told = Promise.all(answers.map((answer) => printed(child, answer)));
      child.stdin.write(text);
      await told;
    };
    await printed(child, 'wasi-rr) ');
    await type('bogus\r', '"bogus" is no command');
    await type('reverse-st\t', 'reverse-step');
    await type('\u0015step 1000000\r', 'stepping: 0 % (');
    await type('\u0003', 'given up: still after #8, tick ');
    await type('goto end\r', '[after #8, tick 5781]');
    await type('stepi\r', 'tick 5781]');
    await type('\r', 'tick 5781]');
    child.stdin.write('when\rquit\r');
    const run = await end;
    expect(run.status).toBe(0);
    // each line shows the instruction: two steps, three places
    const places = run.stdout.match(/#0 .*byte 0x[0-9a-f]+\) {2}\[after #8, tick 5781\]/g) ?? [];
    expect(new Set(places).size).toBe(3);
  },
);

test('names of a module are escaped', async () => {
  const own = workspace();
  const wat = `(module (memory (export "memory") 1)
    (func (export "a\\1b[31mb") (unreachable)) (func (export "_start") (call 0)))`;
  own.write('bad.wasm', await compileWat(wat));
  await own.run('record', '-q', '-o', 'bad.wrr', 'bad.wasm');
  const run = await own.run('debug', 'bad.wrr', '-e', 'bt');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).toContain('a\\x1b[31mb');
  expect(run.stdout).not.toContain('\x1b');
});
