/** One program as a core module and as a component: the same input gives the same run. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replay } from '../../replayer/replay.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { TraceReader } from '../../traces/reader.ts';
import { workspace } from '../cli/command.ts';
import { data, program } from '../guests/assemble.ts';
import { guest } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { Scratch } from '../recorder/scratch.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

const scratch = new Scratch('same-as-module');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(() => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

/** What can be compared: wasi:cli/exit knows success and failure only, and frames are another module's. */
function ending(outcome: Outcome): unknown {
  if (outcome.kind === 'exit') return outcome.code === 0 ? 'success' : 'failure';
  return outcome.kind === 'trap' ? [outcome.trap.kind, outcome.trap.message] : outcome;
}

describe('outcome and output', () => {
  test.each([
    'exit-0',
    'exit-255',
    'exit-deep',
    'return-from-start',
    'trap-unreachable',
    'trap-divide-by-zero',
    'trap-indirect-signature',
    'args-environ-empty',
    'read-large',
    'paths-with-escapes',
    'poll-clock',
  ])('%s', async (name) => {
    const one = guest(name);
    const core = await scratch.recordGuest(one);
    const component = await scratch.recordGuest(one, { viaComponent: true });
    expect(ending(component.outcome)).toEqual(ending(core.outcome));
    expect(component.stdout.equals(core.stdout)).toBe(true);
    expect(component.stderr.equals(core.stderr)).toBe(true);
    expect((await replay({ trace: component.trace })).status).toBe('identical');
  });
});

test('arguments and environment', async () => {
  const one = guest('args-environ');
  const input = {
    args: ['plain', 'späte d', '😀', 'two\nlines'],
    env: { KEY: 'a=b=c', ÜMLAUT: '😀' },
  };
  const core = await scratch.recordGuest(one, input);
  const component = await scratch.recordGuest(one, { ...input, viaComponent: true });
  expect(component.stdout.toString()).toBe(core.stdout.toString());
  expect(component.stdout.toString()).toContain('späte d\0😀');
});

/** Reads /in.txt, then makes a directory, a file, another name, and removes the file: says each errno. */
const CHANGES = program(`
  ${data(2048, 'newin.txtto.txt')}
  (func $open (param $name i32) (param $length i32) (param $flags i32) (param $rights i64) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (local.get $name) (local.get $length)
      (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 1024)))
  (func (export "_start")
    (call $say_number (call $open (i32.const 2051) (i32.const 6) (i32.const 0) (i64.const 2)))
    (call $say_number (call $path_create_directory (i32.const 3) (i32.const 2048) (i32.const 3)))
    (call $say_number (call $open (i32.const 2057) (i32.const 6) (i32.const 1) (i64.const 66)))
    (call $say_number (call $open (i32.const 2051) (i32.const 6) (i32.const 8) (i64.const 66)))
    (call $say_number (call $path_rename (i32.const 3) (i32.const 2051) (i32.const 6)
      (i32.const 3) (i32.const 2057) (i32.const 6)))
    (call $say_number (call $path_unlink_file (i32.const 3) (i32.const 2051) (i32.const 6))))`);

test('a directory that was given read-only stays as it is', async () => {
  const module = await compileWat(CHANGES);
  for (const viaComponent of [false, true]) {
    const root = scratch.folder({ 'in.txt': 'data' });
    const run = await scratch.recordGuest(
      { ...guest('nothing'), input: {} },
      { module, viaComponent, preopens: [{ host: root, guest: '/', readOnly: true }] },
    );
    const [read, ...changes] = run.stdout.toString().trim().split('\n').map(Number);
    expect(read).toBe(0);
    expect(changes).toHaveLength(5);
    expect(changes.every((errno) => errno > 0)).toBe(true);
    expect(readdirSync(root)).toEqual(['in.txt']);
    expect(readFileSync(join(root, 'in.txt'), 'utf8')).toBe('data');
    // and one that may be changed is changed by the same program
    const open = await scratch.recordGuest(
      { ...guest('nothing'), input: {} },
      { module, viaComponent, preopens: [{ host: root, guest: '/' }] },
    );
    expect(open.stdout.toString()).toMatch(/^0\n0\n0\n/);
    expect(existsSync(join(root, 'new'))).toBe(true);
  }
});

test('what is no command, or a component already, is not made one', async () => {
  const reactor = guest('exit-0').wat.replace('"_start"', '"_initialize"');
  const refused = scratch.record({ module: await compileWat(reactor), viaComponent: true });
  await expect(refused).rejects.toMatchObject({ name: 'WasiRrError', code: 'EXPORT_MISSING' });
  const module = join(FIXTURES, 'uninit-O0g.component.wasm');
  await expect(scratch.record({ module, viaComponent: true })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining('is a component already') as string,
  });
});

test('a trace says that the component was made of a core module', async () => {
  const adapted = async (viaComponent: boolean) => {
    const { trace } = await scratch.recordGuest(guest('exit-0'), { viaComponent });
    const reader = new TraceReader(trace);
    reader.close();
    return reader.meta.component?.adapted;
  };
  expect([await adapted(true), await adapted(false)]).toEqual([true, undefined]);
});

test('standard input from a file, a pipe, and none at all', async () => {
  const ws = workspace();
  const stdin = readFileSync(join(import.meta.dirname, '../../examples/fs/uninit/stdin.txt'));
  writeFileSync(ws.path('in.txt'), stdin);
  const core = join(import.meta.dirname, '../../examples/wasm/uninit-O0g.wasm');
  const component = join(FIXTURES, 'uninit-O0g.component.wasm');
  for (const input of ['< in.txt', '< <(cat in.txt)', '< /dev/null', '<&-']) {
    const [one, other] = await Promise.all(
      [core, component].map((path) => ws.shell(`$WASI_RR record -q "${path}" ${input}`)),
    );
    expect(other?.stdout, input).toBe(one?.stdout);
    // its exit code is 4, of which a component can tell that it is a failure
    expect(other?.status, input).toBe(one?.status === 0 ? 0 : 1);
  }
});
