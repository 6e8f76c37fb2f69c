/** Motions of the debugger against a list of every instruction that was executed (every-instruction.ts). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { BreakPlaces } from '../../../replayer/timetravel/break-places.ts';
import { Engine } from '../../../replayer/timetravel/engine.ts';
import { readFrames } from '../../../replayer/timetravel/frames.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { Motion, Points, StepSize, Watch } from '../../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { guests } from '../../guests/guests.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { everyInstruction, Truth } from './every-instruction.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('motions');
afterAll(() => scratch.remove());

const SIZES: readonly StepSize[] = ['instruction', 'instruction-over', 'line', 'line-over', 'out'];
const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };
const quiet = () => {};

describe.each(['heapsmash-O0g', 'heapsmash-O2', 'uninit-O0g'])('%s', (name) => {
  let trace: TraceReader;
  let truth: Truth;
  let engine: Engine;
  beforeAll(async () => {
    const example = exampleCases().find((one) => one.name === name);
    if (example === undefined) throw new Error(`no example ${name}`);
    trace = new TraceReader((await scratch.recordExample(example)).trace);
    const names = new FrameNames(trace.module());
    engine = new Engine(new TravelTarget(trace), names);
    truth = new Truth(await everyInstruction(trace), engine.lines, (pc) => names.functionAt(pc));
  });
  afterAll(() => trace.close());

  test.each(SIZES.flatMap((size) => [false, true].map((reverse) => ({ size, reverse }))))(
    'steps: $size, reverse $reverse',
    async ({ size, reverse }) => {
      const { marks } = truth;
      for (let sample = 0; sample < 6; sample++) {
        // a spread that meets other places each time
        const from = Math.floor((marks.length * (sample * 2 + 1)) / 12) + sample;
        const expected = truth.step(from, size, reverse);
        const motion: Motion = { kind: 'step', size, reverse, points: NO_POINTS };
        const arrival = await engine.move(marks[from], motion, quiet);
        const index = expected ?? (reverse ? 0 : marks.length - 1);
        expect(arrival.mark, `from ${from} to ${index}`).toEqual(marks[index]);
      }
    },
  );

  test('back by instructions, one after the other, and on by one from there', async () => {
    const { marks } = truth;
    const from = Math.floor(marks.length * 0.7);
    const step = (reverse: boolean): Motion => ({
      ...{ kind: 'step', size: 'instruction', reverse, points: NO_POINTS },
    });
    let mark = marks[from];
    for (let i = 1; i <= 60; i++) {
      ({ mark } = await engine.move(mark, step(true), quiet));
      expect(mark, `${i} back from ${from}`).toEqual(marks[from - i]);
    }
    expect((await engine.at(mark as Mark, quiet)).mark).toEqual(mark);
    expect((await engine.move(mark, step(false), quiet)).mark).toEqual(marks[from - 59]);
  });

  test('breakpoints, in both directions, and what comes before the first and after the last', async () => {
    const { marks } = truth;
    const pcs = [0.2, 0.5, 0.9].map((part) => marks[Math.floor(marks.length * part)]?.pc ?? 0);
    const points = { ...NO_POINTS, breaks: pcs };
    const hits = marks.flatMap(({ pc }, i) => (pcs.includes(pc) ? [i] : []));
    for (const reverse of [false, true]) {
      for (const from of [0, hits[0] ?? 0, marks.length >> 1, hits.at(-1) ?? 0, marks.length - 1]) {
        const next = reverse ? hits.findLast((hit) => hit < from) : hits.find((hit) => hit > from);
        const { mark, reason } = await engine.move(
          marks[from],
          { kind: 'continue', reverse, points },
          quiet,
        );
        const edge = reverse ? 'start' : 'end';
        expect(mark).toEqual(marks[next ?? (reverse ? 0 : marks.length - 1)]);
        expect(reason).toEqual(
          next === undefined ? { kind: edge } : { kind: 'break', pc: marks[next]?.pc },
        );
      }
    }
  });

  test('a step stops at a breakpoint on its way', async () => {
    const { marks } = truth;
    const call = marks.findIndex(({ depth }, i) => (marks[i + 1]?.depth ?? 0) > depth && i > 500);
    const inside = call + 3;
    const points = { ...NO_POINTS, breaks: [marks[inside]?.pc ?? 0] };
    const over = { kind: 'step', size: 'instruction-over', reverse: false } as const;
    expect(await engine.move(marks[call], { ...over, points }, quiet)).toEqual({
      mark: marks[inside],
      reason: { kind: 'break', pc: marks[inside]?.pc },
    });
  });

  test('calls of the host, in both directions', async () => {
    const { marks } = truth;
    const calls = [...trace.events()].flatMap((event) =>
      event.kind === 'call' || event.kind === 'open' ? [event] : [],
    );
    // the instruction before which an event had not passed, and behind which it has, is its call
    const placeOf = (number: number) => marks.findLastIndex(({ event }) => event < number);
    const wanted = calls[calls.length >> 1];
    if (wanted === undefined) throw new Error('no calls');
    const points = { ...NO_POINTS, calls: [wanted.name] };
    const own = calls.filter(({ name }) => name === wanted.name).map(({ number }) => number);
    const forward = await engine.move(
      marks[0],
      { kind: 'continue', reverse: false, points },
      quiet,
    );
    expect(forward.mark).toEqual(marks[placeOf(own[0] ?? 0)]);
    expect(forward.reason).toEqual({ kind: 'call', name: wanted.name });
    const second = await engine.move(
      forward.mark,
      { kind: 'continue', reverse: false, points },
      quiet,
    );
    expect(second.mark).toEqual(own[1] ? marks[placeOf(own[1])] : marks.at(-1));
    const back = await engine.move(
      marks.at(-1),
      { kind: 'continue', reverse: true, points },
      quiet,
    );
    expect(back.mark).toEqual(marks[placeOf(own.at(-1) ?? 0)]);
  });

  test('events, the start and the end', async () => {
    const { marks } = truth;
    const go = async (motion: Motion) => (await engine.move(undefined, motion, quiet)).mark;
    expect(await go({ kind: 'event', event: -1 })).toEqual(marks[0]);
    expect(await go({ kind: 'end' })).toEqual(marks.at(-1));
    for (let number = 0; number <= trace.eventCount - 3; number++) {
      const first = marks.find(({ event }) => event >= number);
      expect(await go({ kind: 'event', event: number })).toEqual(first);
    }
    const behind = { ...marks[7], tick: 1e9 } as (typeof marks)[number];
    await expect(engine.at(behind, quiet)).rejects.toThrow(
      expect.objectContaining({ code: 'EVENT_NOT_FOUND' }),
    );
  });
});

describe('watchpoints', () => {
  /** The function pointer that heapsmash overwrites. */
  const watch: Watch = { address: 0x12310, length: 4, on: 'change' };
  const points = { ...NO_POINTS, watches: [watch] };
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  let trace: TraceReader;
  let engine: Engine;
  beforeAll(async () => {
    const example = exampleCases().find(({ name }) => name === 'heapsmash-O0g');
    if (example === undefined) throw new Error('no example');
    trace = new TraceReader((await scratch.recordExample(example)).trace);
    engine = new Engine(new TravelTarget(trace), new FrameNames(trace.module()));
  });
  afterAll(() => trace.close());

  test('backwards to each write that changes something, before it happens', async () => {
    let { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
    const steps: string[] = [];
    for (;;) {
      const arrival = await engine.move(mark, { kind: 'continue', reverse: true, points }, quiet);
      mark = arrival.mark;
      if (arrival.reason.kind !== 'watch') break;
      const { before, after } = arrival.reason;
      steps.push(`${hex(before)} ${hex(after)}`);
      const now = (await engine.at(mark, quiet)).memory.slice(watch.address, watch.address + 4);
      expect(hex(now)).toBe(hex(before));
    }
    expect(steps).toEqual([
      '62750000 62757200',
      '62000000 62750000',
      '01000000 62000000',
      '00000000 01000000',
    ]);
  });

  test('forwards to each, when it has happened; and to every write', async () => {
    for (const [on, count] of [
      ['change', 4],
      ['write', 10],
    ] as const) {
      let { mark } = await engine.move(undefined, { kind: 'event', event: -1 }, quiet);
      let hits = 0;
      for (; hits < 20; hits++) {
        const motion: Motion = {
          kind: 'continue',
          reverse: false,
          points: { ...NO_POINTS, watches: [{ ...watch, on }] },
        };
        const arrival = await engine.move(mark, motion, quiet);
        mark = arrival.mark;
        if (arrival.reason.kind !== 'watch') break;
        const now = (await engine.at(mark, quiet)).memory.slice(watch.address, watch.address + 4);
        expect(hex(now)).toBe(hex(arrival.reason.after));
      }
      expect(hits).toBe(count);
    }
  });

  test('what the host writes', async () => {
    const read = [...trace.events()].find(
      (event) => event.kind === 'call' && event.name === 'fd_read',
    );
    if (read?.kind !== 'call') throw new Error('no read');
    // the first bytes of the file, in a buffer of stdio
    const at = await engine.move(undefined, { kind: 'event', event: read.number }, quiet);
    const { memory } = await engine.at(at.mark, quiet);
    const address = Buffer.from(memory).indexOf('add,1,');
    const host: Points = { ...NO_POINTS, watches: [{ address, length: 3, on: 'change' }] };
    const start = await engine.move(undefined, { kind: 'event', event: -1 }, quiet);
    const forward = await engine.move(
      start.mark,
      { kind: 'continue', reverse: false, points: host },
      quiet,
    );
    expect(forward.mark).toEqual(at.mark);
    expect(forward.reason).toMatchObject({ kind: 'watch', by: 'host' });
    const back = await engine.move(
      forward.mark,
      { kind: 'continue', reverse: true, points: host },
      quiet,
    );
    expect(back.mark.event).toBe(read.number - 1);
    expect(back.reason).toMatchObject({ kind: 'watch', by: 'host' });
  });
});

