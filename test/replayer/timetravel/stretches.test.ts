/** What a stretch of a run says of each of its instructions, against a run that stops there. */
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { Engine } from '../../../replayer/timetravel/engine.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { Motion, Points, StepSize, WatchOn } from '../../../replayer/timetravel/motions.ts';
import { ProbeRun } from '../../../replayer/timetravel/probe-run.ts';
import { SteppedBytes } from '../../../replayer/timetravel/stepped-bytes.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { Scratch } from '../../recorder/scratch.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('stretches');
afterAll(() => scratch.remove());
const quiet = () => {};
/** The instruction of heapsmash-O0g that writes a character of a name. */
const SET_NAME = 0xe0e;

function engineOf(trace: TraceReader): Engine {
  return new Engine(new TravelTarget(trace), new FrameNames(trace.module()));
}

describe.each(['heapsmash-O0g', 'heapsmash-O2', 'rustslice-O2'])('%s', (name) => {
  test('memory, frames and globals before each instruction are those of a run that stops there', async () => {
    const example = exampleCases().find((one) => one.name === name);
    if (example === undefined) throw new Error(`no example ${name}`);
    const trace = new TraceReader((await scratch.recordExample(example)).trace);
    const engine = engineOf(trace);
    const back = async (from: Mark, size: StepSize) =>
      (
        await engine.move(
          from,
          { kind: 'step', size, reverse: true, points: { breaks: [], calls: [], watches: [] } },
          quiet,
        )
      ).mark;
    let { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
    const seen: Mark[] = [mark];
    for (let i = 0; i < 200; i++) {
      mark = await back(mark, 'instruction');
      if (i % 40 === 7) seen.push(mark);
    }
    for (let i = 0; i < 4; i++) {
      mark = await back(mark, 'line');
      seen.push(mark);
    }
    // in another order than they were seen in, so that states are turned back and forth
    for (const at of [...seen.filter((_, i) => i % 2 === 0), ...seen.reverse()]) {
      const known = await engine.at(at, quiet);
      const run = await engineOf(trace).at(at, quiet);
      expect(known.mark).toEqual(run.mark);
      expect(known.frames).toEqual(run.frames);
      expect(known.functions).toEqual(run.functions);
      expect(known.globals).toEqual(run.globals);
      expect(Buffer.compare(known.memory, run.memory)).toBe(0);
    }
    trace.close();
  });
});

test('steps near one place take no more runs than the first of them', async () => {
  const example = exampleCases().find((one) => one.name === 'heapsmash-O0g');
  if (example === undefined) throw new Error('no example');
  const trace = new TraceReader((await scratch.recordExample(example)).trace);
  const engine = engineOf(trace);
  let runs = 0;
  const run = ProbeRun.prototype.run;
  ProbeRun.prototype.run = function counted(this: ProbeRun) {
    runs++;
    return run.call(this);
  };
  try {
    const points = { breaks: [], calls: [], watches: [] };
    let { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
    const step = async (size: StepSize, reverse: boolean) => {
      ({ mark } = await engine.move(mark, { kind: 'step', size, reverse, points }, quiet));
      await engine.at(mark, quiet);
    };
    await step('instruction', true);
    const first = runs;
    for (let i = 0; i < 500; i++) await step('instruction', true);
    for (let i = 0; i < 20; i++) await step('line', true);
    for (let i = 0; i < 10; i++) await step('line', false);
    for (let i = 0; i < 100; i++) await step('instruction', false);
    expect(runs).toBe(first);
  } finally {
    ProbeRun.prototype.run = run;
    trace.close();
  }
});

test.each<WatchOn>(['change', 'write'])(
  'steps on with a watchpoint on each %s end where a run for each ends',
  async (on) => {
    const example = exampleCases().find((one) => one.name === 'heapsmash-O0g');
    if (example === undefined) throw new Error('no example');
    const trace = new TraceReader((await scratch.recordExample(example)).trace);
    const engine = engineOf(trace);
    const other = engineOf(trace);
    let runs = 0;
    const run = ProbeRun.prototype.run;
    const counted = function (this: ProbeRun) {
      runs++;
      return run.call(this);
    };
    try {
      const to: Points = { breaks: [SET_NAME], calls: [], watches: [] };
      let { mark } = await engine.move(undefined, { kind: 'event', event: -1 }, quiet);
      ({ mark } = await engine.move(mark, { kind: 'continue', reverse: false, points: to }, quiet));
      const frame = (await engine.at(mark, quiet)).globals[0]?.value;
      // a variable of the loop, which is written once a round
      const points: Points = {
        ...to,
        breaks: [],
        watches: [{ address: Number(frame), length: 64, on }],
      };
      // of what is read, stretches know nothing
      const asRun: Points = {
        ...points,
        watches: [...points.watches, { address: 0, length: 1, on: 'read' }],
      };
      let met = 0;
      for (let i = 0; i < 40; i++) {
        const size = i % 3 === 0 ? 'line' : 'instruction-over';
        const motion: Motion = { kind: 'step', size, reverse: false, points };
        const anew = await other.move(mark, { ...motion, points: asRun }, quiet);
        ProbeRun.prototype.run = counted;
        const arrival = await engine.move(mark, motion, quiet);
        ProbeRun.prototype.run = run;
        expect(arrival).toEqual(anew);
        if (arrival.reason.kind === 'watch') met++;
        ({ mark } = arrival);
      }
      expect(met).toBeGreaterThan(1);
      expect(met).toBeLessThan(40);
      expect(runs).toBeLessThan(met + 12);
    } finally {
      ProbeRun.prototype.run = run;
      trace.close();
    }
  },
);

test('back from hit to hit takes one run, and comes where a run for each comes', async () => {
  const example = exampleCases().find((one) => one.name === 'heapsmash-O0g');
  if (example === undefined) throw new Error('no example');
  const trace = new TraceReader((await scratch.recordExample(example)).trace);
  const engine = engineOf(trace);
  const points: Points = {
    breaks: [SET_NAME],
    calls: ['fd_read'],
    watches: [{ address: 0x12310, length: 4, on: 'change' }],
    rules: [
      { number: 1, on: { kind: 'break', pcs: [SET_NAME] } },
      { number: 2, on: { kind: 'call', name: 'fd_read' } },
      { number: 3, on: { kind: 'watch', watch: 0 } },
    ],
  };
  const back: Motion = { kind: 'continue', reverse: true, points };
  let { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
  let runs = 0;
  const run = ProbeRun.prototype.run;
  ProbeRun.prototype.run = function counted(this: ProbeRun) {
    runs++;
    return run.call(this);
  };
  try {
    const rules = new Set<number | undefined>();
    for (let i = 0; i < 12; i++) {
      const arrival = await engine.move(mark, back, quiet);
      const anew = runs;
      if (i > 0) expect(anew).toBe(1);
      expect(arrival).toEqual(await engineOf(trace).move(mark, back, quiet));
      runs = 1;
      ({ mark } = arrival);
      rules.add(arrival.rule);
    }
    expect(rules.size).toBeGreaterThan(1);
  } finally {
    ProbeRun.prototype.run = run;
    trace.close();
  }
});

test('bytes that change from step to step are turned back and forth, and forget what came first', () => {
  // by a generator, so that it is the same each time
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  let now = new Uint8Array(200);
  const bytes = new SteppedBytes(now);
  const states: Uint8Array[] = [now.slice()];
  for (let step = 1; step < 60; step++) {
    if (step % 20 === 0) {
      const larger = new Uint8Array(now.length + 100);
      larger.set(now);
      now = larger;
      bytes.change(step, now, 0, 0);
    }
    for (let writes = next(4); writes > 0; writes--) {
      const from = next(now.length);
      const to = Math.min(now.length, from + next(60));
      for (let i = from; i < to; i++) now[i] = next(256);
      bytes.change(step, now, from, to);
    }
    states.push(now.slice());
    if (step === 30) bytes.forgetBefore(10);
  }
  for (let look = 0; look < 200; look++) {
    const step = 10 + next(50);
    expect(bytes.at(step)).toEqual(states[step]);
  }
});
