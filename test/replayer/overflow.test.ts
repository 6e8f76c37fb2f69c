/** Stack overflows are replayed to the depth that was recorded, cold or warm, and can be looked at there. */
import { afterAll, describe, expect, test } from 'vitest';
import { openSession } from '../../replayer/session/session.ts';
import type { Motion } from '../../replayer/timetravel/motions.ts';
import { openTimeTravel } from '../../replayer/timetravel/time-travel.ts';
import { TraceReader } from '../../traces/reader.ts';
import { trapDepth } from '../../wasm/traps.ts';
import { program } from '../guests/assemble.ts';
import { guests } from '../guests/guests.ts';
import { Scratch } from '../recorder/scratch.ts';
import { copyTrace, putMeta } from '../traces/edit-trace.ts';
import { replayed } from './replayed.ts';

const scratch = new Scratch('overflow');
afterAll(() => scratch.remove());

/** Counts the frames that were entered at address 2048, and remembers the last parameter. */
const DIVE = `(func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $odd (param $left i32) (result i32)
    (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
    (if (result i32) (local.get $left)
      (then (i32.add (call $even (i32.sub (local.get $left) (i32.const 1))) (call $leaf (local.get $left))))
      (else (i32.const 0))))
  (func $even (param $left i32) (result i32)
    (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
    (i32.add (call $odd (local.get $left)) (i32.const 1)))`;

/** Warm, V8 has compiled it otherwise, and inlined what it can: its stack gets five times as deep. */
const WARM = `${DIVE}
  (func $_start (export "_start") (local $i i32)
    (loop $again
      (drop (call $odd (i32.const 400)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 3000))))
    (drop (call $sched_yield))
    (i32.store (i32.const 2048) (i32.const 0))
    (drop (call $odd (i32.const 100000000))))`;

/** Calls at the depth of the overflow that return, before the one that does not. */
const MANY = `(func $dive (param $left i32) (result i32)
    (if (i32.eqz (local.get $left)) (then (return (i32.const 0))))
    (i32.store (i32.const 2048) (local.get $left))
    (i32.add (call $dive (i32.sub (local.get $left) (i32.const 1))) (i32.const 1)))
  (func $_start (export "_start")
    (drop (call $dive (i32.const 2000)))
    (drop (call $dive (i32.const 3000)))
    (drop (call $dive (i32.const 100000000))))`;

async function record(wat: string, name: string) {
  const guest = { name, wat: program(wat), expect: { ending: { kind: 'any' } } } as const;
  return await scratch.recordGuest({ ...guests[0], ...guest } as (typeof guests)[number]);
}

describe.each([
  ['warm', WARM],
  ['after calls as deep', MANY],
])('%s', (name, wat) => {
  test('the replay is identical', async () => {
    const run = await record(wat, name);
    expect(run.outcome).toMatchObject({ kind: 'trap', trap: { kind: 'stack-overflow' } });
    const again = await replayed(run.trace);
    expect(again).toMatchObject({ status: 'identical', notes: [], finalMemory: run.finalMemory });
  });
});

test('what is recorded is how deep it was, and that is what the guest counted', async () => {
  const run = await record(WARM, 'depth');
  if (run.outcome.kind !== 'trap') throw new Error('no trap');
  const depth = trapDepth(run.outcome.trap) ?? 0;
  const session = await openSession(run.trace);
  try {
    await session.last();
    const { bytes } = await session.memory.read(2048, 4);
    // _start does not count, nor the one at whose entry there was no room
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)).toBe(depth - 2);
    expect(session.verified).toBe(true);
  } finally {
    await session.close();
  }
});

describe('looked at', () => {
  const traceOf = async () => (await record(MANY, 'looked at')).trace;

  test('the debugger stands at the call for which there was no room, and walks back', async () => {
    const path = await traceOf();
    const reader = new TraceReader(path);
    const { outcome, finalMemory } = reader.meta;
    reader.close();
    if (outcome?.kind !== 'trap') throw new Error('no trap');
    const depth = trapDepth(outcome.trap);
    const travel = openTimeTravel(path);
    try {
      const end = await travel.move(undefined, { kind: 'end' });
      expect(end.mark.depth).toBe(depth);
      expect(end.stack.length).toBe(200);
      const [innermost, caller] = end.stack;
      expect(innermost?.name).toBe('dive');
      expect(innermost?.locals).toEqual([Number(caller?.locals[0]) - 1]);
      const points = { breaks: [], calls: [], watches: [] };
      const step = (reverse: boolean, size: 'instruction' | 'out'): Motion => ({
        ...{ kind: 'step', size, reverse, points },
      });
      const back = await travel.move(end.mark, step(true, 'instruction'));
      expect(back.mark.depth).toBe((depth ?? 0) - 1);
      const again = await travel.move(back.mark, step(false, 'instruction'));
      expect(again.mark).toEqual(end.mark);
      // the run goes no further
      const on = await travel.move(end.mark, step(false, 'instruction'));
      expect(on).toMatchObject({ mark: end.mark, reason: { kind: 'end' } });
      const { bytes, size } = await travel.read(end.mark, 2048, 4);
      expect(size).toBe((finalMemory?.pages ?? 0) * 65536);
      const stored = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
      expect(stored).toBe(Number(caller?.locals[0]));
    } finally {
      await travel.close();
    }
  });

  test('so are the variables after the last event', async () => {
    const path = await traceOf();
    const reader = new TraceReader(path);
    const last = reader.eventCount - 1;
    reader.close();
    const travel = openTimeTravel(path);
    try {
      const frames = await travel.variables(last);
      expect(frames.map(({ name }) => name)).toEqual(Array.from({ length: 200 }, () => 'dive'));
    } finally {
      await travel.close();
    }
  });
});

test('in a call of the host: where the guest called it', async () => {
  const guest = guests.find(({ name }) => name === 'stack-overflow-with-calls');
  if (guest === undefined) throw new Error('no guest');
  const run = await scratch.recordGuest(guest);
  const again = await replayed(run.trace);
  expect(again).toMatchObject({ status: 'identical', notes: [], finalMemory: run.finalMemory });
});

test('of a trace that does not say how deep, a note says that the memory is not compared', async () => {
  const { trace, outcome } = await record(MANY, 'old');
  if (outcome.kind !== 'trap') throw new Error('no trap');
  const { depth, ...trap } = outcome.trap;
  expect(depth).toBeGreaterThan(200);
  const old = scratch.fresh('.wrr');
  copyTrace(trace, old, (db) => putMeta(db, 'outcome', { kind: 'trap', trap }));
  const again = await replayed(old);
  expect(again).toMatchObject({ status: 'identical', divergence: undefined });
  expect(again.notes).toEqual([expect.stringContaining('stack overflow')]);
});
