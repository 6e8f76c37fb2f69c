/** Traces for the session's tests: examples, guests and reactors, recorded once for each test file. */
import { mkdirSync } from 'node:fs';
import { type ExampleCase, exampleCases } from '../../../examples/cases.ts';
import { openRecording } from '../../../recorder/record.ts';
import type { Guest } from '../../guests/guest.ts';
import { compileWat } from '../../guests/wat.ts';
import {
  closeStreams,
  openStreams,
  type RecordedRun,
  type Scratch,
} from '../../recorder/scratch.ts';
import type { Random } from '../../wasi/random.ts';

export function example(name: string): ExampleCase {
  const found = exampleCases().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no example is called ${name}`);
  return found;
}

export function recordedExample(
  scratch: Scratch,
  name: string,
  options: Parameters<Scratch['recordExample']>[1] = {},
): Promise<RecordedRun> {
  return scratch.recordExample(example(name), { paranoid: false, ...options });
}

/** A trace of the guest: of a reactor, with the calls that it expects. */
export async function traceOfGuest(scratch: Scratch, one: Guest): Promise<string> {
  const { ending } = one.expect;
  if (ending.kind !== 'reactor') {
    return (await scratch.recordGuest(one, { paranoid: false })).trace;
  }
  const folder = scratch.fresh();
  mkdirSync(folder);
  const streams = openStreams(folder);
  try {
    const module = await compileWat(one.wat);
    const recording = await openRecording({ module, ...streams, output: scratch.fresh('.wrr') });
    if (recording.exports.includes('_initialize')) await recording.call('_initialize');
    for (const { name, args } of ending.calls) await recording.call(name, args);
    await recording.finish();
    return recording.trace;
  } finally {
    closeStreams(streams);
  }
}

/** The numbers from `from` up to, with, `to`, in an order that is the same every time. */
export function shuffled(from: number, to: number, random: Random): number[] {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  for (let i = numbers.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [numbers[i], numbers[j]] = [numbers[j] as number, numbers[i] as number];
  }
  return numbers;
}
