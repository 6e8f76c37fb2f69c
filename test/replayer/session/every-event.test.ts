/**
 * Wherever a session goes, in whatever order, the memory there is that of a straight replay. Every event
 * of every trace is visited: in random order, from the end to the beginning, and forwards.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { openSession, type Session } from '../../../replayer/session/session.ts';
import { guest } from '../../guests/guests.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { randomFrom } from '../../wasi/random.ts';
import { memoriesOf } from './straight-replay.ts';
import { recordedExample, shuffled, traceOfGuest } from './traces.ts';

const scratch = new Scratch('every-event');
afterAll(() => scratch.remove());

async function visitAll(trace: string): Promise<void> {
  const memories = memoriesOf(trace);
  const last = memories.length - 2;
  // few guests, so that they are taken, moved and given up all the time
  const session = await openSession(trace, { poolGuests: 3 });
  try {
    expect(session.lastEvent).toBe(last);
    for (const event of shuffled(-1, last, randomFrom(last + 7))) {
      expect(await session.goto(event)).toEqual({ position: event, replayed: true });
      await expectMemory(session, memories);
    }
    await session.last();
    // without a memory there is nothing to compare
    expect(session.verified).toBe(memories.at(-1)?.length === 0 ? undefined : true);
    while (session.position > -1) await expectMemory(session, memories, await session.back());
    while (session.position < last) await expectMemory(session, memories, await session.next());
    expect(session.replayProblem).toBeUndefined();
  } finally {
    await session.close();
  }
}

async function expectMemory(
  session: Session,
  memories: readonly (Uint8Array | undefined)[],
  stop: { readonly position: number } = session,
): Promise<void> {
  const { bytes, size } = await session.memory.read(0, 64 << 20);
  const expected = memories[stop.position + 1] ?? new Uint8Array(0);
  expect(size).toBe(expected.length);
  // comparing megabytes with a matcher takes seconds
  if (!Buffer.from(bytes).equals(expected)) expect.fail(`another memory at ${stop.position}`);
}

describe('the memory at every event, in any order, of the example', () => {
  test.each(['heapsmash-O2', 'flakyparse-O0g', 'rustslice-O2', 'dirorder-O2'])(
    '%s',
    async (name) => {
      await visitAll((await recordedExample(scratch, name)).trace);
    },
  );
});

describe('the memory at every event, in any order, of the guest', () => {
  test.each([
    'nothing',
    'exit-deep',
    'exit-in-catch-all',
    'exit-in-try-table',
    'exit-in-retry-loop',
    'exit-tail-call',
    'trap-in-catch-all',
    'exception-rethrown',
    'reactor',
    'no-start',
    'second-memory-exported',
    'no-memory',
    'memory-growth',
    'read-large',
    'readdir-tiny-buffer',
    'mixed-calls',
  ])('%s', async (name) => {
    await visitAll(await traceOfGuest(scratch, guest(name)));
  });
});
