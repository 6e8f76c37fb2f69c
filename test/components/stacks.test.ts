/**
 * The inside of a component whose guests wait on stacks of their own, and go on in any order: motions, writes,
 * stacks and profiles against a list of every instruction that was executed, and which stack it was on.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { profileRun } from '../../replayer/profile/profile.ts';
import { FrameNames } from '../../replayer/source/frame-names.ts';
import { Engine } from '../../replayer/timetravel/engine.ts';
import { framesAt } from '../../replayer/timetravel/frames-at.ts';
import { compareMarks, type Mark, sameMark } from '../../replayer/timetravel/mark.ts';
import type { Motion, Points, StepSize } from '../../replayer/timetravel/motions.ts';
import { stateAt } from '../../replayer/timetravel/state-at.ts';
import { openTimeTravel } from '../../replayer/timetravel/time-travel.ts';
import { TravelTarget } from '../../replayer/timetravel/travel-target.ts';
import { writesTo } from '../../replayer/timetravel/writes.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { Scratch } from '../recorder/scratch.ts';
import { everyInstructionOf, type SeenMark } from '../replayer/timetravel/every-instruction.ts';
import { recordServer } from './http-server.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('stacks');
const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };
const quiet = () => {};

/** A run, with every instruction of its program and the stack that it was on. */
class SeenRun {
  readonly trace: TraceReader;
  readonly target: TravelTarget;
  readonly engine: Engine;
  readonly seen: readonly SeenMark[];
  /** Number of the event with which each stack ended. */
  private readonly ended = new Map<number, number>();

  constructor(trace: TraceReader, target: TravelTarget, seen: readonly SeenMark[]) {
    this.trace = trace;
    this.target = target;
    this.engine = new Engine(target, FrameNames.of(trace, target.moduleId));
    this.seen = seen;
    for (const event of trace.events()) {
      if (event.kind === 'leave') this.ended.set(event.opened, event.number);
    }
  }

  static async of(path: string): Promise<SeenRun> {
    const trace = new TraceReader(path);
    const target = new TravelTarget(trace);
    return new SeenRun(trace, target, await everyInstructionOf(target));
  }

  at(index: number): SeenMark {
    const one = this.seen[index];
    if (one === undefined) throw new Error(`no instruction ${index}`);
    return one;
  }

  /** A spread over the run, and places around changes of stacks. */
  samples(): readonly number[] {
    const { length } = this.seen;
    const near = this.seen.flatMap(({ stack }, i) =>
      i > 0 && this.at(i - 1).stack !== stack ? [i - 1, i, i + 1] : [],
    );
    const step = Math.max(1, Math.ceil(near.length / 16));
    const spread = Array.from({ length: 6 }, (_, i) => Math.floor((length * (i + 0.5)) / 6));
    return [...near.filter((i, k) => k % step === 0 && i < length), ...spread];
  }

  /** What a step means, said on the list. */
  stepped(from: number, size: StepSize, reverse: boolean): Mark {
    const { mark, stack } = this.at(from);
    const limit = mark.depth - (size === 'instruction-over' ? 0 : 1);
    const matches = (other: SeenMark) => {
      if (size === 'instruction') return true;
      if (other.mark.depth > limit) return false;
      if (other.stack === stack) return true;
      // before it began and after it ended there is nothing of its own
      if (reverse) return other.mark.event < (stack ?? 0);
      return other.mark.event >= (this.ended.get(stack ?? -1) ?? Number.POSITIVE_INFINITY);
    };
    const found = reverse
      ? this.seen.findLast((other, i) => i < from && matches(other))
      : this.seen.find((other, i) => i > from && matches(other));
    return (found ?? this.at(reverse ? 0 : this.seen.length - 1)).mark;
  }
}

const runs = new Map<string, SeenRun>();
const runOf = (name: string): SeenRun => {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`no run ${name}`);
  return run;
};

