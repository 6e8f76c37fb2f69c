/** Profiles against a tree that hooks in JavaScript keep, each in its own way. */
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import type { Profile } from '../../../replayer/profile/messages.ts';
import { profileRun } from '../../../replayer/profile/profile.ts';
import { FrameNames } from '../../../replayer/source/frame-names.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { compileWat } from '../../guests/wat.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('profile');
afterAll(() => scratch.remove());

const profileOf = (trace: TraceReader, most?: number) =>
  profileRun(new TravelTarget(trace), new FrameNames(trace.module()), undefined, most);

async function recordWat(wat: string): Promise<TraceReader> {
  const { trace } = await scratch.record({ module: await compileWat(wat) });
  return new TraceReader(trace);
}

async function recordExample(name: string): Promise<TraceReader> {
  const example = exampleCases().find((one) => one.name === name);
  if (example === undefined) throw new Error(`no example ${name}`);
  return new TraceReader((await scratch.recordExample(example)).trace);
}

/** `main>parse 3 calls 17 ticks`, a line a path. */
function lines(profile: Profile): string[] {
  const paths: string[] = [];
  return [...profile.func.keys()]
    .map((node) => {
      const one = profile.functions[profile.func[node] as number];
      const own = one === undefined ? '' : `${one.func ?? one.name}`;
      paths[node] = node === 0 ? '' : `${paths[profile.parent[node] as number]}>${own}`;
      return `${paths[node]} ${profile.calls[node]} calls ${profile.ticks[node]} ticks`;
    })
    .sort();
}

/** The same, by the paths that a stack in JavaScript has at each entry. */
async function linesByForce(trace: TraceReader): Promise<string[]> {
  const paths = new Map([['', { calls: 0, ticks: 0 }]]);
  const open = [''];
  let last = 0;
  let tick = () => 0;
  const at = (path: string) => {
    const known = paths.get(path) ?? { calls: 0, ticks: 0 };
    paths.set(path, known);
    return known;
  };
  const pass = () => {
    at(open.at(-1) as string).ticks += tick() - last;
    last = tick();
  };
  await replayInstrumented(
    new TravelTarget(trace),
    { tick: true, frames: 'depth', calls: true },
    ({ probes }) => {
      tick = () => -Number(probes.global('ticksLeft').value);
      probes.set('entered', (func, depth) => {
        pass();
        open.length = depth;
        open.push(`${open.at(-1)}>${func}`);
        at(open.at(-1) as string).calls++;
      });
      probes.set('left', (_, depth) => {
        pass();
        open.length = depth;
      });
    },
    {
      before: (_, func) => {
        at(`${open.at(-1)}>${func.name}`).calls++;
      },
      after: () => {},
    },
  );
  pass();
  return [...paths]
    .map(([path, { calls, ticks }]) => `${path} ${calls} calls ${ticks} ticks`)
    .sort();
}

/** Recursion in two functions, a tail call, an exception over three frames, and a trap at depth. */
const WAT = `(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (tag $oops)
  (func $even (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (call $yield))))
    (call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (param i32) (result i32)
    (loop (br_if 0 (i32.eqz (local.tee 0 (i32.const 7)))))
    (return_call $even (i32.const 0)))
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $oops)))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func $catches
    (try (do (call $deep (i32.const 3))) (catch $oops))
    (drop (call $even (i32.const 1))))
  (func (export "_start") (local i32)
    (local.set 0 (i32.const 5))
    (loop
      (drop (call $even (i32.const 4)))
      (call $catches)
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (call $deep (i32.const 2))))`;

describe('the tree of calls', () => {
  test('recursion, tail calls, exceptions, the end by one', async () => {
    const trace = await recordWat(WAT);
    const profile = await profileOf(trace);
    expect(lines(profile)).toEqual(await linesByForce(trace));
    expect(profile.lost).toBe(0);
    expect(profile.func.length).toBeGreaterThan(15);
  });

  test.each(['heapsmash-O0g', 'heapsmash-O2', 'uninit-O0g', 'dirorder-O2', 'hang-ok-O0g'])(
    '%s',
    async (name) => {
      const trace = await recordExample(name);
      expect(lines(await profileOf(trace))).toEqual(await linesByForce(trace));
    },
  );

  test('time in the host is that of the recorded calls', async () => {
    const trace = await recordExample('heapsmash-O0g');
    const { hostNs } = await profileOf(trace);
    const times = [...trace.events()].map((event) =>
      event.kind === 'call' ? event.durationNs : 0,
    );
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
    expect(sum(hostNs)).toBe(sum(times));
    expect(sum(hostNs)).toBeGreaterThan(0);
  });

  test.each([1, 2, 3, 10, 17])(
    'of at most %i nodes has all ticks, and all calls are counted',
    async (most) => {
      const trace = await recordWat(WAT);
      const all = await profileOf(trace);
      const some = await profileOf(trace, most);
      const sum = (numbers: Float64Array) => numbers.reduce((a, b) => a + b, 0);
      expect(some.func.length).toBeLessThanOrEqual(most);
      expect(sum(some.ticks)).toBe(sum(all.ticks));
      expect(sum(some.calls) + some.lost).toBe(sum(all.calls));
      expect(some.lost).toBeGreaterThan(0);
    },
  );

  test('a module that makes no call at all', async () => {
    const trace = await recordWat('(module (memory (export "memory") 1) (func (export "_start")))');
    expect(lines(await profileOf(trace))).toEqual([' 0 calls 0 ticks', '>0 1 calls 1 ticks']);
  });
});
