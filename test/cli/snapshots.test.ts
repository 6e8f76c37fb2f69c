/** `wasi-rr snapshots`: puts memory at all events into a trace, which the other commands then use. */
import { cpSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { example, Workspace } from './command.ts';

const ws = new Workspace();
beforeAll(async () => {
  cpSync(example('fs/heapsmash'), ws.path('files'), { recursive: true });
  await ws.run('record', '-q', '--dir', 'files::/', example('wasm/heapsmash-O0g.wasm'));
});
afterAll(() => ws.remove());

const MEMORY = ['memory', '10', '0x122f0', '64'];
const HISTORY = ['memory', 'end', '0x12310', '4', '--history'];

test('made, listed, used, and taken out again', async () => {
  const [memory, history] = [await ws.run(...MEMORY), await ws.run(...HISTORY)];
  // that of the trap, which is taken when it is recorded
  const [trap = ''] = (await ws.run('snapshots', '--list')).stdout.split('\n');
  expect(trap).toMatch(/^after event #16: memory 0, 128.0 KiB/);
  const made = await ws.run('snapshots');
  expect(made).toMatchObject({ status: 0, stdout: '' });
  expect(made.stderr).toMatch(/^wasi-rr: \d+ keyframes up to #16, [\d.]+ KiB put into .*\.wrr\n$/);
  const [listed = '{}'] = (await ws.run('snapshots', '--list', '--json')).stdout.split('\n');
  expect(JSON.parse(listed)).toMatchObject({ upTo: 16 });
  const [keyframes, snapshot] = (await ws.run('snapshots', '--list')).stdout.split('\n');
  expect(keyframes).toMatch(/^\d+ keyframes up to #16, .* KiB$/);
  expect(snapshot).toBe(trap);
  expect((await ws.run('info')).stdout).toMatch(/keyframes {5}\d+\.\d KiB/);
  expect(await ws.run(...MEMORY)).toEqual(memory);
  expect(await ws.run(...HISTORY)).toEqual(history);
  expect(await ws.run('verify')).toMatchObject({ status: 0 });
  const removed = await ws.run('snapshots', '--remove');
  expect(removed.stderr).toContain('keyframes removed from');
  expect((await ws.run('snapshots', '--remove')).stderr).toContain('holds no keyframes');
});

test.each([
  [['--list', '--remove'], 'exclude each other'],
  [['--list', '--budget', '9M'], '--budget is for making them'],
  [['--budget', '9'], '1M at least'],
  [['--budget', 'much'], 'no size'],
])('%j is refused', async (options, message) => {
  const run = await ws.run('snapshots', ...options);
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(run.stderr).toContain(message);
});
