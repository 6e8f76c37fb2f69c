/**
 * The list of writes to a range, the last one before a moment, and the first time that memory holds some bytes, against
 * all of memory as it is before every instruction. The guest writes in its start function, over itself, to memory that
 * it gets later, to the same place again after it was freed, and is written to by calls whose buffers overlap.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstSeen } from '../../../replayer/timetravel/first-seen.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import { compareMarks, type Mark } from '../../../replayer/timetravel/mark.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import { type MemoryWrite, writesTo } from '../../../replayer/timetravel/writes.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';
import { program } from '../../guests/assemble.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { randomFrom } from '../../wasi/random.ts';
import { allFunctions } from '../instrument/variants.ts';

Error.stackTraceLimit = MAX_FRAMES + 20;
const scratch = new Scratch('memory-history');
afterAll(() => scratch.remove());

const wat = program(`
  (memory (export "memory") 1 4)
  (data (i32.const 3000) "data of the module")
  (data $later "later")
  ;; two buffers of which one lies in the other, and one that they meet
  (data (i32.const 2048) "\\00\\10\\00\\00\\08\\00\\00\\00\\02\\10\\00\\00\\04\\00\\00\\00\\08\\10\\00\\00\\05\\00\\00\\00")
  (global $free (mut i32) (i32.const 0))
  (start $init)
  (func $init
    (i32.store (i32.const 3004) (i32.const 0x74726174))
    (i64.store (i32.const 65528) (i64.const 0x1122334455667788)))
  ;; blocks of 16 bytes, of which the last one that was freed is the next one
  (func $malloc (result i32) (local i32)
    (local.set 0 (global.get $free))
    (if (result i32) (local.get 0)
      (then (global.set $free (i32.load (local.get 0))) (local.get 0))
      (else (i32.store (i32.const 2100) (i32.add (i32.load (i32.const 2100)) (i32.const 16)))
        (i32.add (i32.const 5000) (i32.load (i32.const 2100))))))
  (func $release (param i32)
    (i32.store (local.get 0) (global.get $free)) (global.set $free (local.get 0)))
  (func $fill (param i32 i32) (local i32)
    (loop $l
      (i32.store8 (i32.add (local.get 0) (local.get 2)) (i32.add (local.get 1) (local.get 2)))
      (local.set 2 (i32.add (local.get 2) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get 2) (i32.const 12)))))
  (func (export "_start") (local i32 i32)
    (local.set 0 (call $malloc)) (call $fill (local.get 0) (i32.const 65))
    (local.set 1 (call $malloc)) (call $fill (local.get 1) (i32.const 97))
    (call $release (local.get 0)) (call $release (local.get 1))
    (local.set 1 (call $malloc)) (call $fill (local.get 1) (i32.const 48))
    (local.set 0 (call $malloc)) (call $fill (local.get 0) (i32.const 65))
    (memory.copy (i32.const 3002) (i32.const 3000) (i32.const 12))
    (memory.copy (i32.const 2999) (i32.const 3002) (i32.const 9))
    (drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 3) (i32.const 2080)))
    (drop (call $fd_read (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 4098)))
    (call $random_get (i32.const 4090) (i32.const 9)) drop
    (drop (memory.grow (i32.const 1)))
    (memory.init $later (i32.const 65534) (i32.const 0) (i32.const 5))
    (i32.store (i32.const 70000) (i32.const 7))
    (memory.fill (i32.const 65535) (i32.const 9) (i32.const 3))
    (memory.copy (i32.const 70001) (i32.const 65530) (i32.const 12))
    (v128.store (i32.const 69996) (v128.const i32x4 1 2 3 4))
    (i32.store (i32.const 3000) (i32.load (i32.const 3000)))
    (call $say (i32.const 4096) (i32.const 13)))`);

/** What an instruction, or the call that it makes, left different. */
interface Change {
  readonly mark: Mark;
  /** The event that passed meanwhile, if one did. */
  readonly event: number | undefined;
  readonly before: Buffer;
  readonly after: Buffer;
}

