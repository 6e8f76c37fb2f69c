/** A hang in the UI, continued past the end of its recording. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyTrace, forgeLog, putMeta } from '../traces/edit-trace.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let hang: Recorded;

beforeAll(async () => {
  hang = await recordExample('hang');
});
afterAll(() => hang[Symbol.dispose]());

it('runs on, is paused, goes on, and is left', async () => {
  await using screen = openScreen(hang.trace);
  await screen.until('c run on past the end');
  screen.type('c');
  await screen.until(/\d\.\d % {2}str/);
  screen.type(' ');
  const paused = await screen.until(/paused \d+ ms/);
  const steady = paused
    .replace(/paused \d+ ms past the end +/, 'paused # ms past the end')
    .replace(/\d+ samples +/, '# samples')
    .replace(/ +\d+\.\d %/g, '  #.# %')
    // a sample now and then hits who calls it
    .replace(/.*#\.# % {2}(?!str ).*\n/g, '')
    .replace(/(┃ +┃\n)+(?=┗)/, '')
    .replace(/( 0 str +)0x[0-9a-f]+ +/, '$10x#');
  await expect(steady).toMatchFileSnapshot('golden/past.txt');
  screen.type('c');
  await screen.until('runs on');
  screen.type(' ');
  await screen.until(/paused \d+ ms/);
  screen.type('\u001b');
  await screen.until('1 Timeline');
});

it('says why there is nothing past the end of a run that came to its end', async () => {
  using ended = await recordExample('heapsmash');
  await using screen = openScreen(ended.trace);
  screen.type(':past\r');
  await screen.until('the run was not interrupted, it ended by itself');
  screen.type('\u001b');
  await screen.until('1 Timeline');
});

/** A copy of a run that ended, as if it had been interrupted before its last events. */
function interrupted({ folder, trace }: Recorded, lost: number): string {
  const cut = forgeLog(trace, join(folder, `without-${lost}.wrr`), (events) =>
    events.slice(0, events.length - lost),
  );
  return copyTrace(cut, join(folder, `interrupted-${lost}.wrr`), (db) =>
    putMeta(db, 'outcome', { kind: 'interrupted', by: 'SIGINT' }),
  );
}

it.each([
  ['heapsmash', 1, /■ it trapped \d+ ms past the end: table index is out of bounds/],
  ['heapsmash', 2, /■ it gets no further than this call, .*: fd_write\(1, /],
  ['many', 1, /■ it returned \d+ ms past the end/],
] as const)('%s without its last %i events: says how it goes on', async (name, lost, said) => {
  using run = await recordExample(name);
  await using screen = openScreen(interrupted(run, lost));
  screen.type('c');
  await screen.until(said);
  screen.type('c ');
  await screen.until('1 Timeline');
});

it('shows where in the source it is, and scrolls by pages', async () => {
  using run = await recordExample('heapsmash');
  await using screen = openScreen(interrupted(run, 1), 100, 16);
  screen.resize(100, 8);
  screen.type('c');
  await screen.until(/it trapped \d+ ms/);
  expect(screen.text()).toMatch(/main {2}src\/heapsmash\.c:35:56 {2}0x7a9/);
  expect(screen.text()).not.toContain('_start.command_export');
  screen.type('\u001b[6~'.repeat(2));
  await screen.until('_start.command_export');
  screen.type('\u001b[5~'.repeat(2));
  await screen.until(/it trapped \d+ ms/);
  screen.type('GG');
  await screen.until('_start.command_export');
  // the end is the end: one line back is one line back
  screen.type('kkkk');
  await screen.until(/it trapped \d+ ms/);
});
