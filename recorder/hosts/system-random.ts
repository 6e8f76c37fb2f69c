/** The system's random bytes. node:crypto is loaded for the first program that asks for any. */
import type { RandomSource } from './random-source.ts';

/** Bytes that are made at once: one request to the generator costs as much as some hundred bytes of it. */
const BATCH = 16 << 10;

/** What node:crypto fills in one call. */
const MAX_FILL = 0x7fff_ffff;

export function systemRandom(): RandomSource {
  const batch = new Uint8Array(BATCH);
  let used = BATCH;
  return (into, at, size) => {
    if (size > BATCH / 4) {
      const { randomFillSync } = process.getBuiltinModule('node:crypto');
      for (let from = 0; from < size; from += MAX_FILL) {
        randomFillSync(into, at + from, Math.min(MAX_FILL, size - from));
      }
      return;
    }
    if (used + size > BATCH) {
      process.getBuiltinModule('node:crypto').randomFillSync(batch);
      used = 0;
    }
    const taken = batch.subarray(used, used + size);
    into.set(taken, at);
    // what a guest has got is not kept
    taken.fill(0);
    used += size;
  };
}
