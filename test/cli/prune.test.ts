/** `wasi-rr prune`, and how `ls` shows a folder with many traces. */
import { copyFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { byteSize } from '../../cli/option-values.ts';
import { addBookmark } from '../../traces/annotations.ts';
import { Workspace, workspace } from './command.ts';

const models = new Workspace();
const model = (name: string) => models.path('traces', `${name}-1.wrr`);
beforeAll(async () => {
  for (const guest of ['exit-0', 'exit-3']) {
    await models.run('record', '-q', await models.guest(guest));
  }
});
afterAll(() => models.remove());

/** Traces app-1 to app-N, the first one N days old and each other a day younger; every third one failed. */
function fill(ws: Workspace, count: number): void {
  for (let n = 1; n <= count; n++) {
    const path = ws.path('traces', `app-${n}.wrr`);
    copyFileSync(model(n % 3 === 0 ? 'exit-3' : 'exit-0'), path);
    age(path, count - n + 1);
  }
}

function age(path: string, days: number): void {
  const then = Date.now() / 1000 - days * 24 * 60 * 60;
  utimesSync(path, then, then);
}

const numbers = (ws: Workspace) =>
  readdirSync(ws.traces)
    .map((name) => Number.parseInt(name.slice(4), 10))
    .toSorted((a, b) => a - b);

test('prune says what it removes, and what it leaves and why', async () => {
  const ws = workspace();
  fill(ws, 7);
  const bookmarked = ws.path('traces', 'app-2.wrr');
  addBookmark(bookmarked, { event: 0, name: 'here' });
  age(bookmarked, 6);
  writeFileSync(ws.path('traces', 'a\x1bb.wrr'), 'no trace');
  age(ws.path('traces', 'a\x1bb.wrr'), 9);
  const run = await ws.run('prune', '--keep-days', '2.5', '--keep-failed');
  expect(run.status).toBe(0);
  const lines = run.stdout.replaceAll(/\(.*?\)/g, '(…)').split('\n');
  expect(lines).toEqual([
    'removed app-1.wrr (…)',
    'removed app-4.wrr (…)',
    'removed app-5.wrr (…)',
    '',
  ]);
  expect(run.stdout).toMatch(
    /^removed app-1\.wrr \(\d+\.\d KiB, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)\n/,
  );
  const said = run.stderr.split('\n');
  expect(said[0]).toMatch(/^wasi-rr: a\\x1bb\.wrr stays: it cannot be judged: .* is not a trace/);
  expect(said.slice(1, 3)).toEqual([
    'wasi-rr: app-2.wrr stays: it has bookmarks',
    'wasi-rr: app-3.wrr stays: its run did not exit with 0',
  ]);
  expect(said[3]).toMatch(/^wasi-rr: removed 3 traces from \/.*\/traces, \d+\.\d KiB$/);
  expect(readdirSync(ws.traces).toSorted()).toEqual([
    'a\x1bb.wrr',
    ...['app-2.wrr', 'app-3.wrr', 'app-6.wrr', 'app-7.wrr'],
  ]);
});

test('prune --dry-run --json', async () => {
  const ws = workspace();
  fill(ws, 3);
  const path = ws.path('traces', 'app-1.wrr');
  const { size, mtime } = statSync(path);
  const args = ['prune', '--max-size', '0', '--keep-failed', '--json'];
  const parse = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const dry = await ws.run(...args, '--dry-run');
  expect(dry.status).toBe(0);
  expect(parse(dry.stdout)).toMatchObject([
    { action: 'would-remove', name: 'app-1.wrr', path, size, modified: mtime.toISOString() },
    { action: 'would-remove', name: 'app-2.wrr' },
    { action: 'kept', reason: 'failed', name: 'app-3.wrr' },
  ]);
  expect(dry.stderr).toMatch(
    /would remove 2 traces.*\n.*what stays takes .*more than the 0 B asked/,
  );
  expect(numbers(ws)).toEqual([1, 2, 3]);
  expect(parse((await ws.run(...args)).stdout)).toMatchObject([
    { action: 'removed', name: 'app-1.wrr' },
    { action: 'removed', name: 'app-2.wrr' },
    { action: 'kept', name: 'app-3.wrr' },
  ]);
  expect(numbers(ws)).toEqual([3]);
});

test.each([
  ['0', 0],
  ['4096', 4096],
  ['3K', 3 * 1024],
  ['1.5MiB', 1.5 * 1024 ** 2],
  ['2mb', 2_000_000],
  ['1g', 1024 ** 3],
  ['2TB', 2e12],
])('a size of %s', (text, bytes) => {
  expect(byteSize(text)).toBe(bytes);
});

test.each([
  [['prune'], /--keep-days DAYS, --max-size SIZE/],
  [['prune', '--keep-failed'], /--keep-days DAYS, --max-size SIZE/],
  [['prune', '--keep-days', '-1'], /no number of days/],
  [['prune', '--keep-days', 'Infinity'], /no number of days/],
  [['prune', '--max-size', '5 apples'], /no size/],
  [['prune', '--max-size', '-5'], /no size/],
  [['prune', '--keep-days', '0', 'app-1'], /too many arguments/],
])('%s is refused, and nothing removed', async (args, why) => {
  const ws = workspace();
  fill(ws, 1);
  const run = await ws.run(...args);
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toMatch(why);
  expect(numbers(ws)).toEqual([1]);
});

test('ls lists the newest, and says how many more there are', async () => {
  const ws = workspace();
  fill(ws, 53);
  const listed = (text: string) =>
    [...text.matchAll(/app-(\d+)\.wrr\b(?!")/g)].map(([, n]) => Number(n));
  const newest = (count: number) => Array.from({ length: count }, (_, i) => 53 - i);
  const plain = await ws.run('ls');
  expect(plain).toMatchObject({
    status: 0,
    stderr: 'wasi-rr: 3 older traces not listed; --all lists them\n',
  });
  expect(listed(plain.stdout)).toEqual(newest(50));
  const few = await ws.run('ls', '-n', '2', '--json');
  expect(few.stderr).toBe('wasi-rr: 51 older traces not listed; --all lists them\n');
  const entries = few.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(entries).toMatchObject([
    { name: 'app-53.wrr', state: 'complete' },
    { name: 'app-52.wrr' },
  ]);
  const all = await ws.run('ls', '--all');
  expect(all).toMatchObject({ status: 0, stderr: '' });
  expect(listed(all.stdout)).toEqual(newest(53));
  expect((await ws.run('ls', '--limit', '0')).status).toBe(2);
});