test('a hang: behind its last event, and on from there', async () => {
  const example = exampleCases().find(({ name }) => name === 'hang-O0g');
  if (example === undefined) throw new Error('no example');
  const run = await scratch.recordExample(example);
  const trace = new TraceReader(run.trace);
  const engine = new Engine(new TravelTarget(trace), new FrameNames(trace.module()));
  const end = await engine.move(undefined, { kind: 'end' }, quiet);
  expect(end.mark.event).toBe(trace.eventCount - 1);
  const on: Motion = { kind: 'continue', reverse: false, points: NO_POINTS };
  const beyond = await engine.move(end.mark, on, quiet);
  expect(beyond.reason).toEqual({ kind: 'beyond' });
  expect(beyond.mark.tick).toBeGreaterThan(end.mark.tick);
  // it stands in the loop, and can step there
  let { mark } = beyond;
  const places = new Set<string | undefined>();
  for (let i = 0; i < 2; i++) {
    places.add(engine.lines.at(mark.pc).at(-1));
    ({ mark } = await engine.move(
      mark,
      { kind: 'step', size: 'line', reverse: i % 2 === 1, points: NO_POINTS },
      quiet,
    ));
  }
  for (const place of places) expect(place).toMatch(/^src\/hang\.c:\d+$/);
  trace.close();
});

