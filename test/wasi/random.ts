/** Seeded pseudo-random input for the adversarial tests: a failure says its seed and can be run again. */

export interface Random {
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number;
  bytes(length: number): Uint8Array;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** mulberry32 (Tommy Ettinger, public domain): small, and good enough to scatter bits. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
