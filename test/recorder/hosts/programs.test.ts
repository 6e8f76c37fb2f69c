/** `--host node`: programs do under it what they do in the sandbox, where the other tests run them. */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import type { Outcome } from '../../../traces/outcome.ts';
import { guests } from '../../guests/guests.ts';
import { replayed } from '../../replayer/replayed.ts';
import { Scratch } from '../scratch.ts';

const scratch = new Scratch('node');
afterAll(() => scratch.remove());

const TRAP = 134;

const exitOf = (outcome: Outcome) => (outcome.kind === 'exit' ? outcome.code : outcome.kind);

/** Comparing all memory around each of its 200,000 calls takes a while, and proves no more than 2,000 do. */
const MANY_CALLS = 'syscalls';

describe.concurrent('an example', () => {
  const ending = exampleCases().filter(
    ({ name, expect: { exits } }) =>
      !exits.includes('hang') &&
      // the other builds make the same calls, and compute makes next to none
      !name.endsWith('-O0g') &&
      !name.startsWith('compute'),
  );
  test.each(ending)('$name', async (example) => {
    const paranoid = !example.name.startsWith(MANY_CALLS);
    const run = await scratch.recordExample(example, { host: 'node', paranoid });
    const exit = exitOf(run.outcome);
    expect(example.expect.exits).toContain(exit === 'trap' ? TRAP : exit);
    const hash = createHash('sha256').update(run.stdout).digest('hex').slice(0, 16);
    if (example.expect.stdout !== undefined) expect(hash).toBe(example.expect.stdout);
    if (example.expect.calls !== undefined) expect(run.calls).toBe(example.expect.calls);
    expect((await replayed(run.trace)).status).toBe('identical');
  });
});

const LEFT_OUT = new Set([
  // node:wasi itself allocates gigabytes for it
  'vectors-count-overflow',
  // it answers nothing before the module is instantiated
  'start-section-yield',
  // no host gets to see these
  'start-section-write',
  'wasi-unstable',
  'wasi-both-versions',
]);

describe.concurrent('a small guest', () => {
  const same = guests.filter(
    ({ name, expect: { ending, stdout } }) =>
      ending.kind === 'exit' &&
      ending.code !== 'varies' &&
      !LEFT_OUT.has(name) &&
      stdout !== undefined,
  );
  test.each(same)('$name', async (one) => {
    const run = await scratch.recordGuest(one, { host: 'node' });
    const { ending, stdout } = one.expect;
    expect(run.outcome).toEqual({
      kind: 'exit',
      code: ending.kind === 'exit' ? Number(ending.code) >>> 0 : 0,
    });
    expect(run.stdout.toString('latin1')).toBe(Buffer.from(stdout ?? '').toString('latin1'));
    expect((await replayed(run.trace)).status).toBe('identical');
  });
});
