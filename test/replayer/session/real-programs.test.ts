/** Sessions on the larger programs of WASI_RR_CORPUS, at a hundred places each; none without it. */
import { afterAll, describe, expect, test } from 'vitest';
import { realCases } from '../../../examples/real-cases.ts';
import { openSession } from '../../../replayer/session/session.ts';
import { hashOfMemory } from '../../../wasm/xxh64.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { randomFrom } from '../../wasi/random.ts';
import { memoriesOf } from './straight-replay.ts';

const scratch = new Scratch('real-sessions');
afterAll(() => scratch.remove());

const PLACES = 100;
/** A straight replay keeps a copy of the memory for each event. */
const MAX_EVENTS = 400;

function hashOf(bytes: Uint8Array): string {
  const memory = new WebAssembly.Memory({ initial: bytes.length / 65536 });
  new Uint8Array(memory.buffer).set(bytes);
  return hashOfMemory(memory);
}

describe.each(realCases().filter(({ timeout }) => timeout === undefined))('$name', (one) => {
  test('has at any place the memory of a straight replay', async () => {
    const run = await scratch.recordExample(one, { paranoid: false });
    expect(run.events).toBeLessThanOrEqual(MAX_EVENTS);
    const memories = memoriesOf(run.trace);
    const session = await openSession(run.trace);
    const random = randomFrom(run.events);
    for (let i = 0; i < PLACES; i++) {
      const event = random.below(run.events + 1) - 1;
      await session.goto(event);
      expect(await session.memory.hash()).toBe(hashOf(memories[event + 1] ?? new Uint8Array(0)));
    }
    await session.last();
    expect(session.verified).toBe(true);
    await session.close();
  });
});

test.runIf(realCases().length === 0)('no corpus: nothing to do', () => {
  expect(process.env.WASI_RR_CORPUS ?? '').toBe('');
});
