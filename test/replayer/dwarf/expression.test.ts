/** Location expressions, one by one: what each gives, and that none runs away. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DebugFile } from '../../../replayer/dwarf/debug-file.ts';
import { evaluate, type Location } from '../../../replayer/dwarf/expression.ts';
import { type Machine, Unreadable } from '../../../replayer/dwarf/machine.ts';
import { findDebugSections } from '../../../replayer/dwarf/sections.ts';
import type { Unit } from '../../../replayer/dwarf/unit.ts';

const path = join(import.meta.dirname, 'programs/shapes-O2-dwarf5.wasm');
const file = new DebugFile(findDebugSections(readFileSync(path)).sections, { split: false });
const unit = file.units[0] as Unit;

const MEMORY = Uint8Array.from({ length: 256 }, (_, i) => i);
const machine: Machine = {
  local: (index) =>
    [
      { bits: 0xffff_fffen, size: 4 },
      { bits: 0x1234_5678_9abc_def0n, size: 8 },
    ][index],
  global: (index) => (index === 0 ? { bits: 64n, size: 4 } : undefined),
  operand: (index) => (index === 0 ? { bits: 5n, size: 4 } : undefined),
  memory: (address, length) =>
    address + length <= MEMORY.length ? MEMORY.slice(address, address + length) : undefined,
};

function run(...bytes: readonly number[]): Location {
  return evaluate(Uint8Array.from(bytes), { unit, machine, frameBase: () => 16n });
}

function value(...bytes: readonly number[]): bigint {
  const place = run(...bytes, STACK_VALUE);
  if (place.kind !== 'value') throw new Error(place.kind);
  return BigInt.asIntN(64, place.value.bits);
}

const STACK_VALUE = 0x9f;
const [LIT0, LIT1, LIT2, LIT3, LIT5] = [0x30, 0x31, 0x32, 0x33, 0x35];
const CONST1S = 0x09;
const MINUS_7 = [CONST1S, 0xf9];
const LOCAL0 = [0xed, 0, 0];
const LOCAL1 = [0xed, 0, 1];

test.each<[string, readonly number[], number]>([
  ['addr', [0x03, 0x10, 0x20, 0, 0], 0x2010],
  ['fbreg with the frame base', [0x91, 0x7c], 12],
  ['an address in a local', [...LOCAL0], 0xfffffffe],
  ['a global by a byte', [0xed, 1, 0, 0x23, 4], 68],
  ['a global by four bytes', [0xed, 3, 0, 0, 0, 0, 0x23, 4], 68],
  ['deref', [0x38, 0x06], 0x0b0a0908],
  ['deref_size', [0x38, 0x94, 2], 0x0908],
])('%s is in memory', (_, bytes, address) => {
  expect(run(...bytes)).toEqual({ kind: 'memory', address });
});

test.each<[string, readonly number[], bigint]>([
  ['lit', [0x4f], 31n],
  ['const2s', [0x0b, 0xfe, 0xff], -2n],
  ['const4u', [0x0c, 0xff, 0xff, 0xff, 0xff], 0xffff_ffffn],
  ['const8s', [0x0f, ...Array(8).fill(0xff)], -1n],
  ['consts', [0x11, 0x80, 0x7f], -128n],
  ['dup, plus', [LIT3, 0x12, 0x22], 6n],
  ['over, minus', [LIT5, LIT2, 0x14, 0x1c], 2n - 5n],
  ['pick', [LIT5, LIT2, LIT1, 0x15, 2], 5n],
  ['swap, minus', [LIT5, LIT2, 0x16, 0x1c], -3n],
  ['rot: the top becomes the third', [LIT1, LIT2, LIT5, 0x17, 0x13, 0x13], 5n],
  ['drop', [LIT5, LIT2, 0x13], 5n],
  ['div rounds to zero', [...MINUS_7, LIT2, 0x1b], -3n],
  ['mod is unsigned', [0x39, LIT5, 0x1d], 4n],
  ['shl', [LIT3, LIT2, 0x24], 12n],
  ['shra keeps the sign', [...MINUS_7, LIT1, 0x26], -4n],
  ['shr of 32 bits', [...MINUS_7, LIT1, 0x25], 0x7fff_fffcn],
  ['shr of a local of 64 bits', [...LOCAL1, 0x08, 32, 0x25], 0x1234_5678n],
  ['abs', [...MINUS_7, 0x19], 7n],
  ['neg', [LIT5, 0x1f], -5n],
  ['not', [LIT0, 0x20], -1n],
  ['and, or, xor', [LIT5, LIT3, 0x1a, LIT2, 0x21, LIT1, 0x27], 2n],
  ['lt of a local that is negative', [...LOCAL0, LIT0, 0x2d], 1n],
  ['ge', [LIT5, LIT5, 0x2a], 1n],
  ['eq', [LIT5, LIT2, 0x29], 0n],
  ['operand', [0xed, 2, 0], 5n],
  ['bra over an operation', [LIT1, LIT1, 0x28, 1, 0, 0x13], 1n],
  ['bra that does not', [LIT2, LIT5, LIT0, 0x28, 1, 0, 0x13], 2n],
  ['skip', [LIT5, 0x2f, 1, 0, 0x13], 5n],
  // how compilers widen a signed 32-bit value without types: (x >> 31) * -1 << 32 | x
  [
    'sign extension by hand',
    [...LOCAL0, 0x12, 0x4f, 0x25, LIT0, 0x20, 0x1e, 0x08, 32, 0x24, 0x21],
    -2n,
  ],
])('%s', (_, bytes, expected) => {
  expect(value(...bytes)).toBe(expected);
});

test('pieces, one of which is not known', () => {
  const place = run(LIT5, STACK_VALUE, 0x93, 4, 0x93, 2, ...LOCAL0, 0x93, 4);
  expect(place).toMatchObject({
    kind: 'pieces',
    pieces: [
      { size: 32, location: { kind: 'value' } },
      { size: 16, location: { kind: 'unreadable', why: 'optimized out' } },
      { size: 32, location: { kind: 'memory', address: 0xfffffffe } },
    ],
  });
});

test('bytes in the expression itself', () => {
  expect(run(0x9e, 2, 7, 8)).toEqual({ kind: 'bytes', bytes: Uint8Array.of(7, 8) });
  expect(run()).toMatchObject({ kind: 'unreadable', why: 'optimized out' });
});

test.each<[string, readonly number[], string]>([
  ['entry_value', [0xa3, 1, LIT1], 'cannot be read: DW_OP_entry_value'],
  ['call_frame_cfa', [0x9c], 'cannot be read: DW_OP_call_frame_cfa'],
  ['thread-local', [LIT5, 0xe0], 'cannot be read: DW_OP_GNU_push_tls_address'],
  ['a register', [0x53], 'cannot be read: DW_OP_reg3'],
  ['an operation of another expression', [LIT5, 0x99, 1, 0, 0, 0], 'cannot be read: DW_OP_call4'],
  ['a local that is not kept', [0xed, 0, 9], 'not kept: wasm local 9'],
  ['an unknown kind of place', [0xed, 9, 9], 'cannot be read: DW_OP_WASM_location 9'],
  ['memory that is not there', [0x0a, 0xff, 0xff, 0x06], 'cannot read memory at 0xffff'],
  ['what the linker left out', [0x03, 0xff, 0xff, 0xff, 0xff], 'left out by the linker'],
  ['a loop', [0x2f, 0xfd, 0xff], 'cannot be read: an expression without end'],
  [
    'a stack that grows',
    [LIT1, 0x12, 0x2f, 0xfc, 0xff],
    'cannot be read: an expression without end',
  ],
])('%s is said to be unreadable', (_, bytes, why) => {
  expect(() => run(...bytes)).toThrow(Unreadable);
  expect(() => run(...bytes)).toThrow(why);
});

describe('what does not hold together', () => {
  test.each<[string, readonly number[]]>([
    ['an empty stack', [0x22]],
    ['an operand that is cut off', [0x03, 1]],
    ['an operation without a name', [0x01]],
    ['a branch out of the expression', [0x2f, 0x80, 0]],
    ['a division by zero', [LIT5, LIT0, 0x1b]],
  ])('%s', (_, bytes) => {
    expect(() => run(...bytes)).toThrow(/an expression|debug information|DW_OP_plus/);
  });
});
