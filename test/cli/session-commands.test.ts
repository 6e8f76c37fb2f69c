/** `wasi-rr memory`, `stack`, `files` and `output`: the session's answers as plain text and JSON. */
import { cpSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { example, HANG_SAYS, Workspace, workspace } from './command.ts';
import { controlsIn } from './text.ts';

/** The name of user 37 of heapsmash, in a block of 24 bytes; the struct that it runs into follows. */
const NAME = '0x122f0';
const RANK = '0x12310';

describe('heapsmash', () => {
  const ws = new Workspace();
  beforeAll(async () => {
    cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
    await ws.run('record', '-q', '--dir', 'files::/', example('wasm/heapsmash-O0g.wasm'));
  });
  afterAll(() => ws.remove());

  const variable = (name: string, type: string, value: string) => ({
    ...{ name, kind: 'parameter', type, value },
  });

  const objects = async (...args: string[]) => {
    const run = await ws.run(...args, '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    return run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  test('the story of the crash, as a transcript', async () => {
    const commands = [
      ['stack', 'failure'],
      ['stack', 'failure', '--locals'],
      ['stack', '11', '--locals'],
      ['memory', 'failure', NAME, '64'],
      ['memory', '10', NAME, '64'],
      ['memory', 'failure', RANK, '4', '--history'],
      ['memory', '10', '--search', 'ren,37'],
      ['memory', '#9', '--search', 'ren,37'],
      ['globals', 'failure'],
      ['files', '10'],
      ['files', '13'],
      ['output', '14'],
      ['output', 'end'],
    ];
    const transcript: string[] = [];
    for (const command of commands) {
      const run = await ws.run(...command);
      expect(run.status).toBe(0);
      transcript.push(`$ wasi-rr ${command.join(' ')}\n${run.stdout}${run.stderr}`);
    }
    await expect(transcript.join('\n')).toMatchFileSnapshot('golden/session-commands.txt');
  });

  test('the same as JSON', async () => {
    expect(await objects('memory', '10', RANK, '8')).toEqual([
      { event: 10, address: 0x12310, length: 8, memorySize: 2 << 16, hex: '0100000025000000' },
    ]);
    expect(await objects('memory', 'end', RANK, '4', '--history')).toEqual([
      { event: 9, by: 'guest', address: 0x12310, before: '00', after: '01' },
      { event: 11, by: 'guest', address: 0x12310, before: '010000', after: '627572' },
    ]);
    expect(await objects('memory', '16', '--search', '0x62757200250000')).toEqual([
      { event: 16, address: 0x12310 },
    ]);
    const [frame] = await objects('stack', '#16');
    expect(frame).toEqual({
      event: 16,
      depth: 0,
      func: 15,
      offset: 0x7a9,
      name: 'main',
      mangled: null,
      source: [
        {
          name: 'main',
          place: { file: 'src/heapsmash.c', line: 35, column: 56 },
          inlined: false,
        },
      ],
    });
    const [main] = await objects('stack', 'failure', '--locals');
    expect(main).toMatchObject({ event: 16, depth: 0, func: 15, name: 'main' });
    expect(main.source).toEqual([
      { ...frame.source[0], variables: expect.arrayContaining([variable('argc', 'int', '1')]) },
    ]);
    expect(await objects('globals', '10')).toContainEqual({
      event: 10,
      index: 0,
      name: '__stack_pointer',
      exported: false,
      value: expect.any(Number),
    });
    const files = await objects('files', 'heapsmash-O0g-1', '#8');
    expect(files.at(-1)).toEqual({
      event: 8,
      fd: 4,
      kind: 'file',
      path: '/users.csv',
      openedBy: 7,
      offset: 1024,
      rights: {
        base: expect.arrayContaining(['fd_read', 'fd_seek']),
        inheriting: expect.any(Array),
        confirmed: false,
      },
      flags: [],
    });
    expect(files[1]).toMatchObject({ fd: 1, offset: 'unknown', rights: null, flags: null });
    expect(files[3]).toMatchObject({
      kind: 'preopen',
      offset: 'none',
      rights: { confirmed: true },
    });
    expect(await objects('output', 'end')).toEqual([
      {
        event: 15,
        stream: 'stdout',
        length: 50,
        text: 'loaded 160 users, 161 lines, checksum -1735598160\n',
      },
    ]);
  });

  test('history stops at the event', async () => {
    const run = await ws.run('memory', '10', RANK, '4', '--history');
    expect(run.stdout.match(/^#\d+/gm)).toEqual(['#9']);
  });

  test('a search for bytes, in both spellings, and for text', async () => {
    const [byDigits, byPairs, byText] = await Promise.all(
      ['0x72656e2c3337', '72 65 6e 2c 33 37', 'ren,37'].map((what) =>
        ws.run('memory', '10', '--search', what),
      ),
    );
    expect(byDigits).toMatchObject({ status: 0, stdout: expect.stringContaining('|ren,37,') });
    expect(byPairs).toEqual(byDigits);
    expect(byText).toEqual(byDigits);
  });

  test('the end of memory, and beyond', async () => {
    const over = await ws.run('memory', 'end', '0x1fff0', '32');
    expect(over).toMatchObject({ status: 0, stdout: expect.stringMatching(/\n00020000\n$/) });
    expect(over.stderr).toBe('wasi-rr: note: the memory ends at 0x20000: 16 bytes there\n');
    const beyond = await ws.run('memory', 'end', '0x20000', '1');
    expect(beyond).toMatchObject({ status: 0, stdout: '' });
  });

  test('variables where there are none', async () => {
    const start = await ws.run('stack', 'start', '--locals');
    expect(start).toMatchObject({ status: 0, stdout: '' });
    expect(start.stderr).toMatch(/no function of the guest is running/);
    const own = workspace();
    own.write('hello.wasm', await compileWat(build('hello')));
    await own.run('record', '-q', '-o', 'hello.wrr', 'hello.wasm');
    const plain = await own.run('stack', 'hello.wrr', '1', '--locals');
    expect(plain).toMatchObject({ status: 0, stdout: expect.stringMatching(/^at say \(function/) });
    expect(plain.stderr).toMatch(/no debug information that fits: compile it with -g/);
  });

  test('before anything', async () => {
    const [stack, output] = [await ws.run('stack', 'start'), await ws.run('output', 'start')];
    expect(stack).toMatchObject({ status: 0, stdout: '' });
    expect(stack.stderr).toMatch(/no function of the guest is running/);
    expect(output).toMatchObject({ status: 0, stdout: '' });
  });

  test('without an event, where the run went wrong', async () => {
    const at = await ws.run('stack', 'failure');
    expect(await ws.run('stack')).toEqual(at);
    expect(await ws.run('stack', 'heapsmash-O0g-1')).toEqual(at);
    expect(at.stdout).toMatch(/^at main /);
  });

  test.each([
    [['stack', '3', '12', '--past'], /leave out the event "12"/],
    [['stack', '--past', 'long'], /no whole number/],
    [['stack', 'seventeen'], /"seventeen" is no event/],
    [['stack', '17'], /there is no event 17: .* 0 to 16/],
    [['stack', 'heapsmash-O0g-1', '1', '2'], /the arguments are \[trace\] <event>/],
    [['memory', '1', '0x10'], /the arguments are \[trace\] <event> <address> <length>/],
    [['memory', '1', 'here', '4'], /"here" is no number of bytes/],
    [['memory', '1', '0', '99999999999'], /At most \d+ bytes/],
    [['memory', '1', '0', '4', '--search', 'x'], /the arguments are \[trace\] <event>,/],
    [['memory', '1', '--search', ''], /nothing to search for/],
    [['memory', '1', '--search', 'x', '--history'], /exclude each other/],
    [['files', '1', '--bogus'], /unknown option/],
  ])('usage: %j', async (args, words) => {
    const run = await ws.run(...args);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(words);
  });

  test('a trace that is not there', async () => {
    const run = await ws.run('stack', 'nowhere.wrr', '1');
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(/nowhere\.wrr/);
  });
});

/** Prints, asks for random bytes, prints again. */
function build(text: string): string {
  return `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
    (data (i32.const 16) "${text}\\n")
    (func $say (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start") (call $say) (i32.store8 (i32.const 16) (i32.const 72)) (call $say)))`;
}

test('a trace that does not replay says why; what needs no replay works', async () => {
  const ws = workspace();
  ws.write('hello.wasm', await compileWat(build('hello')));
  ws.write('other.wasm', await compileWat(build('help!')));
  await ws.run('record', '-o', 'hello.wrr', 'hello.wasm');
  await ws.run('record', '-o', 'other.wrr', 'other.wasm');
  const trace = new Database(ws.path('hello.wrr'));
  trace.exec(`attach '${ws.path('other.wrr')}' as other;
    delete from modules; insert into modules select * from other.modules`);
  trace.close();
  for (const command of [
    ['memory', 'hello.wrr', '1', '16', '5'],
    ['stack', 'hello.wrr', 'end'],
  ]) {
    const run = await ws.run(...command);
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(/^wasi-rr: the replay diverged from the recording at event #1\n/);
    expect(run.stderr).toMatch(/recorded .*hello/);
  }
  expect(await ws.run('memory', 'hello.wrr', '0', '16', '5')).toMatchObject({ status: 0 });
  expect(await ws.run('files', 'hello.wrr', 'end')).toMatchObject({ status: 0 });
  const output = await ws.run('output', 'hello.wrr', 'end');
  expect(output).toEqual({
    ...{ status: 0, signal: null, stderr: '' },
    stdout: '#1 stdout hello\n#2 stdout Hello\n',
  });
});

test('output of which the trace kept little is made again', async () => {
  const ws = workspace();
  ws.write('hello.wasm', await compileWat(build('hello')));
  await ws.run('record', '-o', 'hello.wrr', '--payload', '2', 'hello.wasm');
  const run = await ws.run('output', 'hello.wrr', 'end');
  expect(run).toMatchObject({ status: 0, stdout: '#1 stdout hello\n#2 stdout Hello\n' });
});

test('what a program prints is escaped', async () => {
  const ws = workspace();
  ws.write('bad.wasm', await compileWat(build('a\\1b\\ffb\\07')));
  await ws.run('record', '-q', '-o', 'bad.wrr', 'bad.wasm');
  const text = await ws.run('output', 'bad.wrr', '1');
  expect(text.stdout).toBe('#1 stdout a\\x1b\\xffb\\x07\n');
  const json = await ws.run('output', 'bad.wrr', '1', '--json');
  expect(JSON.parse(json.stdout)).toEqual({
    event: 1,
    stream: 'stdout',
    length: 6,
    hex: '611bff62070a',
  });
  const dump = await ws.run('memory', 'bad.wrr', '1', '16', '6');
  expect(controlsIn(text.stdout + json.stdout + dump.stdout)).toEqual([]);
});

describe('past the end of a run', () => {
  const ws = new Workspace();
  beforeAll(async () => {
    const stdin = readFileSync(example('fs/hang/stdin.txt'), 'utf8');
    const hang = { said: HANG_SAYS, output: 'hang.wrr', stdin };
    await ws.recordUntil(hang, example('wasm/hang-O0g.wasm'));
    await ws.run('record', '-q', '-o', 'ended.wrr', await ws.guest('nothing'));
    const asks = { said: 'start\n', output: 'asks.wrr' };
    await ws.recordUntil(asks, await ws.guest('busy-calls'));
  });
  afterAll(() => ws.remove());

  test('a hang: its stack, and where the time goes', async () => {
    const run = await ws.run('stack', 'hang.wrr', '--past', '400');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const [first, ...lines] = run.stdout.trimEnd().split('\n');
    expect(first).toMatch(/^after \d+ ms past the end it still runs, without a call:$/);
    expect(lines[0]).toMatch(/^ {4}at str src\/hang\.c:\d+:\d+ \(function 8, byte 0x[0-9a-f]+\)$/);
    expect(lines[1]).toMatch(/^ {4}at __original_main .*\(function 7, /);
    expect(lines.find((line) => line.startsWith('hottest'))).toMatch(/, \d+ samples:$/);
    expect(run.stdout).toMatch(/^ +\d+\.\d % {2}str \(function 8\)$/m);
  });

  test('the same as one object', async () => {
    const run = await ws.run('stack', 'hang.wrr', 'end', '--past', '400', '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const { ranMs, samples, ...object } = JSON.parse(run.stdout);
    expect(ranMs).toBeGreaterThanOrEqual(400);
    expect(samples).toBeGreaterThan(0);
    expect(object).toMatchObject({ state: 'paused', call: null, trap: null });
    expect(object.stack[0]).toMatchObject({ func: 8, name: 'str' });
    expect(object.hottest[0]).toMatchObject({ func: 8, name: 'str' });
  });

  test('a guest that makes a call gets no further', async () => {
    const run = await ws.run('stack', 'asks.wrr', '--past', '20000');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^it gets no further than this call.*: sched_yield\(\)\n {4}at /);
  });

  test('a run that ended by itself has nothing beyond its end', async () => {
    const run = await ws.run('stack', 'ended.wrr', '--past');
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(/not interrupted, it ended by itself \(exit.*nothing beyond/);
  });
});
