/** `wasi-rr bookmarks`: the notes that a trace keeps. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { example, Workspace } from './command.ts';

const ws = new Workspace();
let trace: string;
beforeAll(async () => {
  trace = ws.path('one.wrr');
  await ws.run('record', '-q', '-o', trace, example('wasm/heapsmash-O0g.wasm'));
});
afterAll(() => ws.remove());

test('are added, listed, edited and removed', async () => {
  const run = async (...args: string[]) => ws.run('bookmarks', ...args);
  expect(await run(trace)).toMatchObject({ status: 0, stdout: '' });
  const added = await run('add', trace, '3', 'no folder?', '--json');
  const bookmark = { id: 1, event: 3, name: '#3', note: 'no folder?', created: expect.any(String) };
  expect(JSON.parse(added.stdout)).toEqual(bookmark);
  expect(await run('add', trace, 'end', '\u001b[31mred')).toMatchObject({ status: 0, stderr: '' });
  expect(await run('edit', trace, '1', 'no file')).toMatchObject({ status: 0, stderr: '' });
  const listed = await run(trace);
  expect(listed.stdout).toMatch(
    /^id +event +note +created\n +1 +#3 +no file +2.*\n +2 +#\d+ +\\x1b\[31mred +2.*\n$/,
  );
  const objects = (await run('list', '--json', trace)).stdout.trim().split('\n');
  expect(objects.map((line) => JSON.parse(line).note)).toEqual(['no file', '\u001b[31mred']);
  expect((await run('rm', trace, '1')).stderr).toBe('wasi-rr: removed bookmark 1: #3 no file\n');
  expect((await run(trace, '--json')).stdout.trim().split('\n')).toHaveLength(1);
});

test.each([
  [['rm', 'TRACE', '77'], 'the trace has no bookmark 77: it has '],
  [['rm', 'TRACE', 'x'], '"x" is no id of a bookmark'],
  [['edit', 'TRACE', '77', 'note'], 'the trace has no bookmark 77'],
  [['add', 'TRACE', '9999', 'note'], 'there is no event 9999'],
  [['add', 'TRACE', 'soon', 'note'], '"soon" is no event'],
  [['add', 'TRACE'], 'the arguments are [trace] <event> <note>, and not "'],
])('%j is a usage error', async (args, said) => {
  const run = await ws.run('bookmarks', ...args.map((arg) => (arg === 'TRACE' ? trace : arg)));
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toContain(said);
});

test('nothing is added to a trace with triggers, which would run what their author wants', async () => {
  const hostile = ws.path('hostile.wrr');
  await ws.run('record', '-q', '-o', hostile, example('wasm/heapsmash-O0g.wasm'));
  const db = new Database(hostile);
  db.exec(`create trigger bad after insert on bookmarks begin insert into bookmarks
    with recursive n(i) as (select 1 union all select i + 1 from n) select null, 0, '', '', '' from n; end`);
  db.close();
  const run = await ws.run('bookmarks', 'add', hostile, '1', 'note');
  expect(run.status).toBe(125);
  expect(run.stderr).toContain('it has triggers, which no trace of ours has');
});
