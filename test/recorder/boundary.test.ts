/**
 * What a guest asked and what it was answered, from the boundary through the ring to the decoder: the
 * same comes out that went in. The host is a fake that writes what the test wants; the ring is drained in
 * the same thread.
 */
import { describe, expect, test } from 'vitest';
import { Boundary } from '../../recorder/boundary.ts';
import type { Host } from '../../recorder/hosts/host.ts';
import { systemTime } from '../../recorder/hosts/system-time.ts';
import { createRing, RING_CAPACITY, RingReader, RingWriter } from '../../recorder/ring.ts';
import { EventReader } from '../../traces/event-reader.ts';
import type { CallEvent, CoreValue, LogEvent, LoggedFunction } from '../../traces/events.ts';
import { INLINE_LIMIT } from '../../traces/record-kinds.ts';
import type { RecordedCall, WriteRule } from '../../wasi/call.ts';
import { PREVIEW1, PREVIEW1_MODULE, type Preview1Function } from '../../wasi/preview1.ts';
import { memoryHasher } from '../../wasm/xxh64.ts';
import { cpuMs } from '../cpu-time.ts';
import { u32 } from '../wasi/bytes.ts';
import { type Random, randomFrom } from '../wasi/random.ts';
import { SAMPLE_CALLS, type SampleCall } from '../wasi/sample-calls.ts';

const PAGES = 128;

/** The dictionary of a guest that imports everything. */
const FUNCTIONS = new Map<number, LoggedFunction>(
  [...PREVIEW1.values()].map(({ name, params, result }, id) => [
    id,
    {
      id,
      direction: 'import',
      module: PREVIEW1_MODULE,
      name,
      params: params.map(({ core }) => core),
      results: result === 'noreturn' ? [] : ['i32'],
    },
  ]),
);
const byName = new Map([...FUNCTIONS.values()].map((func) => [func.name, func]));

class Rig {
  readonly memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES + 8 });
  readonly boundary: Boundary;
  private readonly reader: RingReader;
  private readonly decoder = new EventReader(FUNCTIONS, 0, 0);
  readonly sizes = { args: { count: 0, bytes: 0 }, environ: { count: 0, bytes: 0 } };
  /** Answers whatever is called. */
  answer: (args: readonly CoreValue[]) => number = () => 0;
  largestRecord = 0;

  constructor(payload: number, paranoid = true) {
    const shared = createRing();
    this.reader = new RingReader(shared);
    const host: Host = {
      functions: new Map(),
      sizes: this.sizes,
      time: systemTime,
      bind: () => {},
    };
    this.boundary = new Boundary({ ring: new RingWriter(shared), host, payload, paranoid });
    this.boundary.bind(this.memory);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /** Calls a function as a guest would. @returns its result; undefined where it ended the guest */
  call(name: string, args: readonly CoreValue[]): number | undefined {
    const func = byName.get(name);
    const rules = PREVIEW1.get(name);
    if (func === undefined || rules === undefined) throw new Error(`no ${name}`);
    const { reads, writes } = rules;
    const host =
      rules.result === 'noreturn' ? undefined : (...given: CoreValue[]) => this.answer(given);
    const imported = this.boundary.wrap({ func, reads, writes, host });
    try {
      return imported(...args);
    } catch (thrown) {
      if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown;
      return undefined;
    }
  }

  /** The events since the last time, decoded. */
  take(): LogEvent[] {
    const events: LogEvent[] = [];
    this.reader.drain((bytes) => {
      // the ring is written over: what outlives it is a copy, as it is in the supervisor
      this.decoder.feed(bytes.slice(), 1);
      for (let event = this.decoder.next(); event !== undefined; event = this.decoder.next()) {
        events.push(event);
      }
    });
    return events;
  }

  takeCall(): CallEvent {
    const [event, ...more] = this.take();
    expect(more).toEqual([]);
    if (event?.kind !== 'call') throw new Error(`no call, but ${event?.kind}`);
    return event;
  }
}

const u32At = (memory: Uint8Array, at: number): number =>
  new DataView(memory.buffer, memory.byteOffset).getUint32(at, true);

/** The buffers of the vector at a pointer, as a host sees them. */
function buffersAt(memory: Uint8Array, pointer: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [
    u32At(memory, pointer + 8 * i),
    u32At(memory, pointer + 8 * i + 4),
  ]);
}

