/** A trail gives back every state that passed, in any order, and what changed between any two. */
import { describe, expect, test } from 'vitest';
import { diffMemories } from '../../../replayer/session/memory-diff.ts';
import { Trail, trailLength } from '../../../replayer/session/trail.ts';
import { type Random, randomFrom } from '../../wasi/random.ts';

const PAGE = 65536;
const ALL = { ranges: 1e6, bytes: 1e6 };

/** Memories of a run that writes here and there and grows now and then. */
function memoriesOf(count: number, random: Random): Uint8Array[] {
  const memories: Uint8Array[] = [];
  let memory = random.bytes(2 * PAGE);
  for (let i = 0; i < count; i++) {
    if (i % 5 === 3) {
      const larger = new Uint8Array(memory.length + PAGE);
      larger.set(memory);
      memory = larger;
    } else memory = memory.slice();
    for (let writes = random.below(6); writes > 0; writes--) {
      memory.set(
        random.bytes(1 + random.below(9000)).subarray(0, 9000),
        random.below(memory.length - 9000),
      );
    }
    memories.push(memory);
  }
  return memories;
}

function laid(memories: readonly Uint8Array[], from: number, limit = 1e9, to = 1e9): Trail {
  let stack = '';
  const trail = new Trail(from, limit, () => ({ stack, globals: [] }));
  memories.forEach((memory, event) => {
    stack = `stack ${event}`;
    if (event <= to) trail.passed(event, [memory]);
  });
  return trail;
}

/** At many places in no order. */
function expectStates(trail: Trail, memories: readonly Uint8Array[], random: Random): void {
  for (let i = 0; i < 200; i++) {
    const at = trail.from + random.below(trail.to - trail.from + 1);
    const { memories: shown, stack } = trail.at(at);
    expect(stack).toBe(`stack ${at}`);
    expect(Buffer.from(shown[0] ?? []).equals(memories[at] as Uint8Array)).toBe(true);
  }
}

describe('a trail', () => {
  test.each([1, 2, 3])('has every state from its first event on (seed %i)', (seed) => {
    const random = randomFrom(seed);
    const memories = memoriesOf(24, random);
    const trail = laid(memories, 4);
    expect([trail.from, trail.to]).toEqual([4, 23]);
    expect(trail.has(3)).toBe(false);
    expectStates(trail, memories, random);
  });

  test.each([4, 5, 6])(
    'takes the one before it, wherever it was looked at last (seed %i)',
    (seed) => {
      const random = randomFrom(seed);
      const memories = memoriesOf(30, random);
      const trail = laid(memories, 20);
      for (const [from, to] of [
        [12, 19],
        [3, 11],
      ] as const) {
        trail.at(from + 10 + random.below(8));
        const earlier = laid(memories, from, 1e9, to);
        earlier.at(from + random.below(to - from));
        trail.prepend(earlier);
        expect([trail.from, trail.to]).toEqual([from, 29]);
        expectStates(trail, memories, random);
      }
    },
  );

  test('forgets its end, and what that held', () => {
    const random = randomFrom(7);
    const memories = memoriesOf(24, random);
    const trail = laid(memories, 4);
    const { bytes } = trail;
    trail.cutAfter(12);
    expect([trail.from, trail.to]).toEqual([4, 12]);
    expect(trail.bytes).toBeLessThan(bytes);
    expect(trail.has(13)).toBe(false);
    expectStates(trail, memories, random);
  });

  test('says what changed between two events as a comparison of both does', () => {
    const random = randomFrom(9);
    const memories = memoriesOf(16, random);
    const trail = laid(memories, 0);
    for (let i = 0; i < 40; i++) {
      const [from, to] = [random.below(16), random.below(16)];
      const expected = diffMemories(memories[from] as Uint8Array, memories[to] as Uint8Array, ALL);
      const actual = trail.diff(from, to, 0, ALL);
      const plain = ({ ranges, ...rest }: typeof actual) => ({
        ...rest,
        ranges: ranges.map(({ address, length }) => ({ address, length })),
      });
      expect(plain(actual)).toEqual(plain(expected));
    }
  });

  test('ends where its limit is used up, and is right up to there', () => {
    const memories = memoriesOf(16, randomFrom(5));
    const trail = laid(memories, 0, 3.5 * PAGE);
    expect(trail.to).toBeLessThan(15);
    expect(trail.has(0)).toBe(true);
    expect(Buffer.from(trail.at(0).memories[0] ?? []).equals(memories[0] as Uint8Array)).toBe(true);
  });
});

test('a trail is the shorter the larger the memory', () => {
  expect(trailLength(1 << 16)).toBe(64);
  expect(trailLength(60 << 20)).toBeGreaterThan(8);
  expect(trailLength(4 * 2 ** 30)).toBe(0);
});
