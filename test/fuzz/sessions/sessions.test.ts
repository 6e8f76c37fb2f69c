/** Sessions of the debugger, always the same ones. `npm run fuzz -- --target sessions` goes on with others. */
import { afterAll, expect, test } from 'vitest';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { randomFrom } from '../../wasi/random.ts';
import { hitsOf } from './expected.ts';
import { checkSession } from './session.ts';
import { Subjects } from './subjects.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('sessions');
afterAll(() => scratch.remove());
const subjects = new Subjects(scratch);

test('in random modules and small guests', async () => {
  let instructions = 0;
  for (let seed = 0; seed < 14; seed++) {
    const random = randomFrom(seed);
    const subject = await subjects.any(random, false);
    if (subject.marks.length === 0) continue;
    instructions += subject.marks.length;
    await checkSession(subject, random, 15);
  }
  expect(instructions).toBeGreaterThan(1000);
});

test('in a program with debug information, inlined calls and much of a library', async () => {
  const subject = await subjects.ofExample('rustslice-O2');
  for (let seed = 0; seed < 3; seed++) await checkSession(subject, randomFrom(seed), 15);
});

test('in components: one of those composed, one of two memories, one whose guests wait', async () => {
  for (const [i, name] of ['composed.wat', 'two-memories.wat', 'race.wat'].entries()) {
    const random = randomFrom(i);
    await checkSession(await subjects.ofComponent(name, random), random, 10);
  }
});

test('what the debugger is held against has what happened in it', async () => {
  const subject = await subjects.ofExample('rustslice-O2');
  const { marks, calls, accesses } = subject;
  expect(marks.length).toBeGreaterThan(40_000);
  expect(calls.map(({ name }) => name)).toContain('path_open');
  const write = accesses.find(({ did, by }) => did === 'wrote' && by === 'host');
  expect(write).toBeDefined();
  const watch = { address: write?.address ?? 0, length: 1, on: 'write' } as const;
  const breaks = [marks.pcAt(7)];
  const hits = hitsOf(subject, { breaks, calls: ['path_open'], watches: [watch] });
  expect(new Set(hits.map(({ reason }) => reason.kind))).toEqual(
    new Set(['break', 'call', 'watch']),
  );
});
