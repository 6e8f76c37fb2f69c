/** A program that is made ready to be looked into: how far that is, and that it can be given up. */
import { afterAll, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { Traveller } from '../../../replayer/timetravel/traveller.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('preparing');
afterAll(() => scratch.remove());

test('it is told from 0 on, given up at once, and begun anew when it is asked for again', async () => {
  const example = exampleCases().find(({ name }) => name === 'uninit-O0g');
  if (example === undefined) throw new Error('no example');
  const trace = new TraceReader((await scratch.recordExample(example)).trace);
  const shares: number[] = [];
  let givesUp = true;
  const stopped = new Error('given up');
  const traveller = new Traveller(trace, {}, (share) => {
    shares.push(share);
    if (givesUp && shares.length === 2) throw stopped;
  });
  const query = { address: 1024, length: 4, keep: 1 };
  const questions = [
    () => traveller.writes(query, () => {}),
    () => traveller.move({ from: undefined, motion: { kind: 'end' } }, () => {}),
  ];
  for (const ask of questions) {
    shares.length = 0;
    givesUp = true;
    await expect(ask()).rejects.toBe(stopped);
    expect(shares).toHaveLength(2);
    shares.length = 0;
    givesUp = false;
    await ask();
    expect(shares[0]).toBe(0);
    expect(shares.length).toBeGreaterThan(1);
    expect(shares.every((share, i) => share < 1 && share >= (shares[i - 1] ?? 0))).toBe(true);
    // what is there is used again
    const told = shares.length;
    await ask();
    expect(shares).toHaveLength(told);
  }
  trace.close();
});
