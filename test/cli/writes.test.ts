/** `wasi-rr writes`: who wrote to a range, on the example whose bug is a write, and on what cannot be trusted. */
import { cpSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { example, HANG_SAYS, Workspace, workspace } from './command.ts';

/** The function pointer that heapsmash's long name runs into, in both builds. */
const RANK = '0x12310';

describe('heapsmash', () => {
  const ws = new Workspace();
  beforeAll(async () => {
    cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
    for (const build of ['O2', 'O0g']) {
      const wasm = example(`wasm/heapsmash-${build}.wasm`);
      await ws.run('record', '-q', '--dir', 'files::/', '-o', `${build}.wrr`, wasm);
    }
    await ws.run('record', '-q', '--dir', 'files::/', example('wasm/heapsmash-O0g.wasm'));
  });
  afterAll(() => ws.remove());

  test('who overwrote the function pointer, as a transcript', async () => {
    const transcript: string[] = [];
    for (const command of [
      ['O0g.wrr', RANK, '4'],
      ['O0g.wrr', RANK, '4', '--last'],
      ['O0g.wrr', RANK, '--last', '--at', '#9'],
      ['O0g.wrr', RANK, '4', '--limit', '2'],
      ['O0g.wrr', RANK, '--at', 'start'],
      ['O0g.wrr', '0x1ffff', '16', '--last'],
      ['O2.wrr', RANK, '4'],
      ['O2.wrr', RANK, '4', '--last'],
    ]) {
      const run = await ws.run('writes', ...command);
      expect(run.status).toBe(0);
      transcript.push(`$ wasi-rr writes ${command.join(' ')}\n${run.stdout}${run.stderr}`);
    }
    await expect(transcript.join('\n')).toMatchFileSnapshot('golden/writes.txt');
  });

  test('the latest trace, and JSON with the stack', async () => {
    const run = await ws.run('writes', RANK, '4', '--last', '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const write = JSON.parse(run.stdout);
    expect(write).toMatchObject({
      by: 'guest',
      event: 10,
      address: 0x12313,
      length: 1,
      from: 0x12313,
      before: '00',
      after: '00',
      call: null,
      function: 'set_name',
      place: { file: 'src/heapsmash.c', line: 13, column: 6 },
    });
    expect(write.stack.map(({ name }: { name: string }) => name).slice(0, 3)).toEqual([
      'set_name',
      'rename_user',
      'main',
    ]);
    expect(write.stack).toHaveLength(write.depth);
  });

  test('what the host wrote stands with its call, in its order among the others', async () => {
    const log = await ws.run('log', '--call', 'fd_read', '--json');
    const [{ event: read }] = log.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    // the lines of the file are in a buffer of stdio
    const found = await ws.run('memory', String(read), '--search', 'add,1,');
    const address = `0x${found.stdout.slice(0, 8)}`;
    const run = await ws.run('writes', address, '3', '--json', '--at', String(read));
    const writes = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const last = { by: 'host', event: read, call: 'fd_read', after: '616464', function: null };
    expect(writes.at(-1)).toMatchObject(last);
    const text = await ws.run('writes', address, '3', '--last', '--at', String(read));
    expect(text.stdout).toMatch(/^#\d+ tick \d+ .*\n {4}at .*__wasi_fd_read/);
    const before = await ws.run('writes', address, '3', '--json', '--at', String(read - 1));
    expect(before.stdout).not.toContain('"after":"616464"');
  });

  test.each([
    [[], /<arguments>|missing required argument/],
    [['x.wrr', RANK, '4', '5'], /the arguments are \[trace\] <address> \[length\]/],
    [[RANK, '0'], /at least one byte/],
    [[RANK, 'x'], /"x" is no number of bytes/],
    [['0x20000', '4'], /0x20000 is outside of the memory, which has 0x20000 bytes/],
    [['0xffffffff', '4'], /in 32 bits/],
    [[RANK, '--at', '17'], /there is no event 17: .* 0 to 16/],
    [[RANK, '--at', 'noon'], /"noon" is no event/],
    [[RANK, '--limit', '0'], /at least 1/],
  ])('usage: %j', async (args, words) => {
    const run = await ws.run('writes', ...args);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toMatch(words);
  });

  test('nothing is shown of a trace that does not replay', async () => {
    cpSync(ws.path('O0g.wrr'), ws.path('other.wrr'));
    const trace = new Database(ws.path('other.wrr'));
    trace.exec(`attach '${ws.path('O2.wrr')}' as other;
      delete from modules; insert into modules select * from other.modules`);
    trace.close();
    const run = await ws.run('writes', 'other.wrr', RANK, '4');
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(/something else at event \d+ .*not to be trusted/);
  });
});

test('a run that was interrupted is answered as far as it goes, and says so', async () => {
  const ws = workspace();
  const stdin = readFileSync(example('fs/hang/stdin.txt'), 'utf8');
  const wasm = example('wasm/hang-O0g.wasm');
  await ws.recordUntil({ said: HANG_SAYS, output: 'hang.wrr', stdin }, wasm);
  const run = await ws.run('writes', 'hang.wrr', '0x11300', '64', '--last');
  expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^after #\d+ tick/) });
  expect(run.stderr).toMatch(/interrupted by SIGINT: .* after its last event, #\d+, is not shown/);
});

test('a stack overflow is answered to its end', async () => {
  const ws = workspace();
  const deep = `(module (memory (export "memory") 1)
    (func $down (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1))) (call $down)
      (i32.store (i32.const 64) (i32.const 0)))
    (func (export "_start") (i32.store (i32.const 80) (i32.const 7)) (call $down)))`;
  ws.write('deep.wasm', await compileWat(deep));
  await ws.run('record', '-q', '-o', 'deep.wrr', 'deep.wasm');
  const run = await ws.run('writes', 'deep.wrr', '80', '4');
  expect(run.stdout).toMatch(/^after #0 tick 1 .* → 07 00 00 00 /);
  expect(run.stderr).toBe('');
});