describe('a memory', () => {
  let trace: TraceReader;
  let initial = Buffer.alloc(0);
  const changes: Change[] = [];
  beforeAll(async () => {
    const guest = {
      ...{
        name: 'memory-history',
        wat,
        input: { stdin: Buffer.from('the bytes of standard input') },
      },
      expect: { ending: { kind: 'any' } },
    } as const;
    trace = new TraceReader((await scratch.recordGuest(guest)).trace);
    const steps = allFunctions(trace.module());
    const plan = { tick: true, frames: 'depth', steps } as const;
    await replayInstrumented(new TravelTarget(trace), plan, ({ probes, event, memory }) => {
      initial = Buffer.from(memory());
      let known = initial;
      let last: Mark | undefined;
      probes.global('armed').value = 0x7fffffff;
      probes.set('stop', (pc, depth) => {
        const now = Buffer.from(memory());
        const passed = event();
        if (last !== undefined && !now.equals(known)) {
          const called = passed === last.event ? undefined : passed;
          changes.push({ mark: last, event: called, before: known, after: now });
        }
        known = now;
        last = { event: passed, tick: -Number(probes.global('ticksLeft').value), depth, pc };
      });
    });
  });
  afterAll(() => trace.close());

  /** Zeros where memory does not reach yet. */
  const part = (of: Buffer, from: number, length: number) =>
    Buffer.concat([of.subarray(from, from + length)], length).toString('hex');
  const timeOf = ({ by, mark }: MemoryWrite) =>
    by === 'host' ? `host ${mark.event}` : `${mark.tick} ${mark.pc}`;

  test.each([
    [3000, 1],
    [2999, 20],
    [4096, 16],
    [4090, 8],
    [5016, 16],
    [5032, 4],
    [65_530, 12],
    [69_990, 30],
    [2080, 4],
  ])('writes to %i, %i bytes', async (address, length) => {
    const query = { address, length, keep: 1e6 };
    const { writes, total, hasData } = await writesTo(new TravelTarget(trace), query);
    expect(writes).toHaveLength(total);
    expect(hasData).toBe(initial.subarray(address, address + length).some((byte) => byte !== 0));
    // one after the other they make of the memory at the start that at the end
    let now = Buffer.from(part(initial, address, length), 'hex');
    const changed = new Set<string>();
    for (const write of writes) {
      const at = write.from - address;
      expect(part(now, at, write.before.length)).toBe(Buffer.from(write.before).toString('hex'));
      const next = Buffer.from(now);
      next.set(write.after, at);
      if (!next.equals(now)) changed.add(timeOf(write));
      now = next;
    }
    const last = changes.at(-1)?.after ?? initial;
    expect(now.toString('hex')).toBe(part(last, address, length));
    const expected = changes.filter(
      ({ before, after }) => part(before, address, length) !== part(after, address, length),
    );
    expect(changed).toEqual(
      new Set(
        expected.map(({ event, mark }) =>
          event === undefined ? `${mark.tick} ${mark.pc}` : `host ${event}`,
        ),
      ),
    );
    expect(expected.length).toBeGreaterThan(0);
    // the last one before each
    for (const { mark } of expected) {
      const found = await writesTo(new TravelTarget(trace), {
        address,
        length,
        keep: 1,
        until: mark,
      });
      const before = writes.filter((write) => compareMarks(write.mark, mark) < 0);
      expect(found.writes).toEqual(before.slice(-1));
    }
  });

  test('the first time that it holds some bytes', async () => {
    const random = randomFrom(6);
    const found = { guest: 0, host: 0, start: 0, never: 0 };
    const changed = ({ before, after }: Change) =>
      [...after.keys()].filter((at) => after[at] !== (before[at] ?? 0));
    const writing = changes.filter((change) => changed(change).length > 0);
    for (let left = 100; left > 0; left--) {
      const change = writing[random.below(writing.length)] as Change;
      const places = changed(change);
      const at = Math.max(0, (places[random.below(places.length)] ?? 0) - random.below(3));
      const bytes = Buffer.from(change.after.subarray(at, at + 1 + random.below(7)));
      if (random.below(5) === 0) bytes[0] = (bytes[0] ?? 0) ^ 0x80;
      const seen = await firstSeen(new TravelTarget(trace), bytes);
      const first = changes.find((change) => change.after.includes(bytes));
      if (initial.includes(bytes)) {
        expect(seen).toMatchObject({ by: 'start', address: initial.indexOf(bytes) });
        found.start++;
      } else if (first === undefined) {
        expect(seen).toBeUndefined();
        found.never++;
      } else {
        const { mark, event } = first;
        const by = event === undefined ? 'guest' : 'host';
        const when = by === 'guest' ? mark : { event, tick: mark.tick };
        expect(seen, bytes.toString('hex')).toMatchObject({ by, mark: when });
        expect(first.after.subarray(seen?.address).indexOf(bytes)).toBe(0);
        found[by]++;
      }
    }
    for (const count of Object.values(found)) expect(count).toBeGreaterThan(0);
  });

  test('bytes that are there when memory grows', async () => {
    const grown = changes.find(({ before, after }) => after.length > before.length) as Change;
    const bytes = Buffer.concat([grown.before.subarray(-3), Buffer.from([0])]);
    expect(grown.before.includes(bytes)).toBe(false);
    expect(await firstSeen(new TravelTarget(trace), bytes)).toEqual({
      ...{ by: 'guest', mark: grown.mark, address: grown.before.length - 3, other: undefined },
    });
  });
});

test('of two memories, the one that is exported', async () => {
  const two = `(module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory $other 1) (memory $own (export "memory") 1)
    (func (export "_start")
      (i32.store $other (i32.const 100) (i32.const 7)) (i32.store $own (i32.const 100) (i32.const 9))
      (memory.copy $other $own (i32.const 100) (i32.const 200) (i32.const 4))
      (memory.copy $own $other (i32.const 102) (i32.const 100) (i32.const 4))
      (drop (memory.grow $own (i32.const 1))) (drop (call $random (i32.const 103) (i32.const 1)))))`;
  const guest = { name: 'two-memories', wat: two, expect: { ending: { kind: 'any' } } } as const;
  const trace = new TraceReader((await scratch.recordGuest(guest)).trace);
  const target = new TravelTarget(trace);
  const { writes } = await writesTo(target, { address: 100, length: 4, keep: 9 });
  const seen = writes.map(({ by, address, length }) => [by, address, length]);
  expect(seen).toEqual([
    ['guest', 100, 4],
    ['guest', 102, 4],
    ['host', 103, 1],
  ]);
  expect(Buffer.from(writes[0]?.after ?? []).readInt32LE()).toBe(9);
  expect(await firstSeen(target, Uint8Array.of(9))).toMatchObject({ by: 'guest', address: 100 });
  trace.close();
});