test('a stack overflow that this thread has no stack for: up to its last event, and by breakpoints', async () => {
  const guest = guests.find(({ name }) => name === 'stack-overflow');
  if (guest === undefined) throw new Error('no guest');
  const trace = new TraceReader((await scratch.recordGuest(guest)).trace);
  const engine = new Engine(new TravelTarget(trace), new FrameNames(trace.module()));
  const { mark } = await engine.move(undefined, { kind: 'end' }, quiet);
  expect(mark.event).toBe(trace.eventCount - 2);
  const on = (points: Points): Motion => ({ kind: 'continue', reverse: false, points });
  await expect(engine.move(mark, on(NO_POINTS), quiet)).rejects.toThrow(
    expect.objectContaining({ code: 'REPLAY_FAILED' }),
  );
  const step: Motion = { kind: 'step', size: 'instruction', reverse: false, points: NO_POINTS };
  let at = await engine.move(mark, step, quiet);
  while (at.mark.depth < mark.depth + 3) at = await engine.move(at.mark, step, quiet);
  // the same instruction, one call deeper
  const deeper = await engine.move(at.mark, on({ ...NO_POINTS, breaks: [at.mark.pc] }), quiet);
  expect(deeper.mark).toMatchObject({ depth: at.mark.depth + 1, pc: at.mark.pc });
  const back = await engine.move(
    deeper.mark,
    { kind: 'continue', reverse: true, points: { ...NO_POINTS, breaks: [at.mark.pc] } },
    quiet,
  );
  expect(back.mark).toEqual(at.mark);
  trace.close();
});

