/**
 * The example programs: recorded with every host write proved to be in the log, their inputs deleted,
 * replayed three times to the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ExampleCase, exampleCases } from '../../examples/cases.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { Scratch } from '../recorder/scratch.ts';
import { replayed, replayedHere } from './replayed.ts';

const scratch = new Scratch('examples');
afterAll(() => scratch.remove());

const sha = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** How a shell would see it. */
function exitOf(outcome: Outcome): number | 'hang' | string {
  if (outcome.kind === 'exit') return outcome.code & 255;
  if (outcome.kind === 'trap') return 134;
  return outcome.kind === 'interrupted' ? 'hang' : outcome.message;
}

/** Fewer rounds of the two probes: how much they do is not the point here. */
function shortened(example: ExampleCase): ExampleCase {
  const [probe = ''] = example.name.split('-');
  const fewer = new Map([
    ['syscalls', '10000'],
    ['compute', '20000'],
  ]).get(probe);
  return fewer === undefined ? example : { ...example, args: [fewer] };
}

describe('an example runs as it should, and replays as it ran', () => {
  test.each(exampleCases())('$name', async (example) => {
    const given = shortened(example);
    const hangs = example.expect.exits.includes('hang');
    const run = await scratch.recordExample(given);
    expect(example.expect.exits).toContain(exitOf(run.outcome));
    if (given === example) {
      if (example.expect.stdout !== undefined) expect(sha(run.stdout)).toBe(example.expect.stdout);
      if (example.expect.calls !== undefined) expect(run.calls).toBe(example.expect.calls);
      for (const [guest, hash] of Object.entries(example.expect.out ?? {})) {
        expect(sha(readFileSync(join(run.inputs, 'folder-0', guest)))).toBe(hash);
      }
    }

    rmSync(run.inputs, { recursive: true });
    const again = await replayed(run.trace);
    expect(again).toMatchObject({
      status: hangs ? 'prefix' : 'identical',
      outcome: run.outcome,
      events: run.events,
      divergence: undefined,
    });
    if (!hangs) expect(again.finalMemory).toEqual(run.finalMemory);
    expect(again.stdout.equals(run.stdout)).toBe(true);
    expect(again.stderr.equals(run.stderr)).toBe(true);
    for (let i = 0; i < 2; i++) {
      expect(replayedHere(run.trace)).toMatchObject({
        kind: 'replayed',
        toItsEnd: !hangs,
        events: run.events,
      });
    }
  });
});
