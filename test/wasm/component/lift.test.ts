/** Values of components out of core values and memory, by the canonical ABI. */
import { describe, expect, test } from 'vitest';
import { formatWitValue } from '../../../wasi/component/value-text.ts';
import type { CoreNumber } from '../../../wasm/component/flat-values.ts';
import { Lifter } from '../../../wasm/component/lifter.ts';
import { PieceMemory, WrittenMemory } from '../../../wasm/component/pieces.ts';
import type {
  StringEncoding,
  TypeRef,
  WitFunction,
  WitType,
} from '../../../wasm/component/types.ts';
import type { WitValue } from '../../../wasm/component/value.ts';
import { randomFrom } from '../../wasi/random.ts';

const TEXT = {
  maxText: 32,
  maxItems: 8,
  label: () => undefined,
  resourceName: (resource: number) => ['descriptor', 'pollable'][resource] ?? '',
};

/** Each may name those before it. */
const TYPES: readonly WitType[] = [
  /* 0 */ { kind: 'list', of: 'u8' },
  /* 1 */ { kind: 'list', of: 'string' },
  /* 2 */ { kind: 'enum', names: ['access', 'no-entry'] },
  /* 3 */ { kind: 'own', resource: 0 },
  /* 4 */ { kind: 'result', ok: 3, err: 2 },
  /* 5 */ {
    kind: 'record',
    fields: [
      { name: 'seconds', type: 'u64' },
      { name: 'nanos', type: 'u32' },
    ],
  },
  /* 6 */ { kind: 'option', of: 5 },
  /* 7 */ { kind: 'flags', names: ['read', 'write', 'sync'] },
  /* 8 */ { kind: 'tuple', items: [3, 'string'] },
  /* 9 */ { kind: 'list', of: 8 },
  /* 10 */ {
    kind: 'variant',
    cases: [
      { name: 'none', type: null },
      { name: 'small', type: 'f32' },
      { name: 'large', type: 'f64' },
      { name: 'text', type: 'string' },
      { name: 'count', type: 's32' },
    ],
  },
  /* 11 */ { kind: 'result', ok: 0, err: 10 },
  /* 12 */ { kind: 'list', of: 'u16', length: 3 },
  /* 13 */ { kind: 'borrow', resource: 1 },
  /* 14 */ { kind: 'flags', names: Array.from({ length: 40 }, (_, i) => `f${i}`) },
  /* 15 */ { kind: 'result', ok: null, err: null },
  /* 16 */ { kind: 'stream' },
];

function func(params: readonly TypeRef[], result: TypeRef | null = null): WitFunction {
  const named = params.map((type, i) => ({ name: `p${i}`, type }));
  return { interface: 'test:a/b', name: 'f', params: named, result };
}

function lifter(): Lifter {
  return new Lifter({ types: TYPES, resources: [], functions: [] });
}

const text = (value: WitValue | undefined) => value && formatWitValue(value, TEXT);

/** Little-endian words, then bytes. */
function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

const at = (address: number, bytes: string | Uint8Array) => ({
  address,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
});

describe('passed as core values', () => {
  test.each<[string, readonly TypeRef[], readonly CoreNumber[], readonly string[]]>([
    ['truth', ['bool', 'bool'], [0, 1], ['false', 'true']],
    [
      'small integers',
      ['u8', 's8', 'u16', 's16'],
      [511, 255, -1, 65535],
      ['255', '-1', '65535', '-1'],
    ],
    [
      'integers',
      ['u32', 's32', 'u64', 's64'],
      [-1, -1, -1n, -1n],
      ['4294967295', '-1', '18446744073709551615', '-1'],
    ],
    [
      'floats',
      ['f32', 'f64', 'f64', 'f64', 'f64'],
      [0.5, Number.NaN, 1 / 0, -1 / 0, -0],
      ['0.5', 'nan', 'inf', '-inf', '-0'],
    ],
    [
      'characters',
      ['char', 'char', 'char'],
      [0x1f600, 39, 0xd800],
      ["'😀'", "'\\''", '<unreadable>'],
    ],
    ['a string', ['string', 'bool'], [16, 5, 1], ['"he\\"y\\n"', 'true']],
    ['bytes', [0], [16, 5], ['5 bytes "he\\"y\\n"']],
    ['no bytes', [0], [0, 0], ['0 bytes']],
    ['handles', [3, 13], [7, 9], ['descriptor#7', 'pollable#9']],
    ['an enum', [2, 2], [1, 9], ['no-entry', '<unreadable>']],
    ['flags', [7, 7], [5, 0], ['{read, sync}', '{}']],
    ['many flags', [14], [1, 128], ['{f0, f39}']],
    ['a record', [5], [3n, 4], ['{seconds: 3, nanos: 4}']],
    ['options', [6, 6], [0, 0n, 0, 1, 3n, 4], ['none', 'some({seconds: 3, nanos: 4})']],
    ['results', [4, 4, 15], [0, 7, 1, 1, 1], ['ok(descriptor#7)', 'err(no-entry)', 'err']],
    // f32, f64, string and s32 share two places of types i64 and i32
    [
      'a variant',
      [10, 10],
      [1, 0x3f800000n, 0, 2, 0x3ff8000000000000n, 0],
      ['small(1)', 'large(1.5)'],
    ],
    [
      'a variant with text',
      [10, 10, 10],
      [3, 16n, 2, 4, 0xffffffffn, 0, 0, 0n, 0],
      ['text("he")', 'count(-1)', '%none'],
    ],
    ['a list of fixed length', [12], [1, 2, 65537], ['[1, 2, 1]']],
    ['a stream', [16], [3], ['stream#3']],
  ])('%s', (_, params, core, expected) => {
    const memory = new PieceMemory([at(16, 'he"y\n')]);
    const values = lifter().params(func(params), core, memory, { encoding: 'utf8' });
    expect(values.map(text)).toEqual(expected);
  });

  test('more than 16 core values lie in memory', () => {
    const params: TypeRef[] = ['u8', 'u64', ...new Array<TypeRef>(15).fill('u8'), 'string'];
    const memory = new PieceMemory([
      at(64, words(1, 0, 7, 0, 0x05040302, 0x09080706, 0x0d0c0b0a, 0x0000100f, 200, 3)),
      at(200, 'end'),
    ]);
    const values = lifter().params(func(params), [64], memory, { encoding: 'utf8' }).map(text);
    expect(values.slice(0, 4)).toEqual(['1', '7', '2', '3']);
    expect(values.at(-1)).toBe('"end"');
  });

  test.each<[StringEncoding, number, Uint8Array, string]>([
    ['utf8', 3, Buffer.from('añ'), '"añ"'],
    ['utf16', 2, Buffer.from('añ', 'utf16le'), '"añ"'],
    ['latin1+utf16', 2, Buffer.from('añ', 'latin1'), '"añ"'],
    ['latin1+utf16', 0x80000002 | 0, Buffer.from('añ', 'utf16le'), '"añ"'],
  ])('a string in %s', (encoding, length, bytes, expected) => {
    const values = lifter().params(
      func(['string']),
      [32, length],
      new PieceMemory([at(32, bytes)]),
      { encoding },
    );
    expect(values.map(text)).toEqual([expected]);
  });
});

