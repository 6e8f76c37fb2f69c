/** Threads that read traces are ended at any moment, and nothing else with them. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { endThread } from '../../traces/zstd.ts';

test('a thread that unpacks without end can be ended: Node would abort the process', async () => {
  // one in a few is ended where it makes a stream
  for (let i = 0; i < 20; i++) {
    const shared = new SharedArrayBuffer(4);
    const worker = new Worker(new URL('zstd-child.ts', import.meta.url), { workerData: shared });
    await once(worker, 'message');
    await endThread(worker, new Int32Array(shared), 0);
    expect(worker.threadId).toBe(-1);
  }
});

test('one that has ended by itself in the middle of it is not waited for', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker('', { eval: true });
  await once(worker, 'exit');
  words[0] = 1;
  await endThread(worker, words, 0);
});
