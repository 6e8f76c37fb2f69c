/** Components with clocks and random bytes that are the same in every run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { clocks, io } from '@bytecodealliance/preview2-shim';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { randomInterfaces, timedInterfaces } from '../../recorder/component/preview2-time.ts';
import { planClock } from '../../recorder/determinism.ts';
import { fixedTime } from '../../recorder/hosts/fixed-time.ts';
import { seededRandom } from '../../recorder/hosts/seeded-random.ts';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Scratch } from '../recorder/scratch.ts';

const HOUR = 3_600_000_000_000n;
const DAY = 24n * HOUR;

const FIXTURES = join(import.meta.dirname, 'fixtures');
/** Of seed 1. */
const FIRST_U64 = 0x54d3_0301_6509_41ban;

const SAME = { clock: {}, random: {} };

const scratch = new Scratch('component-determinism');
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(() => {
  process.env.XDG_CACHE_HOME = scratch.fresh();
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  scratch.remove();
});

function answers(trace: string, name: string): unknown[] {
  const reader = new TraceReader(trace);
  try {
    const sql = `select result ->> 'result' from calls where name = '${name}' order by seq`;
    return [...reader.query(sql).rows].map(([result]) => result);
  } finally {
    reader.close();
  }
}

test('waiting takes no time, and just what was asked for; it replays', async () => {
  const module = await parse(readFileSync(join(FIXTURES, 'waits.wat'), 'utf8'));
  const run = await scratch.record({ module, paranoid: true, ...SAME });
  expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
  const step = 100_000n;
  const first = DAY + 5_000_000_000n + step;
  expect(answers(run.trace, 'now')).toEqual([DAY, first, first + HOUR + step].map(String));
  expect(answers(run.trace, 'pollable.ready')).toEqual(['false', 'true']);
  expect(answers(run.trace, 'get-random-u64')).toEqual([String(FIRST_U64)]);
  expect((await replay({ trace: run.trace })).status).toBe('identical');
});

/** What clocks and random numbers said. */
function told(trace: string): unknown[] {
  const reader = new TraceReader(trace);
  try {
    const sql = `select name, result from calls where interface like 'wasi:clocks/%' or interface like 'wasi:random/%' order by seq`;
    return [...reader.query(sql).rows];
  } finally {
    reader.close();
  }
}

test('two recordings are told the same', async () => {
  const example = exampleCases().find(({ name }) => name === 'flakyparse-O0g');
  if (example === undefined) throw new Error('no example flakyparse');
  const component = { ...example, wasm: join(FIXTURES, 'flakyparse-O0g.component.wasm') };
  const record = (seed: number) =>
    scratch.recordExample(component, { ...SAME, random: { seed }, argv0: 'flakyparse.wasm' });
  const [first, second, other] = [await record(1), await record(1), await record(2)];
  // not the memory: how many bytes a read of a stream gives is the shim's affair, and its threads'
  expect(told(second.trace)).toEqual(told(first.trace));
  expect(told(other.trace)).not.toEqual(told(first.trace));
  expect(told(first.trace).length).toBeGreaterThan(1);
});

interface Pollable {
  ready(): boolean;
}

describe('a poll of the clock and of something outside', () => {
  const made = timedInterfaces(fixedTime(planClock({})), { ...io.poll });
  const { subscribeDuration, now } = made['wasi:clocks/monotonic-clock'] as {
    subscribeDuration(ns: bigint): Pollable;
    now(): bigint;
  };
  const { poll } = made['wasi:io/poll'] as { poll(list: readonly Pollable[]): Uint32Array };
  const outside = (ns: bigint) => clocks.monotonicClock.subscribeDuration(ns);

  test('ends when that is ready, and takes no time of the clock', () => {
    const before = now();
    expect([...poll([subscribeDuration(HOUR), outside(30_000_000n)])]).toEqual([1]);
    expect([...poll([outside(0n)])]).toEqual([0]);
    expect(now() - before).toBe(100_000n);
  });

  test('ends with the clock where that stays silent, after as long', () => {
    const started = performance.now();
    const before = now();
    expect([...poll([outside(HOUR), subscribeDuration(30_000_000n)])]).toEqual([1]);
    expect(now() - before).toBe(30_100_000n);
    expect(performance.now() - started).toBeGreaterThanOrEqual(29);
  });
});

test('all random numbers are of one sequence, the seed of hashing is given once', () => {
  const made = randomInterfaces(seededRandom(1));
  const { insecureSeed } = made['wasi:random/insecure-seed'] as {
    insecureSeed(): readonly [bigint, bigint];
  };
  const { getRandomBytes } = made['wasi:random/random'] as {
    getRandomBytes(length: bigint): Uint8Array;
  };
  const seed = insecureSeed();
  expect(insecureSeed()).toEqual(seed);
  expect(seed[0]).toBe(FIRST_U64);
  const all = new Uint8Array(40);
  seededRandom(1)(all, 0, 40);
  expect(getRandomBytes(24n)).toEqual(all.subarray(16));
});
