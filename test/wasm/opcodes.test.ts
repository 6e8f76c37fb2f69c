/**
 * The table against V8: behind `unreachable` every instruction of the table is valid with its immediates,
 * and no code that the table leaves out is.
 */
import { describe, expect, test } from 'vitest';
import { type Immediate, OPCODES, type Opcode, opcodeOf, PREFIX } from '../../wasm/opcodes.ts';

const BLOCKS = new Set(['block', 'loop', 'if', 'try', 'try_table']);

// Types: 0 () -> (), 1 struct (i8 mut), 2 array (i8 mut), 3 array (funcref mut), 4 struct (i32 mut)
const TYPES = [5, 0x60, 0, 0, 0x5f, 1, 0x78, 1, 0x5e, 0x78, 1, 0x5e, 0x70, 1, 0x5f, 1, 0x7f, 1];

const DEFAULTS: Readonly<Record<Immediate, readonly number[]>> = {
  type: [0],
  func: [0],
  table: [0],
  memory: [0],
  global: [0],
  tag: [0],
  elem: [0],
  data: [0],
  local: [0],
  field: [0],
  label: [0],
  count: [3],
  block: [0x40],
  labels: [1, 0, 0],
  types: [1, 0x7f],
  catches: [2, 0, 0, 0, 2, 0],
  memarg: [0, 1],
  heap: [0x70],
  i32: [0x80, 0x7f],
  i64: [0x80, 0x7f],
  f32: [0x0b, 0x0b, 0x0b, 0x0b],
  f64: [0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b],
  v128: Array.from({ length: 16 }, () => 0x0b),
  lane: [1],
  shuffle: Array.from({ length: 16 }, () => 0x0b),
  byte: [0],
};

/** What one instruction needs that the defaults do not give. */
function immediates({ name, immediates: kinds }: Opcode): number[] {
  if (name === 'array.new_elem' || name === 'array.init_elem') return [3, 0];
  // packed fields have signed getters only
  if (name === 'struct.get') return [4, 0];
  if (name === 'array.get') return [3];
  if (name === 'array.copy') return [2, 2];
  if (name.startsWith('struct.')) return kinds.length === 2 ? [1, 0] : [1];
  if (name.startsWith('array.') && kinds.length > 0)
    return [2, ...kinds.slice(1).flatMap((kind) => DEFAULTS[kind])];
  const bytes = kinds.flatMap((kind) => DEFAULTS[kind]);
  // atomic accesses are aligned exactly
  if (name.includes('atomic') && kinds[0] === 'memarg') bytes[0] = exponent(name);
  return bytes;
}

function exponent(name: string): number {
  if (/wait64|^i64\.atomic\.(load|store|rmw\.\w+)$/.test(name)) return 3;
  const width = /(?:load|store|rmw)(8|16|32)/.exec(name)?.[1];
  return width === undefined ? 2 : Math.log2(Number(width) / 8);
}

const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
const section = (id: number, body: readonly number[]) => [id, ...leb(body.length), ...body];

/** Function 0 has this body and a local; there is one of everything. */
function moduleWith(body: readonly number[]): Uint8Array {
  const code = [1, 1, 0x7f, ...body, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, TYPES),
    ...section(3, [1, 0]),
    ...section(4, [1, 0x70, 0, 1]),
    ...section(5, [1, 0, 1]),
    ...section(13, [1, 0, 0]),
    ...section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(9, [1, 1, 0, 1, 0]),
    ...section(12, [1]),
    ...section(10, [1, ...leb(code.length), ...code]),
    ...section(11, [1, 1, 0]),
  ]);
}

function codeBytes(code: number): number[] {
  return code > 0xffff ? [code >>> 16, ...leb(code & 0xffff)] : [code];
}

const dead = 0x00;
/** `i32.const 255, drop`: whoever takes its first byte for an immediate finds no instruction behind it. */
const TAIL = [0x41, 0xff, 0x01, 0x1a, dead];

/** The instruction alone, with what makes it whole around it. @param short leave its last byte out */
function bodyOf(one: Opcode, short = 0): number[] {
  const bytes = [...codeBytes(one.code), ...immediates(one)];
  bytes.length -= short;
  bytes.push(...TAIL);
  if (BLOCKS.has(one.name)) return [dead, ...bytes, 0x0b];
  switch (one.name) {
    case 'else':
      return [dead, 0x04, 0x40, dead, ...bytes, 0x0b];
    case 'catch':
    case 'catch_all':
      return [0x06, 0x40, dead, ...bytes, 0x0b];
    case 'rethrow':
      return [0x06, 0x40, dead, 0x19, ...bytes, 0x0b];
    case 'delegate':
      return [0x06, 0x40, dead, ...bytes];
    case 'end':
      return [0x02, 0x40, dead, ...bytes];
    case 'br_on_cast':
    case 'br_on_cast_fail':
      return [0x02, 0x70, dead, ...bytes, 0x0b, dead];
    default:
      // what it leaves behind is taken by the polymorphic stack
      return [dead, ...bytes];
  }
}

describe('every instruction of the table', () => {
  // V8 has them behind flags
  const flagged = OPCODES.filter(({ name }) => /128$|mul_wide/.test(name) && /^i64\./.test(name));
  test.each(OPCODES.filter((one) => !flagged.includes(one)))('$name is valid', (one) => {
    expect(WebAssembly.validate(moduleWith(bodyOf(one)))).toBe(true);
  });
  const long = OPCODES.filter(({ immediates }) => immediates.length > 0);
  test.each(long)('$name is not valid without its last byte', (one) => {
    expect(WebAssembly.validate(moduleWith(bodyOf(one, 1)))).toBe(false);
  });
});

test('no two entries share a code, and codes ascend', () => {
  const codes = OPCODES.map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
  expect(opcodeOf(0x41)?.name).toBe('i32.const');
});

/** Immediates that an unknown instruction might have. */
const GUESSES = [[], [0], [0, 0], [0, 0, 0], [1, 0], [2, 0], [0, 1, 0], [2], [0x70], [3, 0]];

test('V8 accepts no code that the table leaves out', () => {
  const codes: number[] = [];
  for (let code = 0; code < 0xfb; code++) codes.push(code);
  for (const prefix of Object.values(PREFIX)) {
    for (let number = 0; number < 0x200; number++) codes.push((prefix << 16) | number);
  }
  const accepted = codes
    .filter((code) => opcodeOf(code) === undefined)
    .filter((code) =>
      GUESSES.some((guess) =>
        WebAssembly.validate(moduleWith([0x00, ...codeBytes(code), ...guess, 0x00])),
      ),
    );
  expect(accepted.map((code) => code.toString(16))).toEqual([]);
});
