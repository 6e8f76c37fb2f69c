/**
 * Rewriting changes nothing: every variant of every example program and of every small guest replays with
 * the same calls, bytes, end, trap frames and memory as the program that was recorded. And the pages that are
 * marked dirty are all that changed, at every event.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { guests } from '../../guests/guests.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { expectKeyframes } from '../keyframes/expect-keyframes.ts';
import { replayInstrumented, VARIANTS } from './variants.ts';

const scratch = new Scratch('instrument');
afterAll(() => scratch.remove());

/** How much the probes do is not the point here. */
const FEWER = new Map([
  ['syscalls', ['2000']],
  ['compute', ['2000']],
]);

describe('examples', () => {
  test.each(exampleCases())('$name', async (example) => {
    const args = FEWER.get(example.name.split('-')[0] ?? '') ?? example.args;
    const hangs = example.expect.exits.includes('hang');
    const run = await scratch.recordExample({ ...example, args });
    for (const [variant, plan] of Object.entries(VARIANTS)) {
      const end = replayInstrumented(run.trace, plan);
      expect(end, variant).toMatchObject({ kind: 'replayed', toItsEnd: !hangs, note: undefined });
      if (!hangs && end.kind === 'replayed') expect(end.finalMemory).toEqual(run.finalMemory);
    }
    await expectKeyframes(run.trace);
  });
});

/** They cannot be recorded (test/replayer/guests.test.ts); or their stack needs a thread of its own. */
const LEFT_OUT = new Set([
  'start-section-write',
  'stack-overflow-with-calls',
  'start-section-yield',
  'vectors-count-overflow',
  'wasi-both-versions',
  'wasi-unstable',
]);
const runnable = guests.filter(
  ({ name, expect: { ending } }) =>
    ['exit', 'trap', 'exception', 'any'].includes(ending.kind) && !LEFT_OUT.has(name),
);

describe('small guests', () => {
  test.each(runnable)('$name', async (guest) => {
    const run = await scratch.recordGuest(guest);
    const overflow = run.outcome.kind === 'trap' && run.outcome.trap.kind === 'stack-overflow';
    for (const [variant, plan] of Object.entries(VARIANTS)) {
      const end = replayInstrumented(run.trace, plan);
      expect(end, variant).toMatchObject({ kind: 'replayed' });
      if (!overflow && end.kind === 'replayed') {
        expect(end.finalMemory ?? undefined, variant).toEqual(run.finalMemory);
      }
    }
    if (!overflow) await expectKeyframes(run.trace);
  });
});
