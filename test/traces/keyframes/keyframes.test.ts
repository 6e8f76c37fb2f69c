/**
 * Keyframes of memories that change at random: what a reader says is what was there; where it does not know, it says
 * nothing; the budget holds; and whatever else stands in a trace in their place is refused.
 */
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ByteOutput } from '../../../traces/byte-output.ts';
import { encodeHead } from '../../../traces/keyframes/head.ts';
import { applyPatch, makePatch, PAGE_WORDS } from '../../../traces/keyframes/page-patch.ts';
import { type KeyframeParts, MAX_GROUP_WORDS, pageKey } from '../../../traces/keyframes/parts.ts';
import { KeyframeReader } from '../../../traces/keyframes/reader.ts';
import { KeyframeWriter } from '../../../traces/keyframes/writer.ts';
import { type Random, randomFrom } from '../../wasi/random.ts';

/** Of 64 KiB. */
const PAGES = 4;

/** Two memories, of which the second comes later and both grow, and what they were at each moment. */
class Run {
  readonly past: Uint8Array[][] = [];
  private readonly random: Random;
  private memories: Uint8Array[] = [new Uint8Array(PAGES << 16)];

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** Changes some pages. @returns them, by memory, with some that are not changed at all */
  change(): Set<number>[] {
    const { random } = this;
    if (random.below(300) === 0) {
      const larger = new Uint8Array((this.memories[0]?.length ?? 0) + (1 << 16));
      larger.set(this.memories[0] ?? larger);
      this.memories[0] = larger;
    }
    if (this.past.length === 30) this.memories.push(new Uint8Array(1 << 16));
    const dirty = this.memories.map((memory) => {
      const pages = new Set([random.below(memory.length / 4096)]);
      for (let left = random.below(4); left > 0; left--) {
        // most of what is written to is written to again
        const at = random.below(random.below(9) === 0 ? memory.length - 5000 : 8192);
        const bytes = random.bytes(random.pick([1, 2, 4, 70, 3000]));
        memory.set(random.below(5) === 0 ? bytes.fill(0) : bytes, at);
        pages.add(at >> 12).add((at + bytes.length - 1) >> 12);
      }
      return pages;
    });
    this.past.push(this.memories.map((memory) => memory.slice()));
    return dirty;
  }
}

/** Moments 1, 2, 3… of a run, as many as wanted. */
function keyframesOf(run: Run, moments: number, budget: number): KeyframeParts {
  const writer = new KeyframeWriter(budget);
  const pending: Set<number>[] = [];
  for (let moment = 1; moment <= moments; moment++) {
    for (const [memory, pages] of run.change().entries()) {
      pending[memory] ??= new Set();
      for (const page of pages) pending[memory].add(page);
    }
    const now = run.past[moment - 1] ?? [];
    for (const [memory, bytes] of now.entries()) writer.resize(moment, memory, bytes.length >> 16);
    if (!writer.wants(moment / moments) && moment < moments) continue;
    for (const [memory, pages] of pending.entries()) {
      const words = new Int32Array((now[memory]?.buffer ?? new ArrayBuffer(0)) as ArrayBuffer);
      for (const page of pages) writer.page(memory, page, words);
      pages.clear();
    }
    writer.step(moment);
  }
  expect(writer.bytes).toBeLessThanOrEqual(budget * 1.05);
  return writer.finish();
}

test('every moment of every memory, whole and in part, where the budget is large', () => {
  const run = new Run(1);
  const reader = new KeyframeReader(keyframesOf(run, 400, 64 << 20));
  expect(reader.steps.length).toBeGreaterThan(300);
  const random = randomFrom(2);
  for (const [i, memories] of run.past.entries()) {
    for (const [memory, bytes] of memories.entries()) {
      expect(reader.sizeAt(memory, i + 1)).toBe(bytes.length);
      expect(Buffer.from(bytes).equals(reader.whole(memory, i + 1) ?? bytes.subarray(1))).toBe(
        true,
      );
      const [from, length] = [random.below(bytes.length + 9), random.below(9000)];
      const part = reader.read(memory, i + 1, from, length);
      expect(Buffer.from(bytes.subarray(from, from + length)).equals(part ?? bytes)).toBe(true);
    }
  }
  expect(reader.read(1, 5, 0, 10)).toEqual(new Uint8Array(0));
  expect(reader.read(0, 401, 0, 10)).toBeUndefined();
  expect(reader.read(0, 0, 0, 10)).toBeUndefined();
});

