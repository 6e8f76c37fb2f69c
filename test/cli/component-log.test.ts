/** `wasi-rr log` of components: functions of interfaces with their values. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { component, deep, outer } from '../components/component-wat.ts';
import { example, REPOSITORY, Workspace } from './command.ts';
import { controlsIn } from './text.ts';

const ws = new Workspace();
afterAll(() => ws.remove());

const fixture = (name: string) =>
  join(REPOSITORY, `test/components/fixtures/${name}.component.wasm`);

/** One trace for each of the programs, with the same in every run. */
beforeAll(async () => {
  const same = ['-q', '--clock', 'fixed', '--random', 'seed'];
  for (const name of ['flakyparse', 'heapsmash']) {
    cpSync(example(`fs/${name}`), ws.path(name), { recursive: true });
    const folder = ['--dir', `${name}::/`];
    await ws.run('record', ...same, ...folder, '-o', `${name}.wrr`, fixture(`${name}-O0g`));
  }
  const stdin = readFileSync(example('fs/uninit/stdin.txt'), 'utf8');
  await ws.runWith({ stdin }, 'record', ...same, '-o', 'uninit.wrr', fixture('uninit-O0g'));
});

interface JsonCall {
  readonly event: number;
  readonly kind: string;
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  readonly errno: string | null;
  readonly result?: string;
  readonly path?: string;
}

async function jsonCalls(...args: string[]): Promise<JsonCall[]> {
  const { stdout } = await ws.run('log', '--json', ...args);
  const all = stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line): JsonCall => JSON.parse(line));
  return all.filter(({ kind }) => kind === 'call' || kind === 'open');
}

test.each(['uninit', 'heapsmash', 'flakyparse'])('%s as lines', async (name) => {
  const run = await ws.run('log', `${name}.wrr`);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(controlsIn(run.stdout)).toEqual([]);
  await expect(ws.normalised(run.stdout)).toMatchFileSnapshot(`golden/component-${name}.txt`);
});

test('--core shows what the component runtime does', async () => {
  const run = await ws.run('log', '--core', '-T', 'uninit.wrr');
  await expect(ws.normalised(run.stdout)).toMatchFileSnapshot('golden/component-core.txt');
});

test.each(['uninit', 'heapsmash', 'flakyparse'])('every value of %s can be read', async (name) => {
  const calls = await jsonCalls(`${name}.wrr`);
  const rows = await ws.run('query', '--json', `${name}.wrr`, 'select * from calls order by seq');
  const indexed = rows.stdout
    .trim()
    .split('\n')
    .map((line): { seq: number; args: string; errno: string | null } => JSON.parse(line));
  expect(calls.length).toBeGreaterThan(7);
  expect(indexed.map(({ seq }) => seq)).toEqual(calls.map(({ event }) => event));
  for (const [i, call] of calls.entries()) {
    expect(JSON.stringify(call)).not.toMatch(/unreadable|handle#|"0":/);
    expect(Object.keys(JSON.parse(indexed[i]?.args ?? ''))).toEqual(Object.keys(call.args));
    expect(indexed[i]?.errno).toBe(call.errno);
  }
});

describe('filters', () => {
  test('by function, interface, error and path', async () => {
    const names = async (...args: string[]) =>
      new Set((await jsonCalls(...args, 'heapsmash.wrr')).map(({ name }) => name));
    expect(await names('--call', 'descriptor.open-at')).toEqual(new Set(['descriptor.open-at']));
    expect(await names('--call', 'wasi:filesystem/preopens@0.2.12')).toEqual(
      new Set(['get-directories']),
    );
    expect(await names('--errno', 'closed')).toEqual(new Set(['input-stream.blocking-read']));
    expect(await names('--errno', 'any')).toEqual(new Set(['input-stream.blocking-read']));
    expect(await names('--path', 'users.csv')).toContain('descriptor.read-via-stream');
    expect(await names('--path', 'users.csv')).not.toContain('get-stdout');
  });

  test('say what is asked for in vain', async () => {
    const none = await ws.run('log', '--call', 'fd_read', 'uninit.wrr');
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toMatch(/does not import fd_read. It imports .*get-stdin/);
    const fd = await ws.run('log', '--fd', '3', 'uninit.wrr');
    expect(fd).toMatchObject({ status: 2, stdout: '' });
    expect(fd.stderr).toMatch(/^wasi-rr: --fd: a component has handles/);
  });

  test('-c counts what the lines show, -s and --to cut', async () => {
    const { stdout } = await ws.run('log', '-c', '--json', 'uninit.wrr');
    const rows: { name: string; calls: number }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const total = rows.reduce((sum, { calls }) => sum + calls, 0);
    expect(total).toBe((await jsonCalls('uninit.wrr')).length);
    expect(rows.map(({ name }) => name)).toContain('wasi:cli/exit@0.2.12 exit');
    const cut = await ws.run(
      'log',
      '-s',
      '3',
      '--call',
      'output-stream.blocking-write-and-flush',
      '--limit',
      '1',
      'uninit.wrr',
    );
    expect(cut.stdout).toMatch(/bytes "\S.."…\) +=/);
  });
});

test('what a component within does is shown by its calls', async () => {
  const inner = `
    (import "exit" (func $exit (param "status" (result))))
    (core func $exit (canon lower (func $exit)))
    (core module $m (import "a" "exit" (func $exit (param i32))) ${deep('i32.const 1 call $exit')})
    (core instance $i (instantiate $m (with "a" (instance (export "exit" (func $exit))))))
    (func (export "go") (canon lift (core func $i "go")))`;
  const module = await component(
    '(import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))',
    outer(inner, '(with "exit" (func $exit "exit"))'),
  );
  await ws.run('record', '-q', '-o', 'nested.wrr', ws.write('nested.wasm', module));
  const run = await ws.run('log', 'nested.wrr');
  expect(ws.normalised(run.stdout).replaceAll(/ +/g, ' ')).toBe(
    [
      '#3 0.000000 → wasi:cli/run@0.2.3 run()',
      '#5 0.000000 wasi:cli/exit@0.2.3 exit(err) = ?',
      '#6 0.000000 ← exit 1',
      '+++ exit 1 +++',
      '',
    ].join('\n'),
  );
});