/** Lays into memory what the host is to read. @returns whether it all fits */
function layReads(memory: Uint8Array, rules: Preview1Function, call: RecordedCall): boolean {
  let at = 0;
  const lay = (address: number, length: number): boolean => {
    const part = call.reads.subarray(at, at + length);
    at += length;
    if (address + length > memory.length) return false;
    memory.set(part, address);
    return true;
  };
  for (const rule of rules.reads) {
    const pointer = Number(call.args[rule.pointer]) >>> 0;
    if (rule.kind === 'bytes') {
      if (!lay(pointer, (Number(call.args[rule.length]) >>> 0) * rule.unit)) return false;
      continue;
    }
    const count = Number(call.args[rule.pointer + 1]) >>> 0;
    if (!lay(pointer, 8 * count)) return false;
    if (!rule.contents) continue;
    for (const [address, length] of buffersAt(memory, pointer, count)) {
      if (!lay(address, length)) return false;
    }
  }
  return true;
}

/** Writes effects where a host would; false where they do not fit. */
function writeEffects(memory: Uint8Array, rules: Preview1Function, call: RecordedCall): boolean {
  const effects = [...call.effects];
  // the buffers before anything is written over their list
  const planned = rules.writes.flatMap((rule): [number, Uint8Array][] =>
    targets(memory, rule, call).flatMap((ranges) => {
      const { bytes = new Uint8Array(0) } = effects.shift() ?? {};
      let at = 0;
      return ranges.map(([address, length]): [number, Uint8Array] => {
        const part = bytes.subarray(at, at + length);
        at += part.length;
        return [address, part];
      });
    }),
  );
  if (planned.some(([address, bytes]) => address + bytes.length > memory.length)) return false;
  for (const [address, bytes] of planned) memory.set(bytes, address);
  return true;
}

/** Per effect of a rule, the ranges that it fills. */
function targets(memory: Uint8Array, rule: WriteRule, call: RecordedCall): [number, number][][] {
  const pointer = Number(call.args[rule.pointer]) >>> 0;
  if (rule.kind === 'scatter') {
    return [buffersAt(memory, pointer, Number(call.args[rule.pointer + 1]) >>> 0)];
  }
  const whole = [[pointer, Number.POSITIVE_INFINITY]] as [number, number][];
  if (rule.kind !== 'strings') return [whole];
  return [whole, [[Number(call.args[rule.pointer + 1]) >>> 0, Number.POSITIVE_INFINITY]]];
}

describe('every sample call comes out as it went in', () => {
  const inMemory = ({ call }: SampleCall): boolean => {
    const rules = PREVIEW1.get(call.name);
    if (rules === undefined || call.readLength !== call.reads.length) return false;
    const memory = new Uint8Array(PAGES * 65536);
    return layReads(memory, rules, call) && writeEffects(memory, rules, call);
  };
  const samples = SAMPLE_CALLS.filter(inMemory).map((one, i) => ({
    ...one,
    i,
    name: one.call.name,
  }));

  test('most of them fit into a memory', () => {
    expect(samples.length).toBeGreaterThan(130);
    expect(new Set(samples.map(({ name }) => name)).size).toBe(46);
  });

  test.each(samples)('$i $name: $about', ({ call }) => {
    const rules = PREVIEW1.get(call.name) as Preview1Function;
    const rig = new Rig(Number.POSITIVE_INFINITY);
    layReads(rig.bytes, rules, call);
    for (const rule of rules.writes) {
      if (rule.kind !== 'strings') continue;
      const [table, text] = call.effects;
      rig.sizes[rule.of] = {
        count: (table?.bytes.length ?? 0) / 4,
        bytes: text?.bytes.length ?? 0,
      };
    }
    rig.answer = (args) => {
      expect(args).toEqual(call.args);
      if (call.result === 0) writeEffects(rig.bytes, rules, call);
      return call.result ?? 0;
    };
    expect(rig.call(call.name, call.args)).toBe(call.result);
    const [event, ...more] = rig.take();
    expect(more).toEqual([]);
    if (event?.kind !== 'call' && event?.kind !== 'open') throw new Error('no call');
    expect(event).toMatchObject({
      kind: rules.result === 'noreturn' ? 'open' : 'call',
      name: call.name,
      args: call.args,
      result: call.result,
      pages: PAGES,
      readLength: call.readLength,
    });
    expect(Buffer.from(event.reads).equals(call.reads)).toBe(true);
    expect(
      event.effects.map(({ param, bytes }) => [param, Buffer.from(bytes).toString('hex')]),
    ).toEqual(call.effects.map(({ param, bytes }) => [param, Buffer.from(bytes).toString('hex')]));
  });
});

