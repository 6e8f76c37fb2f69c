/** `wasi-rr replay` and `wasi-rr verify`. */
import { cpSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileWat } from '../guests/wat.ts';
import { example, finished, Workspace, workspace } from './command.ts';

/** Two builds of one program that say something else. */
const build = (text: string) => `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "${text}\\n")
  (func $greet
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const ${text.length + 1}))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func (export "_start") (call $greet)))`;

describe('what was recorded comes out again', () => {
  const ws = new Workspace();
  afterAll(() => ws.remove());

  test.each(['exit-3', 'exit-256', 'trap-unreachable', 'args-environ', 'paths-with-escapes'])(
    '%s',
    async (name) => {
      const guest = await ws.guest(name);
      ws.write('stdin', 'input');
      const recorded = await ws.run('record', '-q', '--dir', '.::/', guest, 'arg');
      const replayed = await ws.run('replay');
      expect(replayed).toEqual(recorded);
    },
  );

  test('without the files, and to the last byte', async () => {
    cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
    const program = example('wasm/heapsmash-O0g.wasm');
    const recorded = await ws.run('record', '-q', '--dir', 'files::/', program);
    const name = (await ws.run('ls', '--json')).stdout.split('\n', 1)[0] ?? '';
    ws.write('files/users.csv', 'changed');
    expect(recorded.status).toBe(134);
    expect(await ws.run('replay', JSON.parse(name).name)).toEqual(recorded);
  });

  test('by path, by name, by name without suffix', async () => {
    const expected = await ws.run('replay', 'exit-3-1');
    expect(expected).toMatchObject({ status: 3, stdout: 'before\n', stderr: '' });
    expect(await ws.run('replay', 'exit-3-1.wrr')).toEqual(expected);
    expect(await ws.run('replay', ws.path('traces', 'exit-3-1.wrr'))).toEqual(expected);
    const gone = await ws.run('replay', 'exit-4-1');
    expect(gone).toMatchObject({ status: 125, stdout: '' });
    expect(gone.stderr).toMatch(/^wasi-rr: there is no trace exit-4-1\./);
  });

  test('verify', async () => {
    const one = await ws.run('verify', 'exit-3-1');
    const path = ws.path('traces', 'exit-3-1.wrr');
    expect(one).toMatchObject({ status: 0, stdout: `ok      ${path}  4 events\n`, stderr: '' });
    const two = await ws.run('verify', '--json', 'exit-3-1', 'nowhere');
    expect(two.status).toBe(125);
    expect(
      two.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { status: 'ok', events: 4, trace: ws.path('traces', 'exit-3-1.wrr') },
      { status: 'failed', code: 'TRACE_NOT_FOUND' },
    ]);
  });
});

describe('another build', () => {
  const ws = new Workspace();
  beforeAll(async () => {
    ws.write('hello.wasm', await compileWat(build('hello')));
    ws.write('help!.wasm', await compileWat(build('help!')));
    await ws.run('record', 'hello.wasm');
  });
  afterAll(() => ws.remove());

  test('that says something else: the report', async () => {
    const run = await ws.run('replay', '--module', 'help!.wasm');
    expect(run).toMatchObject({ status: 125, stdout: '' });
    await expect(ws.normalised(run.stderr)).toMatchFileSnapshot('golden/divergence.txt');
  });

  test('that is the same', async () => {
    const run = await ws.run('replay', '--module', 'hello.wasm');
    expect(run).toMatchObject({ status: 0, stdout: 'hello\n', stderr: '' });
  });

  test('that is none', async () => {
    writeFileSync(ws.path('text'), 'no module');
    for (const module of ['nowhere.wasm', 'text']) {
      const run = await ws.run('replay', '--module', module);
      expect(run).toMatchObject({ status: 125, stdout: '' });
      expect(run.stderr).toMatch(/^wasi-rr: /);
      expect(run.stderr).not.toContain('bug');
    }
  });
});

test('much output through a slow pipe arrives in full; without a reader the exit code stays', async () => {
  const ws = workspace();
  ws.write('flood.wasm', await compileWat(FLOOD));
  const recording = finished(ws.start({}, 'record', '-q', '--payload', '64', 'flood.wasm'));
  expect((await recording).stdout.length).toBe(40 * 65536);
  const slow = await ws.shell(
    'set -o pipefail; $WASI_RR replay | { sleep 0.3; wc -c; }; $WASI_RR replay | head -c 5',
  );
  expect(slow.stdout).toBe(`${40 * 65536}\n\0\0\0\0\0`);
  expect(slow).toMatchObject({ status: 7, stderr: '' });
});

/** Writes 40 times 64 KiB; exits with 7. */
const FLOOD = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 4)
  (func (export "_start") (local $i i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $again
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 40))))
    (call $exit (i32.const 7))))`;

test('nothing recorded yet', async () => {
  const ws = workspace();
  for (const command of ['replay', 'log', 'info', 'verify', 'index']) {
    const run = await ws.run(command);
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(/^wasi-rr: there are no traces in .*wasi-rr record program\.wasm/);
  }
});
