/** Recordings with clocks and random bytes that are the same in every run: what a guest sees is, too. */
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import type { RunOptions } from '../../recorder/record.ts';
import { replay } from '../../replayer/replay.ts';
import { TraceReader } from '../../traces/reader.ts';
import { data, program } from '../guests/assemble.ts';
import { guest } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('determinism');
afterAll(() => scratch.remove());

const SAME = { clock: {}, random: {} } satisfies Partial<RunOptions>;

/** It reads the time and random bytes, and how it ends depends on both. */
const flaky = exampleCases().find(({ name }) => name === 'flakyparse-O0g');
if (flaky === undefined) throw new Error('no example flakyparse');

/** All that the guest was told, and what it did. */
function told(trace: string): unknown {
  const reader = new TraceReader(trace);
  try {
    const calls = reader.query('select seq, name, args, errno, result from calls order by seq');
    // access times of files are real
    const rows = [...calls.rows].filter((row) => !String(row[1]).includes('filestat'));
    return { rows, injections: reader.meta.chaos && reader.injections() };
  } finally {
    reader.close();
  }
}

/** Sleeps an hour on each of two clocks in turn, with a reading and random bytes before; 50 times. */
const sleeper = () =>
  compileWat(
    program(`
  ${data(2048, new Uint8Array(48))}
  (func (export "_start")
    (local $left i32)
    (local.set $left (i32.const 50))
    (loop $next
      (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 4096)))
      (drop (call $random_get (i32.const 4104) (i32.const 8)))
      (call $say (i32.const 4096) (i32.const 16))
      (i32.store (i32.const 2064) (i32.and (local.get $left) (i32.const 1)))
      (i64.store (i32.const 2072) (i64.const 3600000000000))
      (drop (call $poll_oneoff (i32.const 2048) (i32.const 3000) (i32.const 1) (i32.const 4000)))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 4096)))
    (call $say (i32.const 4096) (i32.const 8)))`),
  );

test('two recordings are told the same, to the last byte; another seed is told something else', async () => {
  const first = await scratch.recordExample(flaky, SAME);
  const second = await scratch.recordExample(flaky, SAME);
  expect(second.outcome).toEqual(first.outcome);
  expect(second.finalMemory).toEqual(first.finalMemory);
  expect(told(second.trace)).toEqual(told(first.trace));
  const others = await Promise.all(
    [
      { ...SAME, random: { seed: 2 } },
      { ...SAME, clock: { startNs: 5n } },
    ].map((options) => scratch.recordExample(flaky, options)),
  );
  for (const { finalMemory } of others) expect(finalMemory).not.toEqual(first.finalMemory);
});

test('the trace says so, and replays', async () => {
  const { trace } = await scratch.recordExample(flaky, { clock: { startNs: 12n }, random: {} });
  const reader = new TraceReader(trace);
  expect(reader.meta).toMatchObject({
    clock: { startNs: '12', stepNs: 100_000 },
    random: { generator: 'xoshiro128**', seed: 1 },
  });
  reader.close();
  expect((await replay({ trace })).status).toBe('identical');
});

test('a recording without them says nothing of them', async () => {
  const reader = new TraceReader((await scratch.recordExample(flaky)).trace);
  expect(reader.meta.clock).toBeUndefined();
  expect(reader.meta.random).toBeUndefined();
  reader.close();
});

test('hours of sleep take no time, and are all there', async () => {
  const run = await scratch.record({ module: await sleeper(), ...SAME });
  expect(run.durationNs).toBeLessThan(60e9);
  expect(timeAtEnd(run) - run.stdout.readBigUInt64LE(0)).toBe(
    50n * 3_600_000_000_000n + 50n * 100_000n,
  );
});

test('a loop that waits for a second to pass ends, each reading a step nearer', async () => {
  const wat = program(`
  (func (export "_start") (local $start i64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 2048)))
    (local.set $start (i64.load (i32.const 2048)))
    (loop $again
      (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 2048)))
      (br_if $again (i64.lt_u
        (i64.sub (i64.load (i32.const 2048)) (local.get $start)) (i64.const 1000000000)))))`);
  const run = await scratch.record({ module: await compileWat(wat), ...SAME });
  expect(run).toMatchObject({ outcome: { kind: 'exit', code: 0 }, calls: 10_001 });
});

test('a wait without end stays one', async () => {
  const wat = guest('blocked-sleep').wat.replace('3600000000000', '-1');
  const options = { module: await compileWat(wat), ...SAME, timeoutMs: 500 };
  expect((await scratch.record(options)).outcome).toEqual({ kind: 'interrupted', by: 'timeout' });
});

describe('with chaos', () => {
  const chaotic = async (...faults: readonly string[]) =>
    scratch.record({ module: await sleeper(), ...SAME, chaos: { seed: 1, faults } });

  test('all of it is repeated', async () => {
    const [first, second] = [
      await chaotic('clock-jump', 'poll-delay'),
      await chaotic('clock-jump', 'poll-delay'),
    ];
    expect(first.injected?.['clock-jump']).toBeGreaterThan(5);
    expect(first.injected?.['poll-delay']).toBeGreaterThan(5);
    expect(told(second.trace)).toEqual(told(first.trace));
  });

  test('clocks jump on top of the made-up time', async () => {
    const [jumping, plain] = [await chaotic('clock-jump'), await chaotic()];
    const reader = new TraceReader(jumping.trace);
    const seconds = reader
      .injections()
      .reduce((sum, { detail }) => sum + Number(/([-+][\d.]+) s/.exec(detail)?.[1]), 0);
    reader.close();
    expect(Number(timeAtEnd(jumping) - timeAtEnd(plain)) / 1e9).toBeCloseTo(seconds, 2);
  });

  test('delays let the made-up time pass, and none of ours', async () => {
    const [delayed, plain] = [await chaotic('poll-delay'), await chaotic()];
    const reader = new TraceReader(delayed.trace);
    const ms = reader
      .injections()
      .reduce((sum, { detail }) => sum + Number(/of (\d+) ms/.exec(detail)?.[1]), 0);
    reader.close();
    expect(timeAtEnd(delayed) - timeAtEnd(plain)).toBe(BigInt(ms) * 1_000_000n);
  });
});

/** What the sleeper read last. */
function timeAtEnd({ stdout }: { readonly stdout: Buffer }): bigint {
  return stdout.readBigUInt64LE(50 * 16);
}

test.each([{ clock: {} }, { random: {} }])('the host node refuses %j', async (options) => {
  const module = await sleeper();
  await expect(scratch.record({ module, host: 'node', ...options })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining('need the host sandbox') as string,
  });
});