describe('random reads and writes of up to 400 KiB in up to 40 buffers', () => {
  const lengths = [0, 1, 7, 100, 4096, 20_000, INLINE_LIMIT - 1, INLINE_LIMIT, INLINE_LIMIT + 1];

  /** A vector at 4096 whose buffers lie apart; their total. */
  function layVector(random: Random, memory: Uint8Array): { count: number; total: number } {
    const count = random.below(random.pick([1, 2, 5, 40]) + 1);
    let address = 65536;
    for (let i = 0; i < count; i++) {
      const length =
        random.below(10) === 0
          ? random.pick([lengths[0] ?? 0, ...lengths])
          : random.below(random.pick([10, 300, 9000]));
      memory.set(u32(address, length), 4096 + 8 * i);
      address += length + random.below(50);
    }
    return {
      count,
      total: buffersAt(memory, 4096, count).reduce((sum, [, size]) => sum + size, 0),
    };
  }

  const gathered = (memory: Uint8Array, count: number): Buffer =>
    Buffer.concat(buffersAt(memory, 4096, count).map(([at, size]) => memory.slice(at, at + size)));

  test.each([
    [1, 0],
    [2, 10],
    [3, 4096],
    [4, 200_000],
    [5, Number.POSITIVE_INFINITY],
  ])('seed %i, payload %d', (seed, payload) => {
    const random = randomFrom(seed);
    const rig = new Rig(payload, false);
    const hasher = memoryHasher(rig.memory);
    let bytesLogged = 0;
    for (let i = 0; i < 300; i++) {
      const memory = rig.bytes;
      const { count, total } = layVector(random, memory);
      // a run of new bytes somewhere, so that no two calls are the same
      memory.set(random.bytes(200), 65536 + random.below(300_000));
      const list = memory.slice(4096, 4096 + 8 * count);
      if (random.below(2) === 0) {
        const expected = Buffer.concat([list, gathered(memory, count)]);
        let hash = hasher(4096, 8 * count);
        for (const [at, size] of buffersAt(memory, 4096, count)) hash = hasher(at, size, hash);
        rig.answer = () => {
          memory.set(u32(total), 2048);
          return 0;
        };
        rig.call('fd_write', [1, 4096, count, 2048]);
        const { hostReads, effects, number } = rig.takeCall();
        expect(number).toBe(i);
        // the list is kept whatever the payload is, up to 4096 bytes
        const kept = Math.min(expected.length, Math.max(payload, Math.min(list.length, 4096)));
        expect(hostReads.length).toBe(expected.length);
        expect(Buffer.from(hostReads.kept).equals(expected.subarray(0, kept))).toBe(true);
        expect(hostReads.hash).toBe(kept < expected.length ? hash : undefined);
        expect(effects).toMatchObject([{ form: 'pointer', param: 3, length: 4 }]);
        bytesLogged += kept;
      } else {
        const read = random.below(total + 1);
        const content = Buffer.alloc(read, random.bytes(97));
        rig.answer = () => {
          let at = 0;
          for (const [address, size] of buffersAt(memory, 4096, count)) {
            memory.set(content.subarray(at, Math.min(at + size, read)), address);
            at = Math.min(at + size, read);
          }
          memory.set(u32(read), 2048);
          return 0;
        };
        rig.call('fd_read', [0, 4096, count, 2048]);
        const { effects, hostReads, number } = rig.takeCall();
        expect(number).toBe(i);
        expect(Buffer.from(hostReads.kept).equals(list.subarray(0, 4096))).toBe(true);
        expect(effects.map(({ form, param, length }) => [form, param, length])).toEqual([
          ['vector', 1, read],
          ['pointer', 3, 4],
        ]);
        // what the host wrote is complete whatever the payload is
        expect(Buffer.from(effects[0]?.bytes ?? []).equals(content)).toBe(true);
        bytesLogged += read;
      }
    }
    // the ring has been wrapped around
    if (payload > 4096) expect(bytesLogged).toBeGreaterThan(RING_CAPACITY);
  });
});