describe('conditions and hits that are passed over', () => {
  let trace: TraceReader;
  let engine: Engine;
  const go = (from: Mark | undefined, motion: Motion) => engine.move(from, motion, quiet);
  /** Where the program calls set_name, and the ids of the users that it is called for: seen one by one. */
  const truth: { readonly mark: Mark; readonly id: number }[] = [];
  let pc = 0;
  let start: Mark;
  let end: Mark;
  beforeAll(async () => {
    const example = exampleCases().find(({ name }) => name === 'heapsmash-O0g');
    if (example === undefined) throw new Error('no example');
    trace = new TraceReader((await scratch.recordExample(example)).trace);
    const names = FrameNames.of(trace);
    engine = new Engine(new TravelTarget(trace), names);
    pc = new BreakPlaces(trace.module(), names, engine.lines).find({
      kind: 'function',
      name: 'set_name',
    })[0] as number;
    // every instruction that is executed, and the user that the first parameter points to there
    await replayInstrumented(
      new TravelTarget(trace),
      { tick: true, frames: 'spill', breaks: new Set([pc]) },
      ({ probes, layout, event, memory }) => {
        probes.set('stop', (at, depth) => {
          const top = Number(probes.global('top').value);
          const [frame] = readFrames(layout, probes.memory('frames').buffer, top, at);
          const user = Number(frame?.locals[0]);
          const id = Buffer.from(memory()).readInt32LE(user + 4);
          const tick = -Number(probes.global('ticksLeft').value);
          truth.push({ mark: { event: event(), tick, depth, pc: at }, id });
        });
      },
    );
    start = (await go(undefined, { kind: 'event', event: -1 })).mark;
    end = (await go(undefined, { kind: 'end' })).mark;
  });
  afterAll(() => trace.close());

  test.each([
    ['u->id == 37', (id: number) => id === 37],
    ['u->id % 10 == 3 && u->id > 20', (id: number) => id % 10 === 3 && id > 20],
    ['u->id < 0', () => false],
  ] as const)('%s', async (condition, isTrue) => {
    const hits = truth.filter(({ id }) => isTrue(id));
    for (const reverse of [false, true]) {
      for (const skip of [0, 1, 3]) {
        const on = { kind: 'break', pcs: [pc] } as const;
        const points: Points = {
          ...NO_POINTS,
          breaks: [pc],
          rules: [{ number: 4, on, condition, skip }],
        };
        const arrival = await go(reverse ? end : start, { kind: 'continue', reverse, points });
        const wanted = reverse ? hits.at(-1 - skip) : hits[skip];
        expect(arrival.mark, `${reverse} ${skip}`).toEqual(wanted?.mark ?? (reverse ? start : end));
        expect(arrival.rule).toBe(wanted && 4);
        expect(arrival.hits).toEqual([{ number: 4, hits: Math.min(hits.length, skip + 1) }]);
      }
    }
  });

  test('of a watchpoint, what was written', async () => {
    const watch: Watch = { address: 0x12310, length: 4, on: 'change' };
    const at = async (condition: string, reverse: boolean) => {
      const rule = { number: 1, on: { kind: 'watch', watch: 0 }, condition } as const;
      const points: Points = { ...NO_POINTS, watches: [watch], rules: [rule] };
      const { reason } = await go(reverse ? end : start, { kind: 'continue', reverse, points });
      return reason.kind === 'watch' ? Buffer.from(reason.after).readInt32LE() : reason.kind;
    };
    expect(await at('$value > 0x1000', false)).toBe(0x7562);
    expect(await at('$value > 0x1000', true)).toBe(0x727562);
    expect(await at('$value < $old', true)).toBe('start');
    expect(await at('$old == 1', true)).toBe(0x62);
  });

  test('a condition that cannot be tested stops, and says why', async () => {
    const on = { kind: 'break', pcs: [pc] } as const;
    const rules = [{ number: 1, on, condition: 'u->name->id == 3' }];
    const points: Points = { ...NO_POINTS, breaks: [pc], rules };
    const arrival = await go(start, { kind: 'continue', reverse: false, points });
    expect(arrival).toMatchObject({ mark: truth[0]?.mark, problem: expect.stringMatching(/"id"/) });
  });
});
