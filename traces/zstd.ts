/**
 * zstd for threads that are ended from outside. Node 26 aborts the whole process where a thread is ended while it makes
 * a stream ("close before init"), as each of these calls does: so who ends such a thread waits until it makes none.
 */

import type { Worker } from 'node:worker_threads';
import {
  zstdCompressSync as compress,
  zstdDecompressSync as decompress,
  type ZstdOptions,
} from 'node:zlib';

const FREE = 0;
const TAKEN = 1;
const ENDING = 2;

let own: { readonly words: Int32Array; readonly index: number } | undefined;

/** In a thread: a word, 0 in the beginning, through which {@link endThread} waits for it. */
export function allowEnding(words: Int32Array, index: number): void {
  own = { words, index };
}

/**
 * Ends a thread that has allowed it.
 * @param words memory that it shares; @param index of the word
 */
export async function endThread(worker: Worker, words: Int32Array, index: number): Promise<void> {
  const isThere = () => worker.threadId !== -1;
  while (Atomics.compareExchange(words, index, FREE, ENDING) === TAKEN && isThere()) {
    // a segment is unpacked in milliseconds
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await worker.terminate();
}

export function zstdCompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer {
  return alone(() => compress(bytes, options));
}

/** @throws Error where the bytes are none of zstd's, or unpack to more than `maxOutputLength` */
export function zstdDecompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer {
  return alone(() => decompress(bytes, options));
}

function alone(work: () => Buffer): Buffer {
  if (own === undefined) return work();
  const { words, index } = own;
  // for ever: it is being ended
  while (Atomics.compareExchange(words, index, FREE, TAKEN) === ENDING) {
    Atomics.wait(words, index, ENDING);
  }
  try {
    return work();
  } finally {
    Atomics.store(words, index, FREE);
  }
}
