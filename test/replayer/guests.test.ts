/**
 * The promise of the project, on every small guest: recorded once (with every host write proved to be
 * in the log), its inputs deleted, it replays to the same output, the same end and the same memory, as
 * often as one likes.
 */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../traces/outcome.ts';
import type { Guest } from '../guests/guest.ts';
import { guest, guests } from '../guests/guests.ts';
import { Scratch } from '../recorder/scratch.ts';
import { replayed, replayedHere } from './replayed.ts';

const scratch = new Scratch('guests');
afterAll(() => scratch.remove());

const REPLAYS = 3;

/** The start section runs before V8 hands out the memory, so no host can answer what needs it. */
const UNREACHABLE_MEMORY = new Set(['start-section-write']);

/** V8 chooses the depth at which a stack ends, so what such a guest left in memory is not compared. */
const overflows = (outcome: Outcome): boolean =>
  outcome.kind === 'trap' && outcome.trap.kind === 'stack-overflow';

const kinds = ['exit', 'trap', 'exception', 'any'];
const runnable = guests.filter(
  ({ name, expect: { ending } }) =>
    kinds.includes(ending.kind) &&
    !UNREACHABLE_MEMORY.has(name) &&
    name !== 'wasi-both-versions' &&
    name !== 'wasi-unstable',
);

function expectEnding({ expect: { ending } }: Guest, outcome: Outcome): void {
  switch (ending.kind) {
    case 'exit':
      expect(outcome).toEqual({
        kind: 'exit',
        code: ending.code === 'varies' ? expect.any(Number) : ending.code >>> 0,
      });
      break;
    case 'trap':
      expect(outcome).toMatchObject({
        kind: 'trap',
        trap: { message: expect.stringContaining(ending.message) },
      });
      break;
    case 'exception':
      expect(outcome).toMatchObject({ kind: 'trap', trap: { kind: 'uncaught-exception' } });
      break;
    default:
      // not specified; but the recorder itself must not have failed
      expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(exit|trap)$/) });
  }
}

describe.concurrent('a guest is recorded as it ran, and replays as it was recorded', () => {
  test.each(runnable)('$name', async (one) => {
    const run = await scratch.recordGuest(one);
    expectEnding(one, run.outcome);
    const { stdout, stdoutLength } = one.expect;
    if (stdout !== undefined) {
      expect(run.stdout.toString('latin1')).toBe(Buffer.from(stdout).toString('latin1'));
    }
    if (stdoutLength !== undefined) expect(run.stdout.length).toBe(stdoutLength);
    rmSync(run.inputs, { recursive: true });
    const again = await replayed(run.trace);
    expect(again).toMatchObject({
      status: 'identical',
      outcome: run.outcome,
      events: run.events,
      totalEvents: run.events,
      divergence: undefined,
    });
    expect(again.stdout.equals(run.stdout)).toBe(true);
    expect(again.stderr.equals(run.stderr)).toBe(true);
    expect(again.finalMemory).toEqual(run.finalMemory);
    expect(again.notes).toEqual([]);
    // this thread's stack is no larger than the recorder's
    if (overflows(run.outcome)) return;
    for (let i = 1; i < REPLAYS; i++) {
      expect(replayedHere(run.trace)).toMatchObject({
        kind: 'replayed',
        toItsEnd: true,
        events: run.events,
        finalMemory: run.finalMemory ?? null,
      });
    }
  });
});

describe.concurrent('a guest that never ends is interrupted, and what it did until then replays', () => {
  // a thread that sleeps in the host cannot be ended, and the tests do not want to wait for it; on a machine that
  // stands still for so long it is over before the guest is interrupted
  const endless = guests
    .filter((one) => one.expect.ending.kind === 'never')
    .map((one) => ({ ...one, wat: one.wat.replace('3600000000000', '3000000000') }));
  test.each(endless)('$name', { retry: 3 }, async (one) => {
    const run = await scratch.recordGuest(one, { paranoid: false }, 'start\n');
    expect(run.outcome).toEqual({ kind: 'interrupted', by: 'test' });
    expect(run.stdout.toString()).toBe('start\n');
    rmSync(run.inputs, { recursive: true });
    const again = await replayed(run.trace);
    expect(again).toMatchObject({
      status: 'prefix',
      outcome: run.outcome,
      events: run.events,
      divergence: undefined,
    });
    expect(again.stdout.equals(run.stdout)).toBe(true);
    for (let i = 1; i < REPLAYS; i++) {
      expect(replayedHere(run.trace)).toMatchObject({ toItsEnd: false, events: run.events });
    }
  });
});

describe.concurrent('a guest that cannot be run is refused before any of its code runs', () => {
  const CODES = {
    compile: ['MODULE_INVALID'],
    link: ['IMPORTS_UNSATISFIED', 'MODULE_UNSUPPORTED'],
    shape: ['MODULE_UNSUPPORTED', 'EXPORT_MISSING', 'EXPORT_UNSUPPORTED'],
  } as const;
  const refused = guests.filter((one) => one.expect.ending.kind === 'refused');
  test.each(refused)('$name', async (one) => {
    const { ending } = one.expect;
    if (ending.kind !== 'refused') return;
    const failure: unknown = await scratch.recordGuest(one).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'WasiRrError' });
    const { code, message } = failure as { code: string; message: string };
    expect(CODES[ending.at]).toContain(code);
    // a name from a module goes to a terminal
    expect(message.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    for (const { name } of ending.missing ?? []) {
      if (/^[\w-]+$/.test(name) && code === 'IMPORTS_UNSATISFIED') expect(message).toContain(name);
    }
  });

  test.each(['wasi-unstable', 'wasi-both-versions'])('%s', async (name) => {
    await expect(scratch.recordGuest(guest(name))).rejects.toMatchObject({
      code: 'MODULE_UNSUPPORTED',
    });
  });
});