test.each([400_000, 600_000, 900_000])('what is known within %i bytes is true', (budget) => {
  const run = new Run(budget);
  const reader = new KeyframeReader(keyframesOf(run, 600, budget));
  expect(reader.steps.length).toBeLessThan(600);
  let known = 0;
  let unknown = 0;
  for (const [i, memories] of run.past.entries()) {
    for (const [memory, bytes] of memories.entries()) {
      for (let from = 0; from < bytes.length; from += 4096) {
        const page = reader.read(memory, i + 1, from, 4096);
        if (page === undefined) unknown++;
        else if (Buffer.from(page).equals(bytes.subarray(from, from + 4096))) known++;
        else expect.fail(`another page at ${from} of memory ${memory} at moment ${i + 1}`);
      }
    }
  }
  // many pages do not change between two keyframes
  expect(known).toBeGreaterThan(unknown / 2);
  expect(unknown).toBeGreaterThan(0);
});

test('memory is stored whole now and then: no page is far from it', () => {
  const [pages, moments] = [256, 100];
  const writer = new KeyframeWriter(1 << 30);
  const words = new Int32Array(pages * PAGE_WORDS);
  writer.resize(1, 0, pages / 16);
  for (let moment = 1; moment <= moments; moment++) {
    for (let page = 0; page < pages; page++) {
      for (let i = 0; i < 100; i++) words[page * PAGE_WORDS + i * 10] = moment * 31 + i;
      writer.page(0, page, words);
    }
    writer.step(moment);
  }
  const reader = new KeyframeReader(writer.finish());
  expect(reader.index.count).toBeGreaterThan(pages * moments);
  for (const step of [5, 40, moments - 1]) {
    const chain: number[] = [];
    for (let page = 0; page < pages; page++) reader.index.chain(pageKey(0, page), step, chain);
    expect(chain.length).toBeLessThanOrEqual(pages * 9);
  }
  const same = Buffer.from(words.buffer).equals(reader.whole(0, moments) ?? new Uint8Array(0));
  expect(same).toBe(true);
});

test('a patch makes the page of it, however it changed', () => {
  const random = randomFrom(4);
  const out = new Int32Array(2 * PAGE_WORDS);
  for (let round = 0; round < 300; round++) {
    const before = Int32Array.from({ length: PAGE_WORDS }, () => random.below(3));
    const after = before.slice();
    for (let left = random.below(1200); left > 0; left--) after[random.below(PAGE_WORDS)] = -left;
    if (round % 7 === 0) after[PAGE_WORDS - 1] = 99;
    const words = makePatch(before, after, 0, out, 5);
    expect(words).toBeLessThanOrEqual(PAGE_WORDS);
    expect(applyPatch(out, 5, words, before, 0)).toBe(true);
    expect(before).toEqual(after);
  }
});

interface Made {
  readonly head?: Parameters<typeof encodeHead>[0];
  /** Step, key, words of each patch. */
  readonly patches?: readonly (readonly [number, number, number])[];
  readonly words?: Int32Array;
  readonly claims?: number;
}

const HEAD = { steps: [{ since: 0, at: 1 }], end: 9, sizes: [{ moment: 1, memory: 0, pages: 1 }] };