beforeAll(async () => {
  const fixture = (name: string) =>
    parse(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8'));
  const server = await recordServer(scratch, await fixture('stacks.wat'), async (client) => {
    await Promise.all([1, 2, 3, 4].map((i) => client.send('GET', `/${i}`)));
  });
  runs.set('stacks', await SeenRun.of(server.trace));
  const command = await scratch.record({ module: await fixture('race.wat') });
  runs.set('callbacks', await SeenRun.of(command.trace));
});
afterAll(() => {
  for (const { trace } of runs.values()) trace.close();
  scratch.remove();
});

test('stacks run by turns', () => {
  const { seen } = runOf('stacks');
  const turns = seen.filter(({ stack }, i) => i > 0 && seen[i - 1]?.stack !== stack);
  expect(new Set(seen.map(({ stack }) => stack)).size).toBe(4);
  expect(turns.length).toBeGreaterThan(10);
});

const SIZES: readonly StepSize[] = ['instruction', 'instruction-over', 'out'];

describe.each(['stacks', 'callbacks'])('motions: %s', (name) => {
  test('no two instructions have the same mark', () => {
    const { seen } = runOf(name);
    for (let i = 1; i < seen.length; i++) {
      const [before, after] = seen.slice(i - 1, i + 1).map(({ mark }) => mark);
      expect(before && after && compareMarks(before, after)).toBeLessThan(0);
    }
  });

  test.each(SIZES.flatMap((size) => [false, true].map((reverse) => ({ size, reverse }))))(
    'steps: $size, reverse $reverse',
    async ({ size, reverse }) => {
      const run = runOf(name);
      for (const from of run.samples()) {
        const motion: Motion = { kind: 'step', size, reverse, points: NO_POINTS };
        const arrival = await run.engine.move(run.at(from).mark, motion, quiet);
        expect(arrival.mark, `from ${from}`).toEqual(run.stepped(from, size, reverse));
      }
    },
  );

  test('breakpoints, in both directions', async () => {
    const run = runOf(name);
    const { seen, engine } = run;
    const pcs = [0.3, 0.8].map((part) => run.at(Math.floor(seen.length * part)).mark.pc);
    const hits = seen.flatMap(({ mark }, i) => (pcs.includes(mark.pc) ? [i] : []));
    expect(hits.length).toBeGreaterThan(4);
    const points = { ...NO_POINTS, breaks: pcs };
    for (const from of run.samples()) {
      for (const reverse of [false, true]) {
        const next = reverse ? hits.findLast((hit) => hit < from) : hits.find((hit) => hit > from);
        const motion: Motion = { kind: 'continue', reverse, points };
        const { mark, reason } = await engine.move(run.at(from).mark, motion, quiet);
        const edge = reverse ? 0 : seen.length - 1;
        expect(mark, `from ${from}`).toEqual(run.at(next ?? edge).mark);
        if (next !== undefined) expect(reason.kind).toBe('break');
      }
    }
  });

  test('events: the first instruction behind each; the start and the end', async () => {
    const run = runOf(name);
    const go = async (motion: Motion) => (await run.engine.move(undefined, motion, quiet)).mark;
    const last = run.at(run.seen.length - 1).mark;
    expect(await go({ kind: 'event', event: -1 })).toEqual(run.at(0).mark);
    expect(await go({ kind: 'end' })).toEqual(last);
    for (let number = 0; number <= last.event; number += 7) {
      expect(await go({ kind: 'event', event: number }), `event ${number}`).toEqual(
        run.seen.find(({ mark }) => mark.event >= number)?.mark,
      );
    }
  });
});

describe('what a stack holds', () => {
  test('frames at a mark are those of its stack', async () => {
    const run = runOf('stacks');
    const { engine, target } = run;
    for (const from of run.samples()) {
      const { mark, stack } = run.at(from);
      const position = await engine.at(mark, quiet);
      expect(position.frames.length, `at ${from}`).toBe(mark.depth);
      expect(position.stack).toBe(stack);
      const byV8 = await framesAt(target, mark);
      const own = byV8.filter(({ instance }) => instance === target.instance);
      expect(own.slice(0, mark.depth).map(({ func }) => func)).toEqual(
        position.frames.map(({ func }) => func),
      );
      expect(position.frames.map(({ func }) => func).reverse()).toEqual(position.functions);
    }
  });

  /** Local 0 of `$down` is how many calls of it follow, and local 1 who waits: the same in all of its frames. */
  test('locals of frames that waited are what they were', async () => {
    const { trace, target } = runOf('stacks');
    for (const event of trace.events()) {
      if (event.kind !== 'return') continue;
      const [call] = trace.events(event.opened, event.opened + 1);
      if (call?.kind !== 'open' || call.name !== 'wait-for') continue;
      const locals = await stateAt(target, event.number, ({ frames }) =>
        frames.map((frame) => frame.locals),
      );
      const waited = Number(call.args[0]) / 500_000;
      const down = locals.slice(0, -1);
      expect(down.map(([depth]) => depth)).toEqual(down.map((_, i) => i));
      if (down.length > 0) expect(down.map(([, who]) => who)).toEqual(down.map(() => waited));
      expect(locals.at(-1)?.length).toBe(3);
    }
  });
});

test('who wrote: each write is an instruction of the list, in frames with the locals of its stack', async () => {
  const { target, engine, seen } = runOf('stacks');
  const { writes, total } = await writesTo(target, { address: 64, length: 32, keep: 1000 });
  // below one to four frames in three rounds for each of four requests
  expect(total).toBe(30);
  const last = seen.at(-1)?.mark;
  for (const [i, { mark, after, from }] of writes.entries()) {
    expect(from).toBe(64 + i);
    expect(seen.some((one) => sameMark(one.mark, mark))).toBe(true);
    const { frames } = await engine.at(mark, quiet);
    expect(frames[0]?.locals[0]).toBe(after[0]);
    if (i % 5 > 0) continue;
    const points: Points = { ...NO_POINTS, watches: [{ address: from, length: 1, on: 'write' }] };
    const back = await engine.move(last, { kind: 'continue', reverse: true, points }, quiet);
    expect(back.mark).toEqual(mark);
    expect(back.reason).toMatchObject({ kind: 'watch', by: 'guest' });
  }
});

test('what the host wrote: backwards before it, whoever ran last; forwards behind it', async () => {
  const { trace, engine, seen } = runOf('stacks');
  const range = { address: 16, length: 8 };
  const events = [...trace.events()].flatMap(({ number, changes }) =>
    changes?.some(
      (one) => one.kind === 'write' && one.address < 24 && one.address + one.bytes.length > 16,
    )
      ? [number]
      : [],
  );
  expect(events.length).toBeGreaterThanOrEqual(4);
  const points: Points = { ...NO_POINTS, watches: [{ ...range, on: 'write' }] };
  for (const reverse of [false, true]) {
    let mark = seen.at(reverse ? -1 : 0)?.mark as Mark;
    for (;;) {
      const { event: now } = mark;
      const event = reverse ? events.findLast((e) => e <= now) : events.find((e) => e > now);
      if (event === undefined) break;
      const met = await engine.move(mark, { kind: 'continue', reverse, points }, quiet);
      expect(met.reason).toMatchObject({ kind: 'watch', by: 'host', event });
      const expected = reverse
        ? seen.findLast((one) => one.mark.event < event)
        : seen.find((one) => one.mark.event >= event);
      // before the first of the writes there is none
      if (expected === undefined) break;
      expect(met.mark).toEqual(expected.mark);
      mark = met.mark;
    }
  }
});

test('a profile has each call with its caller, whatever ran in between', async () => {
  const { trace, target } = runOf('stacks');
  const names = FrameNames.of(trace, target.moduleId);
  const { func, parent, calls, functions, lost } = await profileRun(target, names);
  const nameOf = (node: number): string =>
    node <= 0
      ? ''
      : `${nameOf(parent[node] ?? 0)}/${functions[func[node] ?? 0]?.name ?? func[node]}`;
  const counted = new Map<string, number>();
  for (let node = 1; node < func.length; node++) {
    counted.set(nameOf(node), (calls[node] ?? 0) + (counted.get(nameOf(node)) ?? 0));
  }
  expect(lost).toBe(0);
  expect(counted.get('/handle')).toBe(4);
  expect(counted.get('/handle/down')).toBe(12);
  expect([...counted].filter(([path]) => path.endsWith('down/note')).length).toBe(4);
  const notes = [...counted].filter(([path]) => path.endsWith('/note'));
  const downs = [...counted].filter(([path]) => path.endsWith('/down'));
  const sum = (list: readonly (readonly [string, number])[]) =>
    list.reduce((total, [, count]) => total + count, 0);
  expect(sum(notes)).toBe(sum(downs));
});

test('a stop says with which event its guest was entered, where guests take turns', async () => {
  const { trace, seen } = runOf('stacks');
  const travel = openTimeTravel(trace.path);
  try {
    for (const { mark, stack } of [seen[5], seen.at(-5)] as readonly SeenMark[]) {
      expect((await travel.move(undefined, { kind: 'mark', mark })).entered).toBe(stack);
    }
  } finally {
    await travel.close();
  }
});
