import { describe, expect, test } from 'vitest';
import { hashOfMemory, memoryHasher } from '../../wasm/xxh64.ts';
import { randomFrom } from '../wasi/random.ts';

const MASK = (1n << 64n) - 1n;
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;

const rotate = (value: bigint, bits: bigint): bigint =>
  ((value << bits) | (value >> (64n - bits))) & MASK;
const round = (acc: bigint, input: bigint): bigint =>
  (rotate((acc + input * P2) & MASK, 31n) * P1) & MASK;

/** XXH64 by the letter of its specification (xxhash_spec.md), slowly. */
function reference(bytes: Uint8Array, seed = 0n): bigint {
  const word = (at: number, size: number): bigint =>
    BigInt(
      `0x${Buffer.from(bytes.subarray(at, at + size))
        .reverse()
        .toString('hex')}`,
    );
  let at = 0;
  let hash = (seed + P5) & MASK;
  if (bytes.length >= 32) {
    const lanes = [seed + P1 + P2, seed + P2, seed, seed - P1].map((lane) => lane & MASK);
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i] ?? 0n, word(at + 8 * i, 8));
    }
    hash =
      lanes.reduce((sum, lane, i) => sum + rotate(lane, [1n, 7n, 12n, 18n][i] ?? 0n), 0n) & MASK;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * P1 + P4) & MASK;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotate(hash ^ round(0n, word(at, 8)), 27n) * P1 + P4) & MASK;
  }
  if (at + 4 <= bytes.length) {
    hash = (rotate(hash ^ ((word(at, 4) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++)
    hash = (rotate(hash ^ ((word(at, 1) * P5) & MASK), 11n) * P1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
  return hash ^ (hash >> 32n);
}

function memoryOf(content: Uint8Array, address = 0) {
  const memory = new WebAssembly.Memory({ initial: 2 });
  new Uint8Array(memory.buffer).set(content, address);
  return memory;
}

const hash = (content: Uint8Array, seed?: bigint): bigint =>
  memoryHasher(memoryOf(content))(0, content.length, seed);

describe('known vectors', () => {
  // of the reference implementation's `xxhsum -H64`, and of its sanity check
  test.each([
    ['', 0n, 0xef46db3751d8e999n],
    ['a', 0n, 0xd24ec4f1a98c6e5bn],
    ['abc', 0n, 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0n, 0xfbcea83c8a378bf1n],
  ])('%j', (text, seed, expected) => {
    expect(reference(Buffer.from(text), seed)).toBe(expected);
    expect(hash(Buffer.from(text), seed)).toBe(expected);
  });
});

test('every length from 0 to 200, at odd addresses, with seeds', () => {
  const random = randomFrom(64);
  for (let length = 0; length <= 200; length++) {
    const content = random.bytes(length);
    const address = random.below(100);
    const seed = BigInt.asUintN(64, BigInt(random.below(2 ** 32)) * 0x1_0000_0001n);
    const hasher = memoryHasher(memoryOf(content, address));
    expect(hasher(address, length)).toBe(reference(content));
    expect(hasher(address, length, seed)).toBe(reference(content, seed));
  }
});

test('a whole memory, to its last byte, and as it grows', () => {
  const memory = memoryOf(Uint8Array.of(1), 131071);
  const text = (bytes: Uint8Array) => reference(bytes).toString(16).padStart(16, '0');
  expect(hashOfMemory(memory)).toBe(text(new Uint8Array(memory.buffer)));
  const hasher = memoryHasher(memory);
  memory.grow(1);
  expect(hasher(131071, 65537)).toBe(reference(new Uint8Array(memory.buffer, 131071)));
  expect(hashOfMemory(new WebAssembly.Memory({ initial: 0 }))).toBe('ef46db3751d8e999');
});
