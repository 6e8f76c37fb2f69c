/** Values that hold no others. */
import { type CoreNumber, integerOf } from './flat-values.ts';
import type { Primitive } from './types.ts';
import { UNREADABLE, type WitValue } from './value.ts';

/** @param words of 32 bits, the first flag in the lowest */
export function flags(names: readonly string[], words: readonly number[]): WitValue {
  const isSet = (bit: number) => (((words[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  return { kind: 'flags', names: names.filter((_, bit) => isSet(bit)) };
}

const SIGNED_BITS: Partial<Record<Primitive, number>> = { s8: 8, s16: 16, s32: 32 };
const UNSIGNED_BITS: Partial<Record<Primitive, number>> = { u8: 8, u16: 16, u32: 32 };

export function primitive(
  type: Exclude<Primitive, 'string'>,
  value: CoreNumber | undefined,
): WitValue {
  if (value === undefined) return UNREADABLE;
  const plain = (text: unknown): WitValue => ({ kind: 'plain', text: String(text) });
  switch (type) {
    case 'bool':
      return plain(Number(value) !== 0);
    case 's64':
      return plain(BigInt.asIntN(64, integerOf(value)));
    case 'u64':
      return plain(BigInt.asUintN(64, integerOf(value)));
    case 'f32':
      return plain(floatText(Number(value), singleText));
    case 'f64':
      return plain(floatText(Number(value), String));
    case 'char': {
      const point = Number(value) >>> 0;
      const valid = point < 0x11_0000 && !(point >= 0xd800 && point < 0xe000);
      return valid ? { kind: 'char', text: String.fromCodePoint(point) } : UNREADABLE;
    }
    case 'error-context':
      return plain(`error-context#${Number(value) >>> 0}`);
    default: {
      const signed = SIGNED_BITS[type];
      if (signed !== undefined) return plain((Number(value) << (32 - signed)) >> (32 - signed));
      const unsigned = 32 - (UNSIGNED_BITS[type] ?? 32);
      return plain((Number(value) << unsigned) >>> unsigned);
    }
  }
}

/** As WAVE has it. */
function floatText(value: number, text: (value: number) => string): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : text(value);
}

/** The shortest decimal that no other f32 is closer to: 0.1 is not 0.10000000149011612. */
function singleText(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
