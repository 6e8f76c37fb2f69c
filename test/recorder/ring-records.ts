/** Lengths of records, the same for the writer and the reader of a ring. */
import { randomFrom } from '../wasi/random.ts';

/** Mostly some bytes, now and then as large as they get. */
export function lengthsFrom(seed: number): () => number {
  const random = randomFrom(seed);
  return () => 1 + random.below(random.below(50) === 0 ? 150_000 : 60);
}
