/** Stores at random, many at the ends of a memory of few values: those are passed on behind which the pattern stands. */
import { expect, test } from 'vitest';
import { PatternFilter } from '../../../replayer/timetravel/pattern-filter.ts';
import { randomFrom } from '../../wasi/random.ts';

const SIZES = [0, 1, 2, 4, 8, 16, 40] as const;

/** Whether the pattern lies in memory so that some of these bytes are its. */
function stands(bytes: Buffer, pattern: Uint8Array, at: number, size: number): boolean {
  const window = bytes.subarray(
    Math.max(0, at - pattern.length + 1),
    at + size + pattern.length - 1,
  );
  return size > 0 && window.indexOf(pattern) >= 0;
}

test.each([1, 2, 3, 5, 17, 70_000])('a pattern of %i bytes', (length) => {
  const { below } = randomFrom(length);
  const memory = new WebAssembly.Memory({ initial: 2 });
  const bytes = Buffer.from(memory.buffer);
  const pattern = Uint8Array.from({ length }, () => below(2));
  const told: [number, number][] = [];
  const filter = new PatternFilter(memory, pattern, (_pc, at, size) => told.push([at, size]));
  let hits = 0;
  for (let round = 0; round < 4000; round++) {
    const size = SIZES[below(SIZES.length)] ?? 0;
    const at = [below(64), bytes.length - 64 + below(65)][below(2)] ?? 0;
    const end = Math.min(bytes.length, at + size);
    for (let i = at; i < end; i++) bytes[i] = below(3);
    // sometimes the very bytes, whole or in part
    if (round % 7 === 0) bytes.set(pattern.subarray(0, end - at), at);
    told.length = 0;
    filter.hook(1, at, end - at);
    const expected = stands(bytes, pattern, at, end - at);
    // more than any store has is looked at by who is told
    if (end - at <= 16) expect(told.length > 0, `${end - at} bytes at ${at}`).toBe(expected);
    else expect(told).toEqual([[at, end - at]]);
    if (expected) hits++;
  }
  if (length <= 16) expect(hits).toBeGreaterThan(10);
  filter.passesAll = true;
  told.length = 0;
  filter.hook(1, 0, 1);
  expect(told).toEqual([[0, 1]]);
});
