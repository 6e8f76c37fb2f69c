/** A component in the debugger: its calls by interface, with their values. */
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { record } from '../../recorder/record.ts';
import { openScreen } from './fake-screen.ts';

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-tui-component-'));
const trace = join(folder, 'heapsmash.wrr');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  const nowhere = openSync('/dev/null', 'r+');
  await record({
    module: join(import.meta.dirname, '../components/fixtures/heapsmash-O0g.component.wasm'),
    output: trace,
    preopens: [{ host: join(import.meta.dirname, '../../examples/fs/heapsmash'), guest: '/' }],
    stdin: nowhere,
    stdout: nowhere,
    stderr: nowhere,
  });
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  rmSync(folder, { recursive: true, force: true });
});

/** The lines of the pane beside the timeline, down to its first empty one. */
function callPane(screen: string): string[] {
  const lines = screen.split('\n').map((line) => line.split(/[│┃]/).at(-2)?.trim() ?? '');
  const title = lines.findIndex((line) => line.startsWith('#36 '));
  return lines.slice(title, lines.indexOf('timing', title)).filter((line) => line !== '');
}

it('shows a call in detail, and its row in the timeline', async () => {
  await using screen = openScreen(trace);
  screen.type(':36\r');
  const text = await screen.settled('#36 descriptor.open-at');
  expect(callPane(text)).toEqual([
    '#36 descriptor.open-at',
    'wasi:filesystem/types@0.2.12',
    '✓ success',
    'passed',
    'self           descriptor#1 "/"',
    'path-flags     {symlink-follow}',
    'path           "users.csv"',
    'open-flags     {}',
    'flags          {read}',
    'returned',
    'result         ok(descriptor#2 "/users.csv")',
  ]);
  expect(text).toMatch(/▸ +36 .*descriptor\.open-at\(desc.* = ok\(descripto/);
});

it('folds away what only the runtime does, but for the selected event', async () => {
  await using screen = openScreen(trace);
  screen.type('g');
  const folded = await screen.settled('more, of the runtime');
  expect(folded).toMatch(/▸ +\d+ .*▶ run\(\)/);
  expect(folded).not.toContain('realloc');
  // `f` shows its own hits, and Esc what was there before
  screen.type('fget-stdout\r');
  await screen.settled('filter: get-stdout');
  screen.type('\u001b');
  await screen.settled('more, of the runtime');
  screen.type(':0\r');
  expect(await screen.settled('#0 of')).toMatch(/▸ +0 .*core instance 0 is made/);
  screen.type('j');
  const next = await screen.settled('▶ run()');
  expect(next).not.toContain('core instance 0 is made ');
  screen.type('z');
  await screen.settled('▶ cabi_import_realloc');
  screen.type('z');
  await screen.settled('more, of the runtime');
});

it('shows memory and stack at the failure, and those of another instance', async () => {
  await using screen = openScreen(trace);
  screen.type(':stack\r');
  const stack = await screen.settled('6 frames');
  expect(stack).toMatch(/▸ +0 main {2}src\/heapsmash.c:35:56 {2}1 heapsmash-O0g.wasm {2}0x7a9/);
  expect(stack).toMatch(/5 wasi:cli\/run@0.2.12#run {2}2 component.core2.wasm/);
  screen.type(':42\r:memory 0x115f8\r');
  const memory = await screen.settled('1 heapsmash-O0g.wasm, 256');
  expect(memory).toContain('add,1,eve-756');
  // the adapter has the same memory, and other globals
  screen.type('x');
  await screen.settled('2 component.core2.wasm, 256');
  screen.type(':globals\r');
  await screen.settled('globals of 2 component.core2.wasm');
  screen.type(':instance 0\r:4\r3');
  await screen.settled('this instance has no memory');
  screen.type(':40\r:files\r');
  const files = await screen.settled('6 open');
  expect(files).toMatch(/descriptor#2 "\/users.csv" +#36/);
  screen.type(':instance 9\r');
  await screen.settled('instances are 0 to 3');
});

it('goes inside of it', async () => {
  await using screen = openScreen(trace);
  screen.type('i');
  await screen.until(/▸ 35 +for \(user/);
  screen.type('L');
  await screen.until('u = 0x12320');
  screen.type('N');
  await screen.until(/\* +i = 0 /);
});

it('tells who wrote the bytes under the cursor, and steps inside of the run', async () => {
  await using screen = openScreen(trace);
  screen.type(':memory 0x12320 4\rW');
  const writes = await screen.settled('set_name');
  expect(writes).toContain('1 heapsmash-O0g.wasm');
  screen.type(':100%\ri');
  await screen.settled('Source src/heapsmash.c:35 main 0x7a9');
});
