/** Files that are no whole traces: every command says so, clearly, and nothing crashes. */
import { copyFileSync, readFileSync, truncateSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { middleOfLog } from '../traces/file-layout.ts';
import { example, Workspace } from './command.ts';

const ws = new Workspace();
/** A trace of several segments. */
let whole = '';
const EVENTS = 40_013;

beforeAll(async () => {
  whole = ws.path('whole.wrr');
  const program = example('wasm/syscalls-O2.wasm');
  await ws.run('record', '-q', '-o', whole, '--dir', '.::/', program, '20000');
});
afterAll(() => ws.remove());

function altered(name: string, edit: (db: Database.Database) => void): string {
  const path = ws.path(`${name}.wrr`);
  copyFileSync(whole, path);
  const db = new Database(path);
  edit(db);
  db.close();
  return path;
}

/** A copy that ends somewhere in its log. */
function cutShort(): string {
  const path = ws.path('cut.wrr');
  copyFileSync(whole, path);
  truncateSync(path, middleOfLog(whole));
  return path;
}

describe('cannot be opened', () => {
  const cases: readonly (readonly [
    what: string,
    make: () => string,
    code: string,
    says: RegExp,
  ])[] = [
    ['text', () => ws.write('text.wrr', 'hello'), 'NOT_A_TRACE', /is not a trace of wasi-rr/],
    ['nothing', () => ws.write('empty.wrr', ''), 'NOT_A_TRACE', /it is empty/],
    ['a folder', () => ws.traces, 'TRACE_UNREADABLE', /cannot be read/],
    ['no file', () => ws.path('nowhere.wrr'), 'TRACE_NOT_FOUND', /there is no trace/],
    [
      'another SQLite file',
      () => {
        const db = new Database(ws.path('other.wrr'));
        db.exec('create table t (x)');
        db.close();
        return ws.path('other.wrr');
      },
      'NOT_A_TRACE',
      /is a SQLite file, but not a trace/,
    ],
    [
      'a newer version',
      () => altered('newer', (db) => void db.pragma('user_version = 999')),
      'TRACE_TOO_NEW',
      /has trace format 999.*npm install/,
    ],
    [
      'the first bytes',
      () => ws.write('short.wrr', readFileSync(whole).subarray(0, 50)),
      'TRACE_TRUNCATED',
      /cut so short/,
    ],
    [
      'a description that is no JSON',
      () => altered('meta', (db) => db.exec("update meta set value = '{' where key = 'argv'")),
      'TRACE_CORRUPT',
      /is damaged/,
    ],
  ];

  test.each(cases)('%s', async (_, make, code, says) => {
    const path = make();
    for (const command of ['log', 'replay']) {
      const run = await ws.run(command, path);
      expect(run, command).toMatchObject({ status: 125, stdout: '' });
      expect(run.stderr, command).toMatch(/^wasi-rr: /);
      expect(run.stderr, command).toMatch(says);
      expect(run.stderr, command).not.toContain('bug');
    }
    const verdict = await ws.run('verify', path);
    expect(verdict).toMatchObject({ status: 125, stderr: '' });
    expect(verdict.stdout).toMatch(new RegExp(`^FAILED  .*  ${code}: `));
  });
});

describe('a file that was cut short', () => {
  test('is shown and replayed as far as it goes', async () => {
    const path = cutShort();
    const log = await ws.run('log', '--json', path);
    expect(log.status).toBe(125);
    const lines = log.stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length).toBeLessThan(EVENTS);
    expect(log.stderr).toMatch(
      new RegExp(
        `^wasi-rr: the file is cut short: ${lines.length} of ${EVENTS} events are there\n$`,
      ),
    );
    const replay = await ws.run('replay', path);
    expect(replay.status).toBe(125);
    expect(replay.stderr).toContain('the recording has no end');
    expect((await ws.run('verify', path)).stdout).toMatch(/^FAILED .*TRACE_TRUNCATED: .*cut short/);
    expect((await ws.run('info', path)).stdout).toMatch(/^state +damaged: the file is cut short/m);
  });
});

describe('a bit flipped in a segment', () => {
  test('everything before it is shown', async () => {
    const path = altered('flipped', (db) => {
      const last = 'select max(id) from segments';
      const row = db.prepare(`select id, data from segments where id = (${last})`).get();
      const { id, data } = row as { id: number; data: Buffer };
      data[data.length >> 1] = (data[data.length >> 1] ?? 0) ^ 1;
      db.prepare('update segments set data = ? where id = ?').run(data, id);
    });
    const log = await ws.run('log', path);
    expect(log.status).toBe(125);
    expect(log.stdout.split('\n').length).toBeGreaterThan(1000);
    expect(log.stdout).not.toContain('+++');
    const [, first] = /segment \d+ \(events (\d+) to 40012\)/.exec(log.stderr) ?? [];
    expect(log.stdout).toContain(`#${Number(first) - 1} `);
    expect(log.stdout).not.toContain(`#${first} `);
    const summary = await ws.run('log', '-c', path);
    expect(summary.status).toBe(125);
    expect(summary.stdout).toContain('fd_write');
    expect((await ws.run('replay', path)).status).toBe(125);
    expect((await ws.run('verify', path)).stdout).toMatch(/^FAILED .*SEGMENT_CORRUPT: /);
  });
});

test('another module in the trace is noticed', async () => {
  const path = altered('module', (db) =>
    db.exec(`update modules set sha256 = '${'0'.repeat(64)}'`),
  );
  const run = await ws.run('replay', path);
  expect(run).toMatchObject({ status: 125, stdout: '' });
  expect(run.stderr).toMatch(
    /the module of .* is not the one that its checksum names.* replay --module syscalls-O2\.wasm/,
  );
});
