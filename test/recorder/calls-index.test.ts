/**
 * The index of calls, as anyone finds it with the sqlite3 command: what it says of each call is what the
 * log says of it, and making it anew gives the same.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { rebuildIndex } from '../../recorder/reindex.ts';
import { callBytes, callFd, callPath } from '../../wasi/call-columns.ts';
import { argsJson, resultJson } from '../../wasi/call-json.ts';
import { DescriptorTable } from '../../wasi/descriptors.ts';
import { errnoName } from '../../wasi/names.ts';
import { data, program, words } from '../guests/assemble.ts';
import type { Guest } from '../guests/guest.ts';
import { guest } from '../guests/guests.ts';
import { eventsOf } from '../traces/edit-trace.ts';
import { Scratch } from './scratch.ts';

const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;

const scratch = new Scratch('calls-index');
afterAll(() => scratch.remove());

const names = ['heapsmash-O0g', 'rustslice-O2', 'dirorder-O0g', 'syscalls-O2'];
const guests = [
  'mixed-calls-20000',
  'bad-descriptors',
  'read-scattered',
  'paths-with-escapes',
  'read-large',
];
const traces = new Map<string, string>();

/** Two files in turn under one descriptor, read by calls that are the same in every byte. */
const turns: Guest = {
  name: 'turns',
  input: { files: { 'a.txt': 'same', 'b.txt': 'size' } },
  wat: program(`
  ${data(2048, 'a.txtb.txt')}
  ${data(2064, words(3000, 16))}
  (func $read (param $path i32)
    (drop (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (i32.const 5)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 2080)))
    (drop (call $fd_read (i32.load (i32.const 2080)) (i32.const 2064) (i32.const 1) (i32.const 2084)))
    (drop (call $fd_close (i32.load (i32.const 2080)))))
  (func (export "_start")
    (call $read (i32.const 2048)) (call $read (i32.const 2053))
    (call $read (i32.const 2048)) (call $read (i32.const 2053)))`),
  expect: { ending: { kind: 'exit', code: 0 } },
};

beforeAll(async () => {
  for (const example of exampleCases()) {
    if (!names.includes(example.name)) continue;
    const fewer = example.name.startsWith('syscalls') ? { args: ['3000'] } : {};
    traces.set(example.name, (await scratch.recordExample({ ...example, ...fewer })).trace);
  }
  for (const name of guests) {
    traces.set(name, (await scratch.recordGuest(guest(name), { paranoid: false })).trace);
  }
  traces.set('turns', (await scratch.recordGuest(turns)).trace);
});

function sql(name: string, query: string): unknown[] {
  const output = execFileSync('sqlite3', ['-json', '-readonly', traces.get(name) ?? '', query], {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  return output === '' ? [] : (JSON.parse(output) as unknown[]);
}

/** The rows that the log calls for, made the slow way: decode each event, ask for each column. */
function expectedRows(name: string): unknown[] {
  const table = new DescriptorTable();
  return eventsOf(traces.get(name) ?? '').flatMap((event) => {
    if (event.kind !== 'call' && event.kind !== 'open') return [];
    const row = {
      seq: event.number,
      name: event.name,
      fd: callFd(event) ?? null,
      path: callPath(event, table) ?? null,
      args: argsJson(event),
      errno: event.result === undefined ? null : errnoName(event.result),
      result: event.effects.length === 0 ? null : (resultJson(event) ?? null),
      bytes: callBytes(event) ?? null,
      enter_ns: event.startNs,
      duration_ns: event.kind === 'call' ? event.durationNs : null,
      interface: event.func.module,
    };
    table.apply(event, event.number);
    return [row];
  });
}

describe.skipIf(!hasSqlite)('calls, by the sqlite3 command', () => {
  test.each([...names, ...guests, 'turns'])('%s: every row is what the log says', (name) => {
    const rows = sql(name, 'select * from calls order by seq');
    const expected = expectedRows(name);
    expect(rows.length).toBe(expected.length);
    const differing = rows.findIndex(
      (row, i) => JSON.stringify(row) !== JSON.stringify(expected[i]),
    );
    expect(rows[differing]).toEqual(expected[differing]);
  });

  test.each([...names, ...guests, 'turns'])('%s: made anew it is the same', async (name) => {
    const query = 'select * from calls order by seq';
    const before = JSON.stringify(sql(name, query));
    const progress: number[] = [];
    const calls = await rebuildIndex(traces.get(name) ?? '', (events) => progress.push(events));
    expect(calls).toBe(sql(name, 'select 1 from calls').length);
    expect(progress.length).toBeGreaterThan(0);
    expect(JSON.stringify(sql(name, query)) === before).toBe(true);
    // and the file is one file again, of about the size that it had
    expect(sql(name, 'pragma journal_mode')).toEqual([{ journal_mode: 'delete' }]);
  });

  test('grouped by name', () => {
    expect(
      sql(
        'heapsmash-O0g',
        'select name, count(*) as n from calls group by name order by n desc, name limit 3',
      ),
    ).toMatchInlineSnapshot(`
      [
        {
          "n": 5,
          "name": "fd_read",
        },
        {
          "n": 2,
          "name": "fd_fdstat_get",
        },
        {
          "n": 2,
          "name": "fd_prestat_get",
        },
      ]
    `);
  });

  test('filtered by errno', () => {
    expect(
      sql('bad-descriptors', "select distinct errno from calls where name <> 'fd_write'"),
    ).toEqual([{ errno: 'badf' }]);
    expect(
      sql(
        'mixed-calls-20000',
        "select name, count(*) as n from calls where errno <> 'success' group by 1",
      ),
    ).toEqual([{ name: 'fd_prestat_get', n: 2500 }]);
  });

  test('by path and by descriptor', () => {
    expect(
      sql(
        'heapsmash-O0g',
        "select name, fd, path from calls where path like '%users.csv' and name <> 'fd_read' order by seq",
      ),
    ).toMatchInlineSnapshot(`
      [
        {
          "fd": 3,
          "name": "path_open",
          "path": "/users.csv",
        },
        {
          "fd": 4,
          "name": "fd_close",
          "path": "/users.csv",
        },
      ]
    `);
  });

  test('the path of a descriptor is that of its time', () => {
    expect(sql('turns', "select path from calls where name = 'fd_read' order by seq")).toEqual(
      ['a.txt', 'b.txt', 'a.txt', 'b.txt'].map((path) => ({ path })),
    );
  });

  test('by what JSON says', () => {
    expect(
      sql(
        'heapsmash-O0g',
        "select sum(result ->> 'nread') as nread, sum(bytes) as bytes from calls where name = 'fd_read'",
      ),
    ).toMatchInlineSnapshot(`
      [
        {
          "bytes": 3253,
          "nread": 3253,
        },
      ]
    `);
  });

  test('a call that did not return has no errno and no duration', () => {
    const calls = sql('rustslice-O2', 'select name from calls where errno is null');
    expect(calls).toEqual([]);
    const exits = sql(
      'dirorder-O0g',
      'select name, errno, duration_ns, result from calls where errno is null',
    );
    expect(exits).toEqual([{ name: 'proc_exit', errno: null, duration_ns: null, result: null }]);
  });
});
