/** What a thread does while nobody asks: for as long as nobody does. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RequestLink } from '../../../replayer/requests/request-link.ts';
import { type AheadRequests, TOLD } from './ahead-messages.ts';

let told: Int32Array<SharedArrayBuffer>;
let link: RequestLink<AheadRequests>;

beforeEach(() => {
  told = new Int32Array(new SharedArrayBuffer(TOLD.bytes));
  link = new RequestLink({
    url: new URL('./ahead-worker.ts', import.meta.url),
    setup: () => ({ told: told.buffer }),
    receive: () => {},
  });
});
afterEach(() => link.close());

/** Until this has happened more often than `times`. */
async function happened(word: number, times: number): Promise<void> {
  while (Atomics.load(told, word) <= times) {
    const waited = Atomics.waitAsync(told, word, times);
    if (waited.async) await waited.value;
  }
}

test('gives way to what is asked', async () => {
  expect(await link.request('look', { at: 1 })).toBe('looked at 1');
  await happened(TOLD.begun, 0);
  expect(await link.request('look', { at: 2 })).toBe('looked at 2');
  expect(told[TOLD.givenUp]).toBe(1);
  await happened(TOLD.begun, 1);
  expect(await link.request('look', { at: 3 })).toBe('looked at 3');
});

test('goes on where it is what is asked for', async () => {
  await link.request('look', { at: 1 });
  await happened(TOLD.begun, 0);
  const step = link.request('step', { at: 1 });
  Atomics.store(told, TOLD.ends, 1);
  expect(await step).toBe('found ahead');
  expect(told[TOLD.givenUp]).toBe(0);
});

test('is called off with the request that it has become', async () => {
  await link.request('look', { at: 1 });
  await happened(TOLD.begun, 0);
  const calledOff = new AbortController();
  const progress = new Promise<number>((resolve) => {
    link
      .request('step', { at: 1 }, { signal: calledOff.signal, onProgress: resolve })
      .catch(() => {});
  });
  // it tells how far it is, as any request does
  expect(await progress).toBe(7);
  calledOff.abort();
  await happened(TOLD.givenUp, 0);
  expect(await link.request('look', { at: 2 })).toBe('looked at 2');
});

test('who gave something up is told no progress of it', async () => {
  // Milliseconds as request-link.ts has them: a report every 200, the end of the thread after 500
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  try {
    let reports = 0;
    const calledOff = new AbortController();
    const { signal } = calledOff;
    const given = link.request('look', { at: 1 }, { signal, onProgress: () => reports++ });
    const outcome = expect(given).rejects.toThrow('called off');
    vi.advanceTimersByTime(250);
    expect(reports).toBe(1);
    calledOff.abort(new Error('called off'));
    vi.advanceTimersByTime(450);
    expect(reports).toBe(1);
    await outcome;
  } finally {
    vi.useRealTimers();
  }
});
