/** Steps that were worked out before they were asked for, against those that were not. */
import { afterAll, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { Engine } from '../../../replayer/timetravel/engine.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { Motion, StepSize } from '../../../replayer/timetravel/motions.ts';
import { ProbeRun } from '../../../replayer/timetravel/probe-run.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { Scratch } from '../../recorder/scratch.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('ahead');
afterAll(() => scratch.remove());
const quiet = () => {};
const STEPS = 5;

class GivenUp extends Error {}

async function traceOf(name: string): Promise<TraceReader> {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  return new TraceReader((await scratch.recordExample(example)).trace);
}

function engineOf(trace: TraceReader): Engine {
  return new Engine(new TravelTarget(trace), new FrameNames(trace.module()));
}

function back(size: StepSize): Motion {
  return { kind: 'step', size, reverse: true, points: { breaks: [], calls: [], watches: [] } };
}

/** Steps back from the end, with what the guest held at each. @param between steps, with the number of it */
async function walk(engine: Engine, size: StepSize, between: (i: number) => Promise<void>) {
  let { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
  const places: { mark: Mark; functions: readonly number[]; memory: Buffer }[] = [];
  for (let i = 0; i < STEPS; i++) {
    await between(i);
    ({ mark } = await engine.move(mark, back(size), quiet));
    const { functions, memory } = await engine.at(mark, quiet);
    places.push({ mark, functions, memory: Buffer.from(memory) });
  }
  return places;
}

test.each<StepSize>(['instruction', 'instruction-over', 'line', 'line-over', 'out'])(
  'by %s, they lead where they led',
  async (size) => {
    const trace = await traceOf('heapsmash-O0g');
    const plain = await walk(engineOf(trace), size, async () => {});
    const engine = engineOf(trace);
    const foreseen = await walk(engine, size, () => engine.ahead.work(quiet));
    expect(foreseen).toEqual(plain);
    // given up at each of its events in turn, and taken up again or not
    const hurried = engineOf(trace);
    const givenUp = await walk(hurried, size, async (i) => {
      let events = 0;
      const giveUp = () => {
        if (events++ === 3 * i) throw new GivenUp();
      };
      await hurried.ahead.work(giveUp).catch((thrown: unknown) => {
        if (!(thrown instanceof GivenUp)) throw thrown;
      });
      if (i % 3 === 0) await hurried.ahead.work(quiet);
    });
    expect(givenUp).toEqual(plain);
    trace.close();
  },
);

test('a step that was worked out takes no run, but for the way to the beginning of all', async () => {
  const trace = await traceOf('heapsmash-O0g');
  const engine = engineOf(trace);
  const { run } = ProbeRun.prototype;
  let runs = 0;
  ProbeRun.prototype.run = function counted(this: ProbeRun) {
    runs++;
    return run.call(this);
  };
  try {
    let { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
    // which step it will be is not known before the first
    ({ mark } = await engine.move(mark, back('line-over'), quiet));
    for (let i = 0; i < STEPS && mark.tick > 1; i++) {
      await engine.ahead.work(quiet);
      expect(engine.ahead.worksAt(mark, back('line-over'))).toBe(false);
      const before = runs;
      ({ mark } = await engine.move(mark, back('line-over'), quiet));
      await engine.at(mark, quiet);
      if (mark.tick > 1) expect(runs).toBe(before);
    }
  } finally {
    ProbeRun.prototype.run = run;
    trace.close();
  }
});
