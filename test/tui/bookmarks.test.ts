/** Bookmarks in the UI: made, shown, edited, removed and put back; what the trace keeps of them. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listBookmarks } from '../../traces/annotations.ts';
import { openScreen } from './fake-screen.ts';
import { type Recorded, recordExample } from './traces.ts';

let heapsmash: Recorded;
beforeAll(async () => {
  heapsmash = await recordExample('heapsmash');
});
afterAll(() => heapsmash[Symbol.dispose]());

function copy(name: string): string {
  const path = join(heapsmash.folder, `${name}.wrr`);
  copyFileSync(heapsmash.trace, path);
  return path;
}

const notes = (path: string) => listBookmarks(path).map(({ event, note }) => `#${event} ${note}`);

it('makes, edits, removes and puts back', async () => {
  const path = copy('edit');
  {
    await using screen = openScreen(path);
    screen.type(':8\rbfirst read\r');
    await screen.until('bookmarked #8');
    screen.type(':12\rbend\r');
    await screen.until(/◆ +12/);
    screen.type('9');
    await screen.until(/◆ +#8 {2}first read/);
    screen.type('je, of the first block\r');
    await screen.until(/◆ +#8 {2}first read, of the first block/);
    screen.type('jd');
    await screen.until('bookmark of #12 removed; z puts it back');
    expect(notes(path)).toEqual(['#8 first read, of the first block']);
    expect(screen.text()).not.toMatch(/◆ +12/);
    screen.type('kd');
    await screen.until('bookmark of #8 removed');
    expect(notes(path)).toEqual([]);
    screen.type('zzz');
    await screen.until('no bookmark was removed');
    expect(notes(path)).toEqual(['#8 first read, of the first block', '#12 end']);
  }
  await using again = openScreen(path);
  again.type('9j');
  await again.until(/◆ +#8 {2}first read, of the first block/);
  again.type('\r');
  expect(again.bugger.position).toBe(8);
});

it('removes marks, and nothing where there is nothing', async () => {
  await using screen = openScreen(copy('marks'));
  screen.type(':5\rma9');
  await screen.until(/a +#5/);
  screen.type('d');
  await screen.until('this line is neither a bookmark nor a mark');
  screen.type('e');
  await screen.until('this line is no bookmark');
  screen.type('jd');
  await screen.until('mark a removed');
  expect(screen.bugger.state.marks).toEqual([]);
});

it('says so where the trace cannot be written, and keeps what is there', async () => {
  const path = copy('busy');
  await using screen = openScreen(path);
  screen.type(':3\rbkept\r');
  await screen.until('bookmarked #3');
  const other = new Database(path);
  other.exec('begin immediate');
  screen.type('9jd');
  await screen.until(/not kept: .*is being written by another process/);
  expect(screen.text()).toMatch(/◆ +#3 {2}kept/);
  screen.type('z');
  await screen.until('no bookmark was removed');
  other.exec('rollback');
  other.close();
  expect(notes(path)).toEqual(['#3 kept']);
});
