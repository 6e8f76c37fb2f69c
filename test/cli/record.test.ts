/** `wasi-rr record`: what reaches the guest, what comes back, and what is refused. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Preopen } from '../../index.ts';
import { data, program } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { example, workspace } from './command.ts';

/** Writes 40 times 64 KiB; exits with the errno of the first write that fails. */
const FLOOD = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 4)
  (func (export "_start") (local $i i32) (local $errno i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $again
      (local.set $errno (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
      (if (local.get $errno) (then (call $exit (local.get $errno))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 40))))))`;

describe('the exit code is the guest’s', () => {
  test.each([
    ['exit-0', 0],
    ['exit-3', 3],
    ['exit-255', 255],
    ['exit-256', 1],
    ['exit-minus-1', 255],
    ['return-from-start', 0],
  ])('%s: %i', async (name, status) => {
    const ws = workspace();
    const run = await ws.run('record', await ws.guest(name));
    expect(run.status).toBe(status);
    expect(run.stdout).toBe(name === 'return-from-start' ? 'done\n' : 'before\n');
  });
});

test('a trap: 134, its message, its stack', async () => {
  const ws = workspace();
  const run = await ws.run('record', await ws.guest('trap-unreachable'));
  expect(run.status).toBe(134);
  expect(run.stderr).toMatch(
    /^before\nwasi-rr: trap: unreachable\n {4}at .*\(?function \d+, byte 0x[0-9a-f]+\)?\n/,
  );
});

test('the last line says where the trace is and what to do next', async () => {
  const ws = workspace();
  const run = await ws.run('record', await ws.guest('exit-3'));
  const trace = ws.path('traces', 'exit-3-1.wrr');
  expect(run.stderr).toBe(
    `wasi-rr: exit 3 after 2 calls, recorded in ${trace}; look into it with: wasi-rr log\n`,
  );
  expect(statSync(trace).mode & 0o777).toBe(0o600);
});

test('a run that the recorder had to give up: 125, and the trace says why', async () => {
  const ws = workspace();
  const run = await ws.run('record', await ws.guest('start-section-write'));
  expect(run).toMatchObject({ status: 125, stdout: '' });
  expect(run.stderr).toMatch(
    /^wasi-rr: fd_write is called .*start section.*\nwasi-rr: failed after 1/,
  );
  const verdict = await ws.run('verify');
  expect(verdict.stdout).toMatch(/^prefix .*: failed: fd_write is called/);
  expect((await ws.run('replay')).status).toBe(125);
});

test('-q says nothing', async () => {
  const ws = workspace();
  const run = await ws.run('record', '-q', await ws.guest('exit-3'));
  expect(run).toMatchObject({ status: 3, stdout: 'before\n', stderr: '' });
});

test('-o puts the trace elsewhere, and never over a file', async () => {
  const ws = workspace();
  const guest = await ws.guest('exit-3');
  const first = await ws.run('record', '-o', 'run.wrr', guest);
  expect(first.stderr).toContain('wasi-rr log run.wrr\n');
  const second = await ws.run('record', '-o', 'run.wrr', guest);
  expect(second.status).toBe(125);
  expect(second.stdout).toBe('');
  expect(second.stderr).toMatch(/^wasi-rr: .*run\.wrr/);
  expect((await ws.run('replay', 'run.wrr')).status).toBe(3);
});

test.each([
  ['an -o below a file', ['-o', 'blocker/run.wrr'], {}],
  ['an -o in /proc', ['-o', '/proc/run.wrr'], {}],
  ['a trace folder below a file', [], { WASI_RR_TRACE_DIR: 'blocker/traces' }],
])('%s is refused before the guest runs', async (_, args, env) => {
  const ws = workspace();
  ws.write('blocker', '');
  const run = await ws.runWith({ env }, 'record', ...args, await ws.guest('exit-3'));
  expect(run).toMatchObject({ status: 125, stdout: '' });
  expect(run.stderr).toMatch(/^wasi-rr: .*(cannot|could not).*\n$/);
});

test('--keep failed keeps failures only', async () => {
  const ws = workspace();
  const kept = await ws.run('record', '--keep', 'failed', await ws.guest('exit-3'));
  expect(kept.status).toBe(3);
  const dropped = await ws.run('record', '--keep', 'failed', await ws.guest('exit-0'));
  expect(dropped.stderr).toContain('no trace is kept');
  const names = (await ws.run('ls')).stdout;
  expect(names).toContain('exit-3-1.wrr');
  expect(names).not.toContain('exit-0');
});

describe('arguments and environment', () => {
  test('everything after the program is the guest’s, options and all', async () => {
    const ws = workspace();
    const guest = await ws.guest('args-environ');
    const run = await ws.run('record', '-q', guest, '-q', '--help', '--', 'last');
    expect(run.stdout).toBe('5\n-q\0--help\0--\0last\0\n0\n');
  });

  test('a -- before the program ends our options', async () => {
    const ws = workspace();
    const run = await ws.run('record', '-q', '--', await ws.guest('args-environ'), 'x');
    expect(run.stdout).toBe('2\nx\0\n0\n');
  });

  test('--env gives a value or takes one over; nothing else is inherited', async () => {
    const ws = workspace();
    const args = ['--env', 'A=1=2', '--env', 'TAKEN', '--env', 'EMPTY='];
    const run = await ws.runWith(
      { env: { TAKEN: 'over' } },
      ...['record', '-q', ...args, await ws.guest('args-environ')],
    );
    expect(run.stdout).toBe('1\n3\nA=1=2\0TAKEN=over\0EMPTY=\0\n');
  });

  test('bytes that are no UTF-8 arrive as they are', async () => {
    const ws = workspace();
    const guest = await ws.guest('args-environ');
    const script = `export RAW=$'\\xfe'
      $WASI_RR record -q --env $'B=\\xff' --env RAW --argv0 $'\\xc0' "${guest}" $'a\\xe9b' é | od -An -tx1 | tr -d ' \\n'`;
    const run = await ws.shell(script);
    const text = (hex: string) => Buffer.from(hex).toString('hex');
    expect(run.stdout).toBe(
      `${text('3\na')}e962${text('\0é\0\n2\nB=')}ff${text('\0RAW=')}fe${text('\0\n')}`,
    );
    const info = JSON.parse((await ws.run('info', '--json')).stdout);
    expect(info.meta.argv).toEqual([{ hex: 'c0' }, { hex: '61e962' }, 'é']);
  });

  test('--argv0', async () => {
    const ws = workspace();
    await ws.run('record', '--argv0', 'another', await ws.guest('exit-0'), 'arg');
    const info = JSON.parse((await ws.run('info', '--json')).stdout);
    expect(info.meta.argv).toEqual(['another', 'arg']);
  });
});

test('--dir HOST::GUEST gives a folder; stdin is the guest’s', async () => {
  const ws = workspace();
  cpSync(example('fs/heapsmash-ok'), ws.path('files'), { recursive: true });
  const heapsmash = example('wasm/heapsmash-O0g.wasm');
  const run = await ws.run('record', '-q', '--dir', 'files::/', heapsmash);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const program = example('wasm/uninit-O0g.wasm');
  const stdin = readFileSync(example('fs/uninit/stdin.txt'), 'utf8');
  expect((await ws.runWith({ stdin }, 'record', '-q', program)).status).toBe(4);
});

test('--dir X alone: the guest knows it as X', async () => {
  const ws = workspace();
  await ws.run('record', '--dir', '.', await ws.guest('exit-0'));
  const info = JSON.parse((await ws.run('info', '--json')).stdout);
  expect(info.meta.preopens).toEqual([{ host: ws.root, guest: '.' }]);
});

test('--dir-ro: the guest cannot change it, and info says so', async () => {
  const ws = workspace();
  const wat = program(`
    ${data(2048, 'new')}
    (func (export "_start")
      (call $say_number (call $path_create_directory (i32.const 3) (i32.const 2048) (i32.const 3)))
      (call $say_number (call $path_create_directory (i32.const 4) (i32.const 2048) (i32.const 3))))`);
  ws.write('mkdir.wasm', await compileWat(wat));
  mkdirSync(ws.path('rw'));
  mkdirSync(ws.path('ro'));
  const run = await ws.run('record', '-q', '--dir-ro', 'ro::/b', '--dir', 'rw::/a', 'mkdir.wasm');
  // notcapable and success
  expect(run).toMatchObject({ status: 0, stdout: '76\n0\n' });
  expect(readdirSync(ws.path('ro'))).toEqual([]);
  expect(readdirSync(ws.path('rw'))).toEqual(['new']);
  expect((await ws.run('info')).stdout).toContain(`"/b" is "${ws.path('ro')}", read-only\n`);
  expect((await ws.run('replay')).stdout).toBe('76\n0\n');
});

test('folders have descriptors in the order of the command line, whichever way they are given', async () => {
  const ws = workspace();
  const folders = ['--dir', '.::/a', '--dir-ro', '.::/b', '--dir=.::/c', '--dir-ro=.::/d'];
  await ws.run('record', ...folders, await ws.guest('exit-0'));
  const { meta } = JSON.parse((await ws.run('info', '--json')).stdout);
  const names = meta.preopens.map(({ guest, readOnly }: Preopen) => [guest, readOnly ?? false]);
  expect(names).toEqual([
    ['/a', false],
    ['/b', true],
    ['/c', false],
    ['/d', true],
  ]);
});

test('a full pipe blocks the guest; it does not see AGAIN', async () => {
  const ws = workspace();
  ws.write('flood.wasm', await compileWat(FLOOD));
  const run = await ws.shell(
    'set -o pipefail; $WASI_RR record -q flood.wasm | { sleep 0.5; wc -c; }',
  );
  expect(run).toMatchObject({ status: 0, stdout: '2621440\n' });
});

describe('what cannot be recorded is refused with the reason', () => {
  const COMPONENT = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);

  test.each<[string, string | Uint8Array, RegExp]>([
    ['text', 'hello, I am no module', /is no WebAssembly module/],
    ['an empty file', '', /is no WebAssembly module/],
    ['WebAssembly text', '(module)', /wat2wasm/],
    [
      'a component that is no command',
      COMPONENT,
      /is no command of WASI 0\.2 or 0\.3: it exports nothing/,
    ],
  ])('%s', async (_, content, message) => {
    const ws = workspace();
    const run = await ws.run('record', ws.write('program.wasm', content));
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect((await ws.run('ls')).stdout).toBe('');
  });

  test('a truncated module', async () => {
    const ws = workspace();
    const whole = readFileSync(example('wasm/heapsmash-O2.wasm'));
    const run = await ws.run('record', ws.write('cut.wasm', whole.subarray(0, 5000)));
    expect(run.status).toBe(125);
    expect(run.stderr).toMatch(/^wasi-rr: cut\.wasm is no valid WebAssembly module: .*cut short/);
  });

  test('unsatisfied imports, all of them', async () => {
    const ws = workspace();
    const run = await ws.run('record', await ws.guest('imports-missing'));
    expect(run.status).toBe(125);
    const listed = run.stderr.split('\n').filter((line) => line.startsWith('  '));
    expect(listed.map((line) => line.trim().split(':')[0])).toEqual([
      'env.host_log',
      'env.memory',
      'env.table',
      'env.base',
      'env.counter',
      'env.failure',
      'wasi_snapshot_preview1.fd_teleport',
    ]);
  });

  test.each([
    ['wasi-unstable', /imports wasi_unstable/],
    ['shared-memory', /uses shared memory/],
    ['memory64', /has a 64-bit memory/],
    ['reactor', /no _start .* is a reactor/],
    ['invalid-module', /is no valid WebAssembly module/],
  ])('%s', async (name, message) => {
    const ws = workspace();
    const run = await ws.run('record', await ws.guest(name));
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toContain('bug');
  });

  test('a module that does not exist, or is a folder', async () => {
    const ws = workspace();
    const missing = await ws.run('record', 'nowhere.wasm');
    expect(missing).toMatchObject({
      status: 125,
      stderr: 'wasi-rr: there is no file nowhere.wasm.\n',
    });
    const folder = await ws.run('record', '.');
    expect(folder.status).toBe(125);
    expect(folder.stderr).toMatch(/^wasi-rr: \. cannot be read/);
  });
});

test.each([
  ['no program', ['record']],
  ['an unknown option', ['record', '--bogus', 'x.wasm']],
  ['a folder that does not exist', ['record', '--dir', 'nowhere', 'x.wasm']],
  ['a folder that is a file', ['record', '--dir', 'file', 'x.wasm']],
  ['a folder without a name for the guest', ['record', '--dir', '.::', 'x.wasm']],
  ['two folders of one name', ['record', '--dir', '.::/', '--dir-ro', 'traces::/', 'x.wasm']],
  ['what node:wasi cannot do', ['record', '--host', 'node', '--dir-ro', '.', 'x.wasm']],
  ['a variable that is not set', ['record', '--env', 'NOT_SET', 'x.wasm']],
  ['a variable without a name', ['record', '--env', '=x', 'x.wasm']],
  ['an unknown host', ['record', '--host', 'windows', 'x.wasm']],
  ['a time limit of 0', ['record', '--timeout', '0', 'x.wasm']],
  ['a time limit that is none', ['record', '--timeout', 'soon', 'x.wasm']],
  ['a payload limit that is none', ['record', '--payload', '-1', 'x.wasm']],
  ['an unknown --keep', ['record', '--keep', 'some', 'x.wasm']],
])('usage: %s', async (_, args) => {
  const ws = workspace();
  writeFileSync(ws.path('file'), '');
  const run = await ws.run(...args);
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toMatch(/^wasi-rr: /);
  expect(existsSync(ws.path('traces', 'x-1.wrr'))).toBe(false);
});
