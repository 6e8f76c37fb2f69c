/** Random events, written by the letter of FORMAT.md, come out of the decoder as they went in. */
import { describe, expect, test } from 'vitest';
import { ByteInput } from '../../traces/byte-input.ts';
import { ByteOutput } from '../../traces/byte-output.ts';
import { EventReader } from '../../traces/event-reader.ts';
import { writeEnter, writeLeave, writeUnwind } from '../../traces/event-writer.ts';
import type {
  CallEvent,
  CoreValue,
  Effect,
  HostReads,
  LogEvent,
  LoggedFunction,
  LoggedType,
  Place,
} from '../../traces/events.ts';
import { type Random, randomFrom } from '../wasi/random.ts';
import { lineOf } from './edit-trace.ts';
import { encodeEvents } from './encode-events.ts';

const TYPES: [LoggedType, ...LoggedType[]] = ['i32', 'i64', 'f32', 'f64'];

const I64 = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  (1n << 31n) - 1n,
  1n << 32n,
  (1n << 35n) - 1n,
  (1n << 63n) - 1n,
  -(1n << 63n),
];
const I32 = [0, 1, -1, 127, 128, 16383, 16384, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1, -(2 ** 31)];
const F64 = [0, -0, 1.5, -1e300, Number.MIN_VALUE, Number.NaN, Number.POSITIVE_INFINITY];

function someValue(random: Random, type: LoggedType): CoreValue {
  const any = <T>(values: readonly T[]): T => values[random.below(values.length)] as T;
  if (type === 'i32') return any(I32);
  if (type === 'i64') return any(I64);
  return type === 'f64' ? any(F64) : Math.fround(Number(any(F64)));
}

function functionsFrom(random: Random): LoggedFunction[] {
  return Array.from({ length: 40 }, (_, id) => {
    const types = (limit: number) =>
      Array.from({ length: random.below(limit) }, () => random.pick(TYPES));
    return {
      id: id * 9,
      direction: id % 2 ? 'import' : 'export',
      module: id % 2 ? 'm' : '',
      name: `f${id}`,
      params: types(10),
      results: types(3),
    };
  });
}

function readsFrom(random: Random): HostReads {
  const places = Array.from({ length: random.below(4) }, (): Place => {
    const param = random.below(16);
    return random.pick<Place>([
      { form: 'absolute', address: random.below(2 ** 31) * 2, length: random.below(1e6) },
      { form: 'pointer', param, length: random.below(2 ** 31) * 48 },
      { form: 'vector', param },
      { form: 'gather', param },
    ]);
  });
  if (places.length === 0) return { places, length: 0, kept: new Uint8Array(0), hash: undefined };
  const kept = random.bytes(random.below(random.below(30) === 0 ? 300_000 : 200));
  const cut = random.below(2) === 0;
  return {
    places,
    length: kept.length + (cut ? 1 + random.below(2 ** 31) : 0),
    kept,
    hash: cut ? BigInt.asUintN(64, someValue(random, 'i64') as bigint) : undefined,
  };
}

function effectFrom(random: Random): Effect {
  const bytes = random.bytes(random.below(random.below(30) === 0 ? 300_000 : 100));
  const form = random.pick(['absolute', 'pointer', 'vector'] as const);
  const param = form === 'absolute' ? -1 : random.below(16);
  const address = form === 'absolute' ? random.below(2 ** 31) * 2 : 0;
  return { form, param, address, length: bytes.length, bytes };
}

function eventsFrom(random: Random, functions: LoggedFunction[], count: number): LogEvent[] {
  const events: LogEvent[] = [];
  for (let number = 0, clock = 0; number < count; number++) {
    const event = eventFrom(random, functions, number, clock);
    events.push(event);
    clock = event.startNs + (event.kind === 'call' ? event.durationNs : 0);
  }
  return events;
}

function eventFrom(
  random: Random,
  functions: LoggedFunction[],
  number: number,
  clock: number,
): LogEvent {
  const startNs = clock + random.below(random.pick([2, 1000, 2 ** 31])) * random.pick([1, 1000]);
  const pages = random.pick([0, 1, 127, 128, 65536]);
  const kind = random.pick(['call', 'call', 'call', 'open', 'enter', 'leave', 'unwind'] as const);
  const func = functions[2 * random.below(20) + (kind === 'enter' ? 0 : 1)] as LoggedFunction;
  const args = func.params.map((type) => someValue(random, type));
  const opened = random.below(number + 2) - 1;
  const hostReads = readsFrom(random);
  const asked = {
    name: func.name,
    args,
    hostReads,
    reads: hostReads.kept,
    readLength: hostReads.length,
  };
  const base = { number, startNs, pages };
  switch (kind) {
    case 'call': {
      const durationNs = random.below(random.pick([1, 2 ** 20, 2 ** 31]) + 1);
      const results = func.results.map((type) => someValue(random, type));
      const result = typeof results[0] === 'number' ? results[0] : undefined;
      const effects = Array.from({ length: random.below(4) }, () => effectFrom(random));
      return {
        kind,
        ...base,
        ...asked,
        func,
        durationNs,
        result,
        results,
        effects,
      } satisfies CallEvent;
    }
    case 'open':
      return { kind, ...base, ...asked, func, result: undefined, effects: [] };
    case 'enter':
      return { kind, ...base, func, args };
    case 'leave':
      return {
        kind,
        ...base,
        opened,
        results: [someValue(random, 'i64'), someValue(random, 'f64')],
      };
    case 'unwind':
      return { kind, ...base, opened, reason: `{"kind":"failed","message":"ü ${number}"}` };
  }
}

