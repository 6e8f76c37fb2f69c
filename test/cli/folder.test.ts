/** `wasi-rr ls`, `info`, `rm`, `query`, `index`. */
import { cpSync, existsSync, utimesSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { example, Workspace, workspace } from './command.ts';

describe('a trace', () => {
  const ws = new Workspace();
  beforeAll(async () => {
    cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
    await ws.run(
      ...['record', '-q', '--dir', 'files::/', '--env', 'LANG=de', '--argv0', 'heap smash'],
      ...[example('wasm/heapsmash-O0g.wasm'), 'users.csv'],
    );
  });
  afterAll(() => ws.remove());

  test('info', async () => {
    const run = await ws.run('info');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const text = ws
      .normalised(run.stdout)
      .replace(/^(machine +).*/m, '$1Node …')
      .replaceAll(/\d+(\.\d)? (KiB|B|bytes an event)\b/g, 'N $2');
    await expect(text).toMatchFileSnapshot('golden/info.txt');
  });

  test('info --json', async () => {
    const info = JSON.parse((await ws.run('info', '--json')).stdout);
    expect(info).toMatchObject({
      state: 'complete',
      problem: null,
      meta: {
        argv: ['heap smash', 'users.csv'],
        env: ['LANG=de'],
        preopens: [{ host: ws.path('files'), guest: '/' }],
        outcome: { kind: 'trap' },
        calls: 15,
        events: 17,
      },
      module: { name: 'heapsmash-O0g.wasm', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      readableEvents: 17,
      snapshots: [{ event: 16, label: 'trap', memorySize: 131072 }],
    });
  });

  test('query', async () => {
    const run = await ws.run('query', 'select seq, name, path, bytes from calls where seq > 5');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    await expect(run.stdout).toMatchFileSnapshot('golden/query.txt');
  });

  test('query: every kind of value', async () => {
    const sql = `select null as none, 9007199254740993 as big, 1.5 as real, x'00ff' as blob, 'a'||char(27)||'b' as text`;
    const run = await ws.run('query', 'heapsmash-O0g-1', sql);
    expect(run.stdout.split('\n')[2]).toBe(`NULL  9007199254740993   1.5  x'00ff'  a\\x1bb`);
    const json = await ws.run('query', '--json', sql);
    expect(JSON.parse(json.stdout)).toEqual({
      none: null,
      big: '9007199254740993',
      real: 1.5,
      blob: { hex: '00ff' },
      text: 'a\x1bb',
    });
  });

  test('query: no rows', async () => {
    expect((await ws.run('query', 'select seq from calls where 0')).stdout).toBe('seq\n---\n');
    expect((await ws.run('query', '--json', 'select seq from calls where 0')).stdout).toBe('');
  });

  test('query: more rows than are measured', async () => {
    const sql =
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i, 'x' from n";
    const lines = (await ws.run('query', sql)).stdout.trimEnd().split('\n');
    expect(lines.length).toBe(5002);
    expect(lines[5001]).toBe('5000  x');
  });

  test.each([
    ['no SQL', 'selekt 1'],
    ['two statements', 'select 1; select 2'],
    ['a table that does not exist', 'select * from nothing'],
    ['a statement that writes', 'delete from calls'],
    ['a change of settings', 'attach database ":memory:" as x'],
  ])('query: %s', async (_, sql) => {
    const run = await ws.run('query', sql);
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toMatch(/^wasi-rr: the query failed: /);
  });

  test('index', async () => {
    const path = ws.path('traces', 'heapsmash-O0g-1.wrr');
    const copy = ws.path('copy.wrr');
    cpSync(path, copy);
    const calls = async () => (await ws.run('query', '--json', copy, 'select * from calls')).stdout;
    const before = await calls();
    const db = new Database(copy);
    db.exec('delete from call_rows');
    db.close();
    expect(await calls()).toBe('');
    const run = await ws.run('index', copy);
    expect(run).toMatchObject({ status: 0, stdout: '' });
    expect(run.stderr).toBe(`wasi-rr: 15 calls of ${copy} indexed\n`);
    expect(await calls()).toBe(before);
  });
});

describe('the folder', () => {
  test('ls: latest first, unreadable ones with the reason', async () => {
    const ws = workspace();
    for (const name of ['exit-3', 'trap-unreachable', 'exit-0']) {
      await ws.run('record', '-q', await ws.guest(name));
    }
    writeFileSync(ws.path('traces', 'other.wrr'), 'no trace');
    writeFileSync(ws.path('traces', 'notes.txt'), 'no trace either');
    const names = ['exit-3-1', 'trap-unreachable-1', 'exit-0-1', 'other'];
    names.forEach((name, i) => void utimesSync(ws.path('traces', `${name}.wrr`), i, 1000 + i));
    const run = await ws.run('ls');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const text = ws.normalised(run.stdout).replaceAll(/ +\d+\.\d KiB/g, '  N.N KiB');
    await expect(text).toMatchFileSnapshot('golden/ls.txt');

    const entries = (await ws.run('ls', '--json')).stdout.trim().split('\n');
    expect(entries.map((line) => JSON.parse(line))).toMatchObject([
      { name: 'other.wrr', state: 'unreadable', problem: expect.stringMatching(/^NOT_A_TRACE: /) },
      { name: 'exit-0-1.wrr', state: 'complete', outcome: { kind: 'exit', code: 0 }, calls: 2 },
      { name: 'trap-unreachable-1.wrr', outcome: { kind: 'trap' } },
      { name: 'exit-3-1.wrr', path: ws.path('traces', 'exit-3-1.wrr') },
    ]);
  });

  test('ls: an empty folder, one that does not exist, one that is a file', async () => {
    const ws = workspace();
    expect(await ws.run('ls')).toMatchObject({ status: 0, stdout: '' });
    ws.write('file', '');
    const env = (WASI_RR_TRACE_DIR: string) => ({ env: { WASI_RR_TRACE_DIR } });
    expect(await ws.runWith(env('nowhere'), 'ls', '--json')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'wasi-rr: there are no traces in nowhere\n',
    });
    const run = await ws.runWith(env('file'), 'ls');
    expect(run.status).toBe(125);
    expect(run.stderr).toMatch(/^wasi-rr: the trace folder file cannot be read/);
  });

  test('rm: some, and all with --yes', async () => {
    const ws = workspace();
    const guest = await ws.guest('nothing');
    for (let i = 0; i < 3; i++) await ws.run('record', '-q', guest);
    const trace = (n: number) => ws.path('traces', `nothing-${n}.wrr`);
    const some = await ws.run('rm', 'nothing-2', 'nothing-9', trace(1));
    expect(some.status).toBe(125);
    expect(some.stderr).toContain('there is no trace nothing-9');
    expect([1, 2, 3].map((n) => existsSync(trace(n)))).toEqual([false, false, true]);
    const unsure = await ws.run('rm', '--all');
    expect(unsure.status).toBe(2);
    expect(unsure.stderr).toMatch(/removes 1 trace in .*--yes/);
    expect(existsSync(trace(3))).toBe(true);
    expect((await ws.run('rm', '--all', '--yes')).status).toBe(0);
    expect(existsSync(trace(3))).toBe(false);
  });

  test('rm: never a file that is no trace, and nothing without a name', async () => {
    const ws = workspace();
    ws.write('report.pdf', 'precious');
    const db = new Database(ws.path('data.wrr'));
    db.exec('create table precious (x)');
    db.close();
    for (const name of ['report.pdf', 'data.wrr']) {
      const run = await ws.run('rm', name);
      expect(run.status).toBe(125);
      expect(run.stderr).toContain('not a trace of wasi-rr');
      expect(existsSync(ws.path(name))).toBe(true);
    }
    expect((await ws.run('rm')).status).toBe(2);
    expect((await ws.run('rm', '--all', 'report.pdf')).status).toBe(2);
  });
});
