/**
 * Random numbers from a seed: the same in every run, on every machine. Each fault has dice of its own, so
 * that one fault's luck does not change with how often another is asked.
 */

/** Seeds are whole numbers below this. */
export const SEED_LIMIT = 2 ** 32;

export class Dice {
  private state: number;

  /** @param stream tells dice of the same seed apart */
  constructor(seed: number, stream: number) {
    this.state = mix(seed, stream);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  // splitmix32: a counter and a mixing step; enough for dice, and the whole state is one number
  private unit(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    return finalise(this.state) / 2 ** 32;
  }
}

/** A seed that follows from another one and a number. */
export function mix(seed: number, number: number): number {
  return finalise(finalise(seed | 0) ^ Math.imul(number + 1, 0x85ebca6b));
}

/** Of MurmurHash3. @returns a u32 */
function finalise(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}
