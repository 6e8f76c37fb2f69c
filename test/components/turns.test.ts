/**
 * Source and variables of a component whose guests wait in the middle of their calls while others run: steps by line,
 * stacks, values and their histories against a run in which every instruction was looked at.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FrameNames } from '../../replayer/source/frame-names.ts';
import { SourceLines } from '../../replayer/source/source-lines.ts';
import { framesAt } from '../../replayer/timetravel/frames-at.ts';
import type { Mark } from '../../replayer/timetravel/mark.ts';
import type { Motion, Points, StepSize } from '../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../replayer/timetravel/travel-target.ts';
import { Traveller } from '../../replayer/timetravel/traveller.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { Scratch } from '../recorder/scratch.ts';
import {
  everyInstructionOf,
  type SeenMark,
  Truth,
} from '../replayer/timetravel/every-instruction.ts';
import { contradictions, everyValue, gaps, turnsOf } from '../replayer/timetravel/every-value.ts';
import { withCoreModule } from './component-wat.ts';
import { recordServer } from './http-server.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('turns');
const NO_POINTS: Points = { breaks: [], calls: [], watches: [] };
const quiet = () => {};
const REQUESTS = 4;
/** Of guests that do not wait for each other there are {@link REQUESTS} - 1. */
const MIN_TURNS = 10;

let trace: TraceReader;
let traveller: Traveller;
let target: TravelTarget;
let names: FrameNames;
let lines: SourceLines;
let seen: readonly SeenMark[];
/** By event with which a stack began, the one with which it ended. */
const ended = new Map<number, number>();

beforeAll(async () => {
  const fixture = (file: string) => readFileSync(join(import.meta.dirname, 'fixtures', file));
  const around = await parse(fixture('turns.wat').toString());
  const component = withCoreModule(around, 1, fixture('turns-O0g.core.wasm'));
  do {
    trace?.close();
    const { trace: path } = await recordServer(scratch, component, async (client) => {
      await Promise.all(Array.from({ length: REQUESTS }, (_, i) => client.send('GET', `/${i}`)));
    });
    trace = new TraceReader(path);
    target = new TravelTarget(trace);
    seen = await everyInstructionOf(target);
    // on a busy machine a request may be over before the next one comes
  } while (turns().length <= MIN_TURNS);
  traveller = new Traveller(trace);
  names = FrameNames.of(trace, target.moduleId);
  lines = new SourceLines(names);
  for (const event of trace.events()) {
    if (event.kind === 'leave') ended.set(event.opened, event.number);
  }
});
afterAll(() => {
  trace?.close();
  scratch.remove();
});

/** Where another guest runs than before. */
function turns(): readonly SeenMark[] {
  return seen.filter(({ stack }, i) => i > 0 && seen[i - 1]?.stack !== stack);
}

test('guests take turns in the middle of their calls', () => {
  expect(new Set(seen.map(({ stack }) => stack)).size).toBe(REQUESTS);
  expect(turns().length).toBeGreaterThan(MIN_TURNS);
});

/** A spread over the run, and places around changes of stacks. */
function samples(spread: number): readonly number[] {
  const near = seen.flatMap(({ stack }, i) =>
    i > 0 && seen[i - 1]?.stack !== stack ? [i - 1, i, i + 2] : [],
  );
  const every = Math.max(1, Math.ceil(near.length / 24));
  const step = seen.length / spread;
  return [
    ...near.filter((_, k) => k % every === 0),
    ...Array.from({ length: spread }, (_, i) => Math.floor(step * (i + 0.5))),
  ];
}

function at(index: number): SeenMark {
  const one = seen[index];
  if (one === undefined) throw new Error(`no instruction ${index}`);
  return one;
}

/** What a step means to someone who sees one stack: other guests do not run for him. */
function stepped(from: number, size: StepSize, reverse: boolean): Mark | undefined {
  const { mark, stack } = at(from);
  const own = seen.flatMap((one, i) => (one.stack === stack ? [i] : []));
  const marks = own.map((i) => at(i).mark);
  const truth = new Truth(marks, lines, (pc) => names.functionAt(pc));
  const found = truth.step(own.indexOf(from), size, reverse);
  if (found !== undefined) return marks[found];
  if (reverse) {
    // before it began there is what ran last then
    return seen.findLast(
      (one) => one.mark.event < (stack ?? 0) && one.mark.depth <= limitOf(mark, size),
    )?.mark;
  }
  return seen.find(
    (one) =>
      one.mark.event >= (ended.get(stack ?? -1) ?? Number.POSITIVE_INFINITY) &&
      one.mark.depth <= limitOf(mark, size) &&
      (size === 'out' || lines.at(one.mark.pc).length > 0),
  )?.mark;
}

function limitOf({ depth }: Mark, size: StepSize): number {
  return size === 'out' ? depth - 1 : depth;
}

const SIZES: readonly StepSize[] = ['line', 'line-over', 'out'];

test.each(SIZES.flatMap((size) => [false, true].map((reverse) => ({ size, reverse }))))(
  'steps by $size, reverse $reverse',
  async ({ size, reverse }) => {
    for (const from of samples(12)) {
      const { mark } = at(from);
      const motion: Motion = { kind: 'step', size, reverse, points: NO_POINTS };
      const arrival = await traveller.move({ from: mark, motion }, quiet);
      const expected = stepped(from, size, reverse) ?? at(reverse ? 0 : seen.length - 1).mark;
      expect(arrival.mark, `from ${from}`).toEqual(expected);
    }
  },
);

