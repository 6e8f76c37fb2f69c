/** Random bytes out of a seed: the published generator, one sequence however it is asked for. */
import { expect, test } from 'vitest';
import { planRandom } from '../../../recorder/determinism.ts';
import { seededRandom, xoshiro128 } from '../../../recorder/hosts/seeded-random.ts';
import { DirectGuest } from './direct-guest.ts';

function bytes(seed: number, ...sizes: readonly number[]): string {
  const fill = seededRandom(seed);
  const pieces = sizes.map((size) => {
    const into = Buffer.alloc(size + 2, 0xaa);
    fill(into, 1, size);
    expect([into[0], into[size + 1]]).toEqual([0xaa, 0xaa]);
    return into.subarray(1, size + 1);
  });
  return Buffer.concat(pieces).toString('hex');
}

test('is xoshiro128**, by the values of its authors’ program', () => {
  const next = xoshiro128(Uint32Array.of(1, 2, 3, 4));
  expect(Array.from({ length: 10 }, next)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
    4258142804,
  ]);
});

// worked out by another implementation
test.each([
  [1, 'ba4109650103d35421f3d225a9dcab3f'],
  [7, '418e5a6ba421a55c4a8462b23c7febd5'],
  [Number.MAX_SAFE_INTEGER, '33a180496689b64cc2787227ff3c78b0'],
])('seed %i begins %s', (seed, first) => {
  expect(bytes(seed, 16)).toBe(first);
});

test('is one sequence, in pieces of any size', () => {
  const sizes = [1, 0, 3, 4093, 1, 5000, 20_000, 7];
  expect(bytes(3, ...sizes)).toBe(
    bytes(
      3,
      sizes.reduce((a, b) => a + b),
    ),
  );
});

test('a guest gets it, from the beginning', () => {
  const guest = new DirectGuest({ random: planRandom({ seed: 7 }) });
  expect(guest.call('random_get', 8192, 16)).toBe('success');
  expect(guest.bytes(8192, 16).toString('hex')).toBe('418e5a6ba421a55c4a8462b23c7febd5');
  expect(guest.call('random_get', 65_530, 16)).toBe('fault');
  guest.remove();
});

test.each([-1, 1.5, 2 ** 53, Number.NaN])('seed %d is refused', (seed) => {
  expect(() => planRandom({ seed })).toThrow(/whole number/);
});
