/** Components that hang: run on past the last event, sampled and paused; and in time travel, by instructions. */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, expect, test } from 'vitest';
import { openSession, type Session } from '../../replayer/session/session.ts';
import { openTimeTravel } from '../../replayer/timetravel/time-travel.ts';
import { Scratch } from '../recorder/scratch.ts';

const scratch = new Scratch('components-past');
afterAll(() => scratch.remove());

/** A loop that never ends, in a function that counts; its first number says who called. */
const HANG = `
  (func $count (local $i i32)
    (loop $more
      (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 1000)))))
  (func $hang (i32.store (i32.const 8) (i32.const 7)) (loop $for-ever (call $count) (br $for-ever)))`;

const SYNC = `(component
  (import "wasi:random/random@0.2.0" (instance $random (export "get-random-u64" (func (result u64)))))
  (core func $u64 (canon lower (func $random "get-random-u64")))
  (core module $main
    (import "host" "u64" (func $u64 (result i64)))
    (memory (export "memory") 1) ${HANG}
    (func (export "run") (result i32) (drop (call $u64)) (call $hang) (i32.const 0)))
  (core instance $main (instantiate $main (with "host" (instance (export "u64" (func $u64))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command)))`;

/** @param before what it does before it hangs */
function suspending(before: string): string {
  return `(component
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "now" (func (result u64))) (export "wait-for" (func async (param "how-long" u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core func $wait (canon lower (func $clock "wait-for")))
  (core module $main
    (import "host" "now" (func $now (result i64)))
    (import "host" "wait" (func $wait (param i64)))
    (memory (export "memory") 1) ${HANG}
    (func (export "run") ${before} (call $hang)))
  (core instance $main (instantiate $main (with "host" (instance
    (export "now" (func $now)) (export "wait" (func $wait))))))
  (func $run async (result (result)) (canon lift (core func $main "run") async))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $command)))`;
}

/** Interrupted in the loop. @param events that a run has until then */
async function hung(text: string, events: number): Promise<string> {
  const module = await parse(text);
  for (let timeoutMs = 1000; ; timeoutMs *= 2) {
    const run = await scratch.record({ module, timeoutMs });
    if (run.events >= events) return run.trace;
  }
}

async function withSession(trace: string, work: (session: Session) => Promise<void>) {
  const session = await openSession(trace);
  try {
    await session.last();
    await work(session);
  } finally {
    await session.close();
  }
}

/** Lets it run on; on a busy machine a guest may get no time at all in a slice. */
async function sampledSlice(session: Session) {
  for (;;) {
    const stop = await session.continuePast(50);
    if (stop.samples > 0) return stop;
  }
}

test.each([
  ['that cannot suspend', SYNC, 3],
  ['that could suspend, and has not', suspending('(drop (call $now))'), 3],
])('a guest %s is paused in its loop, and sampled', async (_, text, events) => {
  await withSession(await hung(text, events), async (session) => {
    const stop = await sampledSlice(session);
    expect(stop.state).toBe('paused');
    expect(stop.stack.at(-1)).toMatchObject({ name: 'run', instance: { id: 0, name: 'main' } });
    expect(stop.stack.map(({ name }) => name)).toContain('hang');
    expect(['count', 'hang']).toContain(stop.hottest[0]?.frame.name);
    expect(stop.hottest[0]?.frame.instance?.name).toBe('main');
    expect([...(await session.readPast(8, 1)).bytes]).toEqual([7]);
  });
});

test('one that has waited is refused by name, and looked into by time travel', async () => {
  const trace = await hung(suspending('(call $wait (i64.const 1000))'), 5);
  await withSession(trace, async (session) => {
    await expect(session.continuePast(10)).rejects.toMatchObject({
      code: 'REPLAY_FAILED',
      message: expect.stringContaining('had waited for its host'),
    });
  });
  const travel = openTimeTravel(trace);
  try {
    const points = { breaks: [], calls: [], watches: [] };
    const end = await travel.move(undefined, { kind: 'end' });
    expect(end.stack.map(({ name }) => name)).toEqual(['run']);
    const on = await travel.move(end.mark, { kind: 'continue', reverse: false, points });
    expect(on.reason).toEqual({ kind: 'beyond' });
    expect(on.mark.tick).toBeGreaterThan(end.mark.tick);
    expect(on.stack.at(-1)?.name).toBe('run');
    expect(on.stack.map(({ name }) => name)).toContain('hang');
    const step = { kind: 'step', size: 'instruction', points } as const;
    const next = await travel.move(on.mark, { ...step, reverse: false });
    const back = await travel.move(next.mark, { ...step, reverse: true });
    expect(back.mark).toEqual(on.mark);
    expect([...(await travel.read(on.mark, 8, 1)).bytes]).toEqual([7]);
  } finally {
    await travel.close();
  }
});
