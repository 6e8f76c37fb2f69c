/**
 * Random bytes that follow from a seed: xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it), its
 * state the first two outputs of splitmix64, each number little-endian. No byte is left out, whatever the
 * sizes that are asked for. Good for repeating a run, worth nothing against someone who guesses.
 */
import type { RandomSource } from './random-source.ts';

/** What a trace calls it. */
export const GENERATOR = 'xoshiro128**';

/** Numbers that are made at once. */
const BATCH = 1024;

/** @param seed a whole number from 0 to 2^53 - 1 */
export function seededRandom(seed: number): RandomSource {
  const next = xoshiro128(stateOf(seed));
  const batch = new Uint8Array(4 * BATCH);
  const view = new DataView(batch.buffer);
  let used = batch.length;
  return (into, at, size) => {
    for (let done = 0; done < size; ) {
      if (used === batch.length) {
        for (let i = 0; i < batch.length; i += 4) view.setUint32(i, next(), true);
        used = 0;
      }
      const piece = batch.subarray(used, used + size - done);
      into.set(piece, at + done);
      used += piece.length;
      done += piece.length;
    }
  };
}

/** @param state four u32, not all of them 0 @returns the next u32 at each call */
export function xoshiro128(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result;
  };
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function stateOf(seed: number): Uint32Array {
  const words = new BigUint64Array(2);
  let counter = BigInt(seed);
  for (let i = 0; i < words.length; i++) {
    counter += 0x9e3779b97f4a7c15n;
    words[i] = splitmix64(counter);
  }
  const view = new DataView(words.buffer);
  return Uint32Array.from({ length: 4 }, (_, i) => view.getUint32(4 * i, true));
}

function splitmix64(counter: bigint): bigint {
  let value = BigInt.asUintN(64, counter);
  value = BigInt.asUintN(64, (value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n);
  value = BigInt.asUintN(64, (value ^ (value >> 27n)) * 0x94d049bb133111ebn);
  return value ^ (value >> 31n);
}