function parts({ head = HEAD, patches = [[0, 0, 2]], words, claims }: Made): KeyframeParts {
  const data = words ?? Int32Array.of(1, 7);
  const out = new ByteOutput(new Uint8Array(1 << 16));
  let [step, key] = [0, 0];
  for (const [nextStep, nextKey, size] of patches) {
    const by = nextKey - key;
    out.varint(nextStep - step);
    out.varint(by < 0 ? -2 * by - 1 : 2 * by);
    out.varint(size);
    [step, key] = [nextStep, nextKey];
  }
  return {
    head: encodeHead(head),
    groups: [{ words: claims ?? data.length, patches: out.bytes.slice(0, out.at) }],
    data: () => zstdCompressSync(new Uint8Array(data.buffer)),
  };
}

describe('what is no keyframe is refused', () => {
  const read = (made: Made) => new KeyframeReader(parts(made)).read(0, 5, 0, 65536);

  test('these are some', () => {
    expect(read({})?.subarray(0, 4)).toEqual(Uint8Array.of(7, 0, 0, 0));
  });

  test.each<[string, Made]>([
    ['a run beyond the page', { words: Int32Array.of(0x3ff_0002, 1, 2), patches: [[0, 0, 3]] }],
    ['a run beyond the patch', { words: Int32Array.of(5, 1) }],
    ['a group of other sizes', { patches: [[0, 0, 1]] }],
    [
      'a group that unpacks to more',
      { words: new Int32Array(1000), patches: [[0, 0, 2]], claims: 2 },
    ],
    ['a group that unpacks to less', { patches: [[0, 0, 3]], claims: 3 }],
    [
      'a group too large',
      {
        patches: Array.from({ length: 70 }, (_, i) => [0, i, 1000] as const),
        words: new Int32Array(70_000),
      },
    ],
    [
      'a patch of nothing',
      {
        patches: [
          [0, 0, 0],
          [0, 0, 2],
        ],
      },
    ],
    ['a patch larger than a page', { patches: [[0, 0, 1025]], words: new Int32Array(1025) }],
    ['a page of no memory', { patches: [[0, 2 ** 40, 2]] }],
    ['a page below all', { patches: [[0, -1, 2]] }],
    [
      'steps out of order',
      {
        head: {
          ...HEAD,
          steps: [
            { since: 0, at: 2 },
            { since: 0, at: 3 },
          ],
        },
      },
    ],
    ['steps behind the end', { head: { ...HEAD, end: 0 } }],
    ['a memory of 8 GiB', { head: { ...HEAD, sizes: [{ moment: 1, memory: 0, pages: 1 << 17 }] } }],
    ['too many memories', { head: { ...HEAD, sizes: [{ moment: 1, memory: 5000, pages: 1 }] } }],
  ])('%s', (_name, made) => {
    expect(() => read(made)).toThrow('keyframes of memory are damaged');
  });

  test('patches in another order than that of time', () => {
    const out = new Uint8Array([1, 0, 2]);
    const made = parts({});
    const groups = [{ words: 2, patches: out }, ...made.groups];
    const head = encodeHead({ ...HEAD, steps: [...HEAD.steps, { since: 1, at: 2 }] });
    expect(() => new KeyframeReader({ ...made, head, groups })).toThrow('damaged');
  });

  test('a head of noise, cut short or too long', () => {
    const random = randomFrom(5);
    for (let round = 0; round < 500; round++) {
      const head = random.bytes(random.below(40));
      try {
        new KeyframeReader({ ...parts({}), head });
      } catch (thrown) {
        expect(String(thrown)).toContain('damaged');
      }
    }
    const { head } = parts({});
    for (const other of [head.subarray(1), head.subarray(0, -1), Uint8Array.of(...head, 0)]) {
      expect(() => new KeyframeReader({ ...parts({}), head: other })).toThrow('damaged');
    }
  });

  test('patches of noise', () => {
    const random = randomFrom(6);
    for (let round = 0; round < 500; round++) {
      const patches = random.bytes(random.below(60));
      const words = random.below(MAX_GROUP_WORDS * 2);
      try {
        new KeyframeReader({ ...parts({}), groups: [{ words, patches }] }).read(0, 5, 0, 65536);
      } catch (thrown) {
        expect(String(thrown)).toContain('damaged');
      }
    }
  });
});
