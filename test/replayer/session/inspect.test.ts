/** What a session shows at an event: stack, memory, changes, files, output; each against another way to know. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Session } from '../../../replayer/session/session.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { DescriptorTable } from '../../../wasi/descriptors.ts';
import { guest } from '../../guests/guests.ts';
import { compileWat } from '../../guests/wat.ts';
import { type RecordedRun, Scratch } from '../../recorder/scratch.ts';
import { eventsOf } from '../../traces/edit-trace.ts';
import { memoriesOf } from './straight-replay.ts';
import { recordedExample, traceOfGuest } from './traces.ts';

const scratch = new Scratch('inspect');
afterAll(() => scratch.remove());

async function withSession<T>(trace: string, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(trace);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

let heapsmash: RecordedRun;
let heapsmashMemories: Uint8Array[];
let rustslice: RecordedRun;
let flakyparse: RecordedRun;

beforeAll(async () => {
  heapsmash = await recordedExample(scratch, 'heapsmash-O0g');
  heapsmashMemories = memoriesOf(heapsmash.trace).map((memory) => memory ?? new Uint8Array(0));
  rustslice = await recordedExample(scratch, 'rustslice-O2');
  // nothing of what is printed is kept but its beginning
  flakyparse = await recordedExample(scratch, 'flakyparse-O0g', { payload: 2 });
});

describe('the stack', () => {
  test('at a trap is the recorded one, with readable names', async () => {
    const { outcome } = rustslice;
    if (outcome.kind !== 'trap') throw new Error('no trap');
    await withSession(rustslice.trace, async (session) => {
      await session.gotoFailure();
      const stack = await session.stack();
      expect(stack.map(({ func, offset }) => ({ func, offset }))).toEqual(
        outcome.trap.frames.map(({ func, offset }) => ({ func, offset })),
      );
      const names = stack.map(({ name }) => name);
      expect(names).toContain('core::slice::index::slice_end_index_len_fail');
      expect(names).toContain('rustslice::main');
      expect(stack.find(({ name }) => name === 'rustslice::main')?.mangled).toMatch(
        /^_ZN9rustslice/,
      );
    });
  });

  test('in a call leads from the call to _start', async () => {
    await withSession(heapsmash.trace, async (session) => {
      const event = await session.find({ function: 'fd_read' }, 'forward');
      await session.goto(event ?? -1);
      const names = (await session.stack()).map(({ name }) => name);
      expect(names[0]).toBe('__wasi_fd_read');
      expect(names).toContain('main');
      expect(names.at(-1)).toMatch(/^_start/);
    });
  });

  test('is empty where nothing is called, and that of the exit after an exit', async () => {
    const trace = await traceOfGuest(scratch, guest('exit-deep'));
    await withSession(trace, async (session) => {
      expect(await session.stack()).toEqual([]);
      await session.goto(0);
      expect(await session.stack()).toEqual([]);
      await session.last();
      const stack = await session.stack();
      expect(stack.filter(({ name }) => name === 'dive').length).toBeGreaterThan(100);
    });
  });
});

describe('memory', () => {
  test('is cut at its end, and empty beyond', async () => {
    await withSession(heapsmash.trace, async (session) => {
      await session.last();
      const size = await session.memory.size();
      expect((await session.memory.read(size - 4, 100)).bytes).toHaveLength(4);
      expect((await session.memory.read(size + 4, 100)).bytes).toHaveLength(0);
      await expect(session.memory.read(-1, 4)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
      await expect(session.memory.read(0, 2 ** 31)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      });
    });
  });

  test('is searched for bytes, text and integers, a page of hits at a time', async () => {
    const memory = Buffer.from(heapsmashMemories.at(-1) ?? []);
    const all = (pattern: Uint8Array, align = 1) => {
      const found: number[] = [];
      for (let at = memory.indexOf(pattern); at >= 0; at = memory.indexOf(pattern, at + 1)) {
        if (at % align === 0) found.push(at);
      }
      return found;
    };
    await withSession(heapsmash.trace, async (session) => {
      await session.last();
      const { search } = session.memory;
      const at = search.bind(session.memory);
      expect((await at({ text: 'users.csv' })).addresses).toEqual(all(Buffer.from('users.csv')));
      const word = Buffer.from([0xff, 0xff, 0xff, 0xff]);
      const words = all(word, 4);
      expect((await at({ integer: -1, width: 4, aligned: true })).addresses).toEqual(words);
      expect((await at({ integer: 0x75736572, width: 4, endianness: 'big' })).addresses).toEqual(
        all(Buffer.from('user')),
      );
      const first = await at({ bytes: word }, { limit: 2 });
      expect(first.addresses).toEqual(all(word).slice(0, 2));
      const second = await at({ bytes: word }, { from: first.next ?? 0, limit: 1 });
      expect(second.addresses).toEqual(all(word).slice(2, 3));
      await expect(at({ integer: 256, width: 1 })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      });
      await expect(at({ text: '' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    });
  });

  test('differs between any two events in exactly the bytes that differ', async () => {
    const last = heapsmashMemories.length - 2;
    await withSession(heapsmash.trace, async (session) => {
      for (const [from, to] of [
        [-1, last],
        [last, 3],
        [5, 6],
        [6, 5],
        [last - 1, last],
        [4, 4],
      ] as const) {
        const before = heapsmashMemories[from + 1] ?? new Uint8Array(0);
        const after = heapsmashMemories[to + 1] ?? new Uint8Array(0);
        const diff = await session.diff(from, to, { ranges: 1e6, bytes: 1e6 });
        const patched = new Uint8Array(after.length);
        patched.set(before.subarray(0, after.length));
        for (const { address, after: bytes } of diff.ranges) patched.set(bytes, address);
        expect(Buffer.from(patched).equals(after)).toBe(true);
        let changed = Math.abs(before.length - after.length);
        for (let i = 0; i < Math.min(before.length, after.length); i++) {
          if (before[i] !== after[i]) changed++;
        }
        expect(diff.changedBytes).toBe(changed);
      }
      const bounded = await session.diff(-1, last, { ranges: 2, bytes: 1 });
      expect(bounded.ranges).toHaveLength(2);
      expect(bounded.truncated).toBe(true);
      expect(bounded.ranges.every(({ after }) => after.length === 1)).toBe(true);
    });
  });

  test('has a history that leads from its first to its last bytes, event by event', async () => {
    const last = heapsmashMemories.length - 2;
    const address = 0;
    const length = heapsmashMemories.at(-1)?.length ?? 0;
    await withSession(heapsmash.trace, async (session) => {
      const { changes, initial, truncated } = await session.memory.history(address, length);
      expect(truncated).toBe(false);
      const state = new Uint8Array(length);
      state.set(initial);
      let next = 0;
      for (let event = -1; event <= last; event++) {
        for (; changes[next]?.event === event; next++) {
          const {
            before,
            after,
            address: at,
          } = changes[next] ?? { before: [], after: [], address: 0 };
          expect([...state.subarray(at, at + before.length)]).toEqual([...before]);
          state.set(after, at);
        }
        const expected = heapsmashMemories[event + 1] ?? new Uint8Array(0);
        expect(Buffer.from(state.subarray(0, expected.length)).equals(expected)).toBe(true);
      }
      expect(next).toBe(changes.length);
      // what a read put there was put there by the host
      const read = changes.find(({ event, by }) => by === 'call' && event > 0);
      const call = eventsOf(heapsmash.trace)[read?.event ?? 0];
      expect(call).toMatchObject({ kind: 'call' });
      const few = await session.memory.history(address, length, { limit: 2 });
      expect(few).toMatchObject({ truncated: true, changes: changes.slice(-2) });
    });
  });
});

describe('globals', () => {
  test('are all seen, by name, and the replay stays the recorded run', async () => {
    await withSession(rustslice.trace, async (session) => {
      await session.first();
      const before = (await session.globals()).globals;
      await session.last();
      const { globals, hidden } = await session.globals();
      expect(hidden).toBe(0);
      expect(globals.map(({ index, name, exported }) => [index, name, exported])).toEqual([
        [0, '__stack_pointer', false],
        [1, '__heap_base', true],
        [2, '__data_end', true],
      ]);
      expect(session.verified).toBe(true);
      // it grows down
      expect(Number(globals[0]?.value)).toBeLessThan(Number(before[0]?.value));
      expect(globals[1]).toEqual(before[1]);
    });
  });

  test('of every kind', async () => {
    const module = await compileWat(`(module
      (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
      (memory (export "memory") 1)
      (global $count (mut i32) (i32.const -1)) (global $long (mut i64) (i64.const -1))
      (global $half (mut f32) (f32.const 0.5)) (global $none (mut externref) (ref.null extern))
      (global $func (mut funcref) (ref.func $f)) (global $vector v128 (v128.const i32x4 1 2 3 4))
      (global (export "wasi-rr:global:0") i32 (i32.const 5))
      (elem declare func $f) (func $f)
      (start $begin) (func $begin (global.set $count (i32.const 1)))
      (func (export "_start") (drop (call $yield))
        (global.set $count (i32.const 2)) (global.set $long (i64.const 9223372036854775807))
        (drop (call $yield)) (global.set $count (i32.const 3))))`);
    const { trace } = await scratch.record({ module });
    await withSession(trace, async (session) => {
      const values = async (event: number) => {
        await session.goto(event);
        return (await session.globals()).globals.map(({ value }) => value);
      };
      const rest = ['null', 'function 1', 'v128 or exnref: JavaScript cannot read it', 5];
      expect(await values(1)).toEqual([1, -1n, 0.5, ...rest]);
      expect(await values(2)).toEqual([2, 2n ** 63n - 1n, 0.5, ...rest]);
      expect((await values(session.lastEvent))[0]).toBe(3);
      // back again: out of a copy, or another guest
      expect((await values(1))[0]).toBe(1);
      expect(session.verified).toBe(true);
    });
  });
});

describe('from the trace, without replay', () => {
  test('the files at every event are those of the calls until then', async () => {
    const reader = new TraceReader(heapsmash.trace);
    const table = new DescriptorTable();
    await withSession(heapsmash.trace, async (session) => {
      // backwards, so that nothing is learnt in passing
      const expected = [...reader.events()].map((event) => {
        if (event.kind === 'call') table.apply(event, event.number);
        return table.entries();
      });
      for (let event = expected.length - 1; event >= 0; event--) {
        await session.goto(event);
        const files = await session.files();
        expect(files).toMatchObject(expected[event] ?? []);
        expect(files).toHaveLength(expected[event]?.length ?? -1);
      }
    });
    reader.close();
  });

  test('the output is what was printed, and says what it lacks', async () => {
    await withSession(rustslice.trace, async (session) => {
      await session.last();
      const { chunks, complete, length } = await session.output();
      const text = (stream: string) =>
        Buffer.concat(chunks.filter((one) => one.stream === stream).map(({ bytes }) => bytes));
      expect(text('stdout')).toEqual(rustslice.stdout);
      expect(text('stderr')).toEqual(rustslice.stderr);
      expect(complete).toBe(true);
      expect(length.stderr).toBe(rustslice.stderr.length);
      const cut = await session.output({ limit: 5 });
      expect(cut.complete).toBe(false);
      expect(Buffer.concat(cut.chunks.map(({ bytes }) => bytes))).toHaveLength(5);
      const [first] = chunks;
      await session.goto((first?.event ?? 0) - 1);
      expect((await session.output()).chunks).toEqual([]);
    });
  });

  test('output of which the trace kept little comes whole out of a replay', async () => {
    await withSession(flakyparse.trace, async (session) => {
      await session.last();
      const { chunks, complete } = await session.output();
      expect(complete).toBe(false);
      const whole = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
      for (const { event, stream, bytes, length } of chunks) {
        expect(bytes.length).toBeLessThan(length);
        const printed = (await session.printed(event)) ?? new Uint8Array(0);
        whole[stream] = Buffer.concat([whole[stream], printed]);
      }
      expect(whole).toEqual({ stdout: flakyparse.stdout, stderr: flakyparse.stderr });
      expect(await session.printed(0)).toBeUndefined();
    });
  });
});
