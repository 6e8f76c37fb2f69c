/** How values in locals changed, against a run in which every instruction is looked at. */
import { afterAll, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { frameSize, readFrames } from '../../../replayer/timetravel/frames.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { Motion } from '../../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { Traveller } from '../../../replayer/timetravel/traveller.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { allFunctions } from '../instrument/variants.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('history');
afterAll(() => scratch.remove());
const quiet = () => {};

/** Of each local of the frame at a depth, how it changed before a mark in the last function that ran there. */
interface Change {
  readonly mark: Mark;
  readonly before: string | undefined;
  readonly after: string;
}

async function everyChange(trace: TraceReader, to: Mark, depth: number): Promise<Change[][]> {
  let changes: Change[][] = [];
  let known: string[] = [];
  let last: Mark | undefined;
  await replayInstrumented(
    new TravelTarget(trace),
    { tick: true, frames: 'spill', steps: allFunctions(trace.module()) },
    ({ probes, event, layout }) => {
      probes.global('armed').value = depth;
      probes.set('stop', (pc, at) => {
        const tick = -Number(probes.global('ticksLeft').value);
        if (tick > to.tick || event() > to.event) return;
        if (at < depth) {
          changes = [];
          known = [];
          last = undefined;
          return;
        }
        const mark = { event: event(), tick, depth, pc };
        const top = Number(probes.global('top').value);
        const [frame] = readFrames(layout, probes.memory('frames').buffer, top, pc);
        if (frame === undefined || frameSize(layout, frame.func) > top) throw new Error('no frame');
        for (const [i, value] of frame.locals.entries()) {
          const text = String(value);
          changes[i] ??= [];
          if (known[i] !== text) {
            changes[i].push({ mark: last ?? mark, before: known[i], after: text });
          }
          known[i] = text;
        }
        last = mark;
      });
    },
  );
  return changes;
}

const CASES: readonly { name: string; where: string; motion: Motion; inner: boolean }[] = [
  { name: 'uninit-O2', where: 'the innermost frame', motion: { kind: 'end' }, inner: true },
  {
    ...{ name: 'heapsmash-O0g', where: 'a caller', inner: false },
    motion: { kind: 'event', event: 8 },
  },
];

test.each(CASES)('$name: each change of a local of $where', async ({ name, motion, inner }) => {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  const trace = new TraceReader((await scratch.recordExample(example)).trace);
  const traveller = new Traveller(trace);
  const { mark, stack } = await traveller.move({ from: undefined, motion }, quiet);
  const sizes = stack.map(({ locals }) => locals.length);
  const level = inner ? 0 : sizes.lastIndexOf(Math.max(...sizes.slice(1)));
  const truth = await everyChange(trace, mark, mark.depth - level);
  let most = 0;
  for (const local of inner ? [4] : [5]) {
    const place = { level, call: 0 };
    const of = { kind: 'expression', expression: `local${local}` } as const;
    const question = { mark, place, of, keep: 1e6 };
    const { changes, total, complete } = await traveller.history(question, quiet);
    expect(complete).toBe(true);
    expect(total).toBe(changes.length);
    expect(total).toBeGreaterThan(0);
    most = Math.max(most, total);
    const plain = changes.map(({ mark: at, before, after }) => ({ mark: at, before, after }));
    // as text: there are ten thousand
    expect(JSON.stringify(plain)).toBe(JSON.stringify(truth[local]));
    const few = await traveller.history({ ...question, keep: 2 }, quiet);
    expect(few.total).toBe(total);
    expect(few.changes).toEqual(changes.slice(-2));
  }
  expect(most).toBeGreaterThan(inner ? 1 : 0);
  trace.close();
});