describe('returned', () => {
  const returned = (result: TypeRef, core: readonly CoreNumber[], memory: WrittenMemory) =>
    text(lifter().result(func(['u32'], result), [1, 64], core, memory, { encoding: 'utf8' }));
  const none = new WrittenMemory([]);

  test('as a core value', () => {
    expect(returned('u64', [5n], none)).toBe('5');
    expect(returned(15, [0], none)).toBe('ok');
    expect(returned(3, [2], none)).toBe('descriptor#2');
  });

  test('in memory, where the last argument says', () => {
    // behind the alignment of f64
    const ok = [at(100, 'data'), at(64, words(0, 0, 100, 4))];
    expect(returned(11, [], new WrittenMemory(ok))).toBe('ok(4 bytes "data")');
    const err = [at(64, words(1, 0, 2, 0)), at(80, new Uint8Array(new Float64Array([2.5]).buffer))];
    expect(returned(11, [], new WrittenMemory(err))).toBe('err(large(2.5))');
    const pair = [at(200, '/'), at(100, words(5, 200, 1)), at(64, words(100, 1))];
    expect(returned(9, [], new WrittenMemory(pair))).toBe('[(descriptor#5, "/")]');
  });

  test('strings that were written over each other are those that were meant', () => {
    const memory = new WrittenMemory([
      at(200, 'first'),
      at(100, words(200, 5)),
      at(200, 'no2'),
      at(108, words(200, 3)),
      at(64, words(100, 2)),
    ]);
    expect(returned(1, [], memory)).toBe('["first", "no2"]');
  });

  test('what the trace does not hold is unreadable', () => {
    expect(returned(11, [], none)).toBe('<unreadable>');
    expect(returned(9, [], new WrittenMemory([at(64, words(100, 3))]))).toBe(
      '[(<unreadable>, <unreadable>), (<unreadable>, <unreadable>), (<unreadable>, <unreadable>)]',
    );
    const cut = new WrittenMemory([at(100, 'data'), at(64, words(0, 0, 100, 4000))]);
    expect(returned(11, [], cut)).toBe('ok(4000 bytes "data"…)');
    expect(returned(11, [], new WrittenMemory([at(64, words(0, 0, 100, 4))]))).toBe(
      'ok(4 bytes <unreadable>)',
    );
  });
});

test('whatever the bytes are, a value comes of them', () => {
  const { below: next, bytes: some } = randomFrom(7);
  for (let run = 0; run < 3000; run++) {
    const ref = next(TYPES.length);
    const core = Array.from({ length: 20 }, () =>
      next(2) === 0 ? next(2 ** 32) - 2 ** 31 : BigInt(next(2 ** 32)) * BigInt(next(2 ** 32)),
    );
    // lists of the length of all memory among them
    const memory = new WrittenMemory([
      at(0, some(256)),
      at(100, words(0, 0xffffffff, 64, 0xffffffff)),
    ]);
    for (const value of lifter().params(func([ref, 'string', ref]), core, memory, {
      encoding: 'utf8',
    })) {
      expect(text(value)).toMatch(/./s);
    }
    const result = lifter().result(func([], ref), [next(256)], core, memory, {
      encoding: 'latin1+utf16',
    });
    expect(text(result)).toMatch(/./s);
  }
});