describe('what a stack holds', () => {
  /** Frames, and what each says of its variables. */
  async function framesOf(mark: Mark) {
    const frames = await traveller.frames({ mark }, quiet);
    const calls = frames.map(({ name, variables: [own = []] }) => ({
      name,
      values: new Map(own.map((one) => [one.name, one.value])),
    }));
    return { frames, calls };
  }

  test('frames and their variables at a mark are those of its own guest', async () => {
    const owners = new Map<number | undefined, string>();
    let waiting = 0;
    for (const from of samples(12)) {
      const { mark, stack } = at(from);
      const { frames, calls } = await framesOf(mark);
      const byV8 = await framesAt(target, mark);
      const own = byV8.filter(({ instance }) => instance === target.instance);
      expect(frames.map(({ func }) => func)).toEqual(
        own.slice(0, mark.depth).map(({ func }) => func),
      );
      const down = calls.filter(({ name }) => name === 'down');
      // the innermost may be in its prologue, the others are at their calls
      const settled = down.filter((call) => call !== calls[0]);
      const [{ values: inner } = { values: new Map<string, string>() }] = settled;
      expect(settled.map(({ values }) => Number(values.get('depth')))).toEqual(
        settled.map((_, i) => i + Number(inner.get('depth'))),
      );
      // on the stack in memory that is its own
      for (const { values } of settled) {
        const job = values.get('job') ?? '';
        expect(owners.get(stack) ?? job, `at ${from}`).toBe(job);
        owners.set(stack, job);
        waiting++;
      }
    }
    expect(new Set(owners.values()).size).toBe(owners.size);
    expect(owners.size).toBeGreaterThan(1);
    expect(waiting).toBeGreaterThan(10);
  });
});

describe('histories', () => {
  const CASES = ['mine', 'job->sum', 'depth'];

  /** In `down`, below two calls of it, late in the run. */
  function inDown(): SeenMark {
    const found = seen.findLast(
      ({ mark }) => mark.depth > 4 && names.nameOf(names.functionAt(mark.pc))?.name === 'down',
    );
    if (found === undefined) throw new Error('no such place');
    return found;
  }

  test.each(CASES)('%s in all calls of the function', async (expression) => {
    const { mark } = inDown();
    const question = {
      ...{ mark, place: { level: 0, call: 0 }, keep: 1e3 },
      of: { kind: 'expression', expression },
      scope: 'function',
    } as const;
    const { changes, total, complete, calls } = await traveller.history(question, quiet);
    const func = names.functionAt(mark.pc);
    const truth = await everyValue(target, names, func, expression, mark);
    expect(calls).toBe(Math.max(...truth.map(({ call }) => call)));
    expect(complete).toBe(true);
    expect(total).toBe(changes.length);
    expect(contradictions(truth, changes)).toEqual([]);
    expect(gaps(changes)).toEqual([]);
    const body = lines.bodyOf(func) ?? 0;
    expect(total).toBeGreaterThanOrEqual(turnsOf(truth.filter((one) => one.mark.pc > body)));
    const marks = new Set(seen.map((one) => JSON.stringify(one.mark)));
    expect(changes.filter((one) => !marks.has(JSON.stringify(one.mark)))).toEqual([]);
    expect(total).toBeGreaterThan(4);
  });

  test.each(['mine', 'depth'])(
    '%s in one call: what all calls have of that one',
    async (expression) => {
      const { mark, stack } = inDown();
      const question = {
        ...{ mark, place: { level: 1, call: 0 }, keep: 1e3 },
        of: { kind: 'expression', expression },
      } as const;
      const one = await traveller.history(question, quiet);
      const all = await traveller.history({ ...question, scope: 'function' }, quiet);
      const truth = await everyValue(target, names, names.functionAt(mark.pc), expression, mark);
      const own = truth.findLast((at) => at.stack === stack && at.mark.depth === mark.depth - 1);
      const expected = all.changes.filter(({ activation }) => activation?.number === own?.call);
      expect(one.func).toBe('down');
      expect(one.total).toBeGreaterThan(0);
      expect(one.changes.map((change) => ({ ...change, activation: 0 }))).toEqual(
        expected.map((change) => ({ ...change, activation: 0 })),
      );
    },
  );

  test('what a pointer leads to on the stack: in the call that it belongs to', async () => {
    const { mark, stack } = inDown();
    const of = { kind: 'expression', expression: 'job->sum' } as const;
    const place = { level: 0, call: 0 };
    const { changes, func, scope, value } = await traveller.history(
      { mark, place, of, keep: 1e3 },
      quiet,
    );
    expect({ func, scope }).toEqual({ func: 'serve', scope: 'call' });
    expect(changes.at(-1)?.after).toBe(value);
    expect(gaps(changes)).toEqual([]);
    expect(changes.every(({ frame }) => frame.name === 'serve' || frame.name === 'add')).toBe(true);
    const serve = names.functionAt(changes[0]?.mark.pc ?? 0);
    const truth = await everyValue(target, names, serve, 'job.sum', mark);
    const own = truth.filter((at) => at.stack === stack);
    expect(own.length).toBeGreaterThan(50);
    expect(contradictions(own, changes)).toEqual([]);
  });

  test('a global: in the whole run, whoever wrote it', async () => {
    const { mark } = inDown();
    const of = { kind: 'expression', expression: 'latest' } as const;
    const place = { level: 0, call: 0 };
    const { changes, scope } = await traveller.history({ mark, place, of, keep: 1e3 }, quiet);
    expect(scope).toBe('run');
    expect(gaps(changes)).toEqual([]);
    const truth = await everyValue(target, names, names.functionAt(mark.pc), 'latest', mark);
    expect(contradictions(truth, changes)).toEqual([]);
    expect(changes.length).toBeGreaterThan(10);
  });
});
