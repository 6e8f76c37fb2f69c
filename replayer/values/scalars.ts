/** Numbers and characters, as gdb writes them. */
import { littleEndian } from '../dwarf/little-endian.ts';

/** Letters of `print /x`. */
export const RADIXES = ['x', 'd', 'u', 'o', 't', 'c'] as const;
export type Radix = (typeof RADIXES)[number];

/** Escapes of C. */
const ESCAPES: ReadonlyMap<number, string> = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [27, '\\033'],
  [0x5c, '\\\\'],
]);

/** @param bits unsigned @param size bytes of the type */
export function inRadix(bits: bigint, size: number, radix: Radix): string {
  switch (radix) {
    case 'x':
      return `0x${bits.toString(16)}`;
    case 'o':
      return bits === 0n ? '0' : `0${bits.toString(8)}`;
    case 't':
      return bits.toString(2);
    case 'u':
      return bits.toString();
    case 'd':
      return BigInt.asIntN(8 * size, bits).toString();
    case 'c':
      return character(BigInt.asIntN(8, bits));
  }
}

/** `97 'a'` */
export function character(value: bigint): string {
  return `${value} ${quotedCharacter(Number(BigInt.asUintN(32, value < 0n ? value & 0xffn : value)))}`;
}

/** `'a'` @param code a number of Unicode, or a byte */
export function quotedCharacter(code: number, isUnicode = false): string {
  return `'${code === 0x27 ? "\\'" : escaped(code, isUnicode)}'`;
}

/** Without quotes: `\n`, `\377`. */
export function escaped(code: number, isUnicode: boolean): string {
  const known = ESCAPES.get(code);
  if (known !== undefined) return known;
  if (code >= 0x20 && code < 0x7f) return String.fromCharCode(code);
  if (code < 0xa0 || (code < 0x100 && !isUnicode)) return `\\${code.toString(8).padStart(3, '0')}`;
  const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
  // controls of Unicode are for who prints to a terminal to escape
  return isCharacter ? String.fromCodePoint(code) : `\\u{${code.toString(16)}}`;
}

/**
 * The shortest text that gives the same number.
 * @param size 2, 4 or 8 bytes
 * @returns undefined for other sizes
 */
export function floatText(bits: bigint, size: number): string | undefined {
  const value = floatOf(bits, size);
  if (value === undefined) return undefined;
  return numberText(value, (text) => (size === 4 ? Math.fround(Number(text)) : Number(text)));
}

/** @returns undefined for sizes other than 2, 4 and 8 bytes */
export function floatOf(bits: bigint, size: number): number | undefined {
  if (size === 2) return halfFloat(Number(bits));
  const view = new DataView(littleEndian(bits, size).buffer);
  return size === 8 ? view.getFloat64(0, true) : size === 4 ? view.getFloat32(0, true) : undefined;
}

/** @param size 4 or 8 bytes */
export function floatBits(value: number, size: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return view.getBigUint64(0, true);
}

function numberText(value: number, back: (text: string) => number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits <= 17; digits++) {
    const text = value.toPrecision(digits);
    if (back(text) === value) return String(Number(text));
  }
  return String(value);
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