describe('a call', () => {
  test('that is one byte too large for its event goes into parts, of any number', () => {
    const rig = new Rig(Number.POSITIVE_INFINITY);
    for (const length of [INLINE_LIMIT, INLINE_LIMIT + 1, 3 * INLINE_LIMIT, 7_000_000]) {
      const content = Buffer.alloc(length, randomFrom(length).bytes(251));
      rig.answer = () => {
        rig.bytes.set(content, 100_000);
        return 0;
      };
      // more than the ring holds must be drained meanwhile: stay below that
      if (length < RING_CAPACITY) {
        rig.call('random_get', [100_000, length]);
        const [effect] = rig.takeCall().effects;
        expect(effect?.length).toBe(length);
        expect(Buffer.from(effect?.bytes ?? []).equals(content.subarray(0, 1 << 20))).toBe(true);
      }
    }
  });

  test('is cut at the end of memory, not beyond', () => {
    const rig = new Rig(4096);
    const size = rig.bytes.length;
    rig.answer = () => 0;
    rig.call('random_get', [size - 10, 100]);
    expect(rig.takeCall().effects).toMatchObject([{ length: 10 }]);
    rig.call('random_get', [size, 100]);
    expect(rig.takeCall().effects).toMatchObject([{ length: 0 }]);
    rig.call('random_get', [-1, -1]);
    expect(rig.takeCall().effects).toMatchObject([{ length: 0 }]);
    rig.bytes.set(u32(size - 4, 100, -1 >>> 0, 100, 0, 0xffff_ffff), 4096);
    rig.call('fd_write', [1, 4096, 3, 2048]);
    expect(rig.takeCall().readLength).toBe(24 + 4 + 0 + size);
  });

  test('that lists 2^32 - 1 buffers, or the whole memory 65536 times, ends soon', () => {
    const rig = new Rig(4096, false);
    const began = cpuMs();
    rig.call('fd_write', [1, 0, -1, 2048]);
    for (let i = 0; i < 65536; i++) rig.bytes.set(u32(0, rig.bytes.length), 8 * i);
    rig.call('fd_write', [1, 0, 65536, 2048]);
    expect(rig.take().map(({ kind }) => kind)).toEqual(['call', 'call']);
    expect(cpuMs() - began).toBeLessThan(20_000);
  });

  test('that fails has no effects, whatever it wrote', () => {
    const rig = new Rig(4096, false);
    rig.answer = () => 28;
    rig.call('clock_time_get', [0, 0n, 4096]);
    expect(rig.takeCall()).toMatchObject({ result: 28, effects: [] });
  });

  test('finds the memory that has grown since', () => {
    const rig = new Rig(4096);
    rig.call('sched_yield', []);
    rig.memory.grow(2);
    rig.answer = () => {
      rig.bytes.set([1, 2, 3, 4], rig.bytes.length - 4);
      return 0;
    };
    rig.call('random_get', [PAGES * 65536 + 131072 - 4, 4]);
    expect(rig.take()).toMatchObject([
      { pages: PAGES },
      { pages: PAGES + 2, effects: [{ length: 4, bytes: Uint8Array.of(1, 2, 3, 4) }] },
    ]);
  });

  test('of which the host wrote elsewhere does not return, and says where', () => {
    const rig = new Rig(4096);
    rig.answer = () => {
      rig.bytes.set(u32(1, 2), 4096);
      rig.bytes.set([9, 9], 5000);
      return 0;
    };
    expect(rig.call('clock_time_get', [0, 0n, 4096])).toBeUndefined();
    expect(rig.boundary.ending).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/clock_time_get .* 2 bytes from address 0x1388/),
    });
    // it stands in the log as one that did not return: a replay ends in it
    expect(rig.take()).toMatchObject([{ kind: 'open', name: 'clock_time_get' }]);
  });

  test('in which the host throws does not return either', () => {
    const rig = new Rig(4096);
    rig.answer = () => {
      throw new TypeError('the host is ill');
    };
    expect(rig.call('sched_yield', [])).toBeUndefined();
    expect(rig.boundary.ending).toMatchObject({
      kind: 'failed',
      message: 'the host failed in sched_yield: the host is ill',
    });
    expect(rig.take()).toMatchObject([{ kind: 'open', name: 'sched_yield' }]);
  });

  test('after an exit is not made', () => {
    const rig = new Rig(4096);
    rig.call('proc_exit', [-1]);
    expect(rig.boundary.ending).toEqual({ kind: 'exit', code: 0xffff_ffff });
    rig.answer = () => {
      throw new Error('asked after the exit');
    };
    expect(rig.call('sched_yield', [])).toBeUndefined();
    expect(rig.take()).toMatchObject([{ kind: 'open', name: 'proc_exit', args: [-1] }]);
  });
});