describe('a thousand random events', () => {
  test.each([1, 2, 3])(
    'seed %i: in one segment, and cut into segments anywhere between records',
    (seed) => {
      const random = randomFrom(seed);
      const functions = functionsFrom(random);
      const dictionary = new Map(functions.map((func) => [func.id, func]));
      const events = eventsFrom(random, functions, 330);

      const reader = new EventReader(dictionary, 0, 0);
      reader.feed(encodeEvents(events), 1);
      for (const event of events) expect(sorted(reader.next())).toBe(sorted(event));
      expect(reader.next()).toBeUndefined();

      // each segment on its own, from the number and the time at which it begins
      for (let from = 0; from < events.length; ) {
        const to = from + 1 + random.below(50);
        const before = events[from - 1];
        const clock = (before?.startNs ?? 0) + (before?.kind === 'call' ? before.durationNs : 0);
        const part = new EventReader(dictionary, from, clock);
        part.feed(encodeEvents(events.slice(from, to), clock), 1);
        for (const event of events.slice(from, to)) expect(sorted(part.next())).toBe(sorted(event));
        from = to;
      }
    },
  );
});

/** A line that does not depend on the order of fields. */
function sorted(event: LogEvent | undefined): string {
  return event === undefined
    ? ''
    : lineOf(Object.fromEntries(Object.entries(event).sort()) as unknown as LogEvent);
}

describe('the recorder writes the other events as it is read', () => {
  const random = randomFrom(9);
  const functions = functionsFrom(random);
  const dictionary = new Map(functions.map((func) => [func.id, func]));

  test('enter, leave and unwind', () => {
    for (const func of functions.filter(({ direction }) => direction === 'export')) {
      const out = new ByteOutput(new Uint8Array(1000));
      const args = func.params.map((type) => someValue(random, type));
      const results = func.results.map((type) => someValue(random, type));
      writeEnter(out, func, 5, args, 300);
      writeLeave(out, 1, 6, 301, func.results, results);
      writeUnwind(out, 3, 7, 302, '{"kind":"exit","code":0}');
      const reader = new EventReader(dictionary, 0, 100);
      reader.feed(out.bytes.subarray(0, out.at), 1);
      expect(reader.next()).toEqual({
        kind: 'enter',
        number: 0,
        func,
        startNs: 105,
        args,
        pages: 300,
      });
      expect(reader.next()).toEqual({
        kind: 'leave',
        number: 1,
        opened: 0,
        startNs: 111,
        results,
        pages: 301,
      });
      expect(reader.next()).toMatchObject({
        kind: 'unwind',
        number: 2,
        opened: -1,
        startNs: 118,
        pages: 302,
      });
      expect(reader.next()).toBeUndefined();
    }
  });
});

describe('numbers', () => {
  const output = () => new ByteOutput(new Uint8Array(32));

  test('up to 2^53 - 1', () => {
    for (let bits = 0; bits <= 53; bits++) {
      for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) {
        if (value > Number.MAX_SAFE_INTEGER) continue;
        const out = output();
        out.varint(value);
        const input = new ByteInput(out.bytes.subarray(0, out.at));
        expect(input.varint()).toBe(value);
        expect(input.at).toBe(out.at);
        expect(out.at).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
      }
    }
  });

  test('of 64 bits, signed', () => {
    for (let bits = 0n; bits < 64n; bits++) {
      for (const value of [(1n << bits) - 1n, 1n << bits, -(1n << bits), ~(1n << bits)]) {
        const signed = BigInt.asIntN(64, value);
        const out = output();
        out.varint64(signed);
        const input = new ByteInput(out.bytes.subarray(0, out.at));
        expect(input.varint64()).toBe(signed);
        expect(input.at).toBe(out.at);
      }
    }
  });

  test('a read beyond the end gives zeros, and says so', () => {
    const input = new ByteInput(new Uint8Array(0));
    expect(input.overrun()).toBe(false);
    expect([input.byte(), input.varint(), input.u64(), input.value('f64')]).toEqual([0, 0, 0n, 0]);
    expect(input.take(1e15).length).toBe(0);
    expect(input.text()).toBe('');
    expect(input.overrun()).toBe(true);
  });
});
