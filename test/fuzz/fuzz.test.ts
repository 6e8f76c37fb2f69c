/** A few hundred cases of every fuzzing target, always the same ones. `npm run fuzz` goes on for longer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scratch } from '../recorder/scratch.ts';
import { randomFrom } from '../wasi/random.ts';
import { mutated } from './mutate.ts';
import { makeSamples, type Samples, targets } from './targets.ts';

const scratch = new Scratch('fuzz-test');
afterAll(() => scratch.remove());

let samples: Samples;
beforeAll(async () => {
  samples = await makeSamples(scratch);
});

/** Cases a target that fit into a second or so. */
const CASES: Readonly<Record<string, number>> = {
  module: 3000,
  records: 3000,
  code: 3000,
  component: 3000,
  ring: 60,
  rewriting: 40,
  'debug information': 40,
};

// sessions have a test of their own
describe.each(targets.filter(({ name }) => name !== 'sessions'))('$name', ({ name, run }) => {
  test('mutated input is read, or refused with an error of its kind', async () => {
    for (let seed = 0; seed < (CASES[name] ?? 120); seed++) await run(samples, randomFrom(seed));
  });
});

test('mutations change something', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
  const changed = Array.from({ length: 100 }, (_, seed) => mutated(bytes, randomFrom(seed)));
  expect(changed.filter((one) => !one.equals(bytes)).length).toBeGreaterThan(90);
});
