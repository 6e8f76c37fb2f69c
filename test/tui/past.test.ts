/** A hang in the UI, continued past the end of its recording. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openScreen } from './fake-screen.tsx';
import { type Recorded, recordExample } from './traces.ts';

let hang: Recorded;

beforeAll(async () => {
  hang = await recordExample('hang');
}, 60_000);
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
