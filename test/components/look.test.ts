/** What the trace of a component tells without a replay: the same questions as of a module. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSession } from '../../replayer/session/session.ts';
import { Scratch } from '../recorder/scratch.ts';

const scratch = new Scratch('components-look');
let trace: string;

beforeAll(async () => {
  const cacheHome = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = scratch.fresh();
  try {
    const module = join(import.meta.dirname, 'fixtures/flakyparse-O0g.component.wasm');
    // it finds no file: it complains, and exits with 1
    trace = (await scratch.record({ module })).trace;
  } finally {
    if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheHome;
  }
});
afterAll(() => scratch.remove());

test('what was printed, by which call, up to any event', async () => {
  const session = await openSession(trace);
  const text = async (event: number) => {
    await session.goto(event);
    const { chunks, length } = await session.output();
    expect(chunks.every(({ stream }) => stream === 'stderr')).toBe(true);
    expect(length.stderr).toBe(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
    return Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
  };
  const whole = await text(session.lastEvent);
  expect(whole).toMatch(/^open: .*\n$/);
  await session.goto(session.lastEvent);
  const [first, second] = (await session.output()).chunks;
  expect(await text(first?.event ?? 0)).toBe('open');
  expect(await text((second?.event ?? 0) - 1)).toBe('open');
  expect(await text((first?.event ?? 0) - 1)).toBe('');
  await session.close();
});

test('where it failed: where it began to complain', async () => {
  const session = await openSession(trace);
  const { kind, event } = await session.failure();
  await session.goto(session.lastEvent);
  const [first] = (await session.output()).chunks;
  expect({ kind, event }).toEqual({ kind: 'message', event: first?.event });
  await session.close();
});

test('which handles are held, with what they stand for, from one event to another', async () => {
  const session = await openSession(trace);
  const held = async (event: number) => {
    await session.goto(event);
    return (await session.resources())?.map(({ text, openedBy }) => `${text} by #${openedBy}`);
  };
  expect(await held(0)).toEqual([]);
  expect(await held(session.lastEvent)).toEqual([
    expect.stringMatching(/^output-stream#1 <stdout> by #\d+$/),
    expect.stringMatching(/^output-stream#2 <stderr> by #\d+$/),
    expect.stringMatching(/^input-stream#1 <stdin> by #\d+$/),
  ]);
  await session.close();
});
