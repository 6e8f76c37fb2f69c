/** `x/NFU ADDRESS`: bytes of memory in a format, as gdb has it. */
import { quoteText } from '../../index.ts';
import { addressText } from '../hex-dump.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';

const UNITS: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const FORMATS = 'xduocs';
/** Bytes that are read at once at most, and of a string. */
const MOST = 1 << 20;
const STRING = 4096;
const ROW = 16;

interface Format {
  readonly count: number;
  readonly letter: string;
  readonly unit: number;
}

/** @param text what stands behind the slash; @throws WasiRrError */
export function parseFormat(text: string): Format {
  const [, digits, letters = ''] = /^(\d*)([a-z]*)$/.exec(text) ?? [];
  const unit = [...letters].find((letter) => letter in UNITS);
  const letter = [...letters].find((one) => FORMATS.includes(one)) ?? 'x';
  const known = [...letters].every((one) => FORMATS.includes(one) || one in UNITS);
  const count = digits ? Number(digits) : 1;
  if (digits === undefined || !known || letters.length > 2 || count < 1) {
    throw refuse(
      `"${text}" is no format: give a number, one of ${[...FORMATS].join(' ')} and a unit, b h w or g, as in x/4xw.`,
    );
  }
  return { count, letter, unit: UNITS[unit ?? (letter === 'c' ? 'b' : 'w')] ?? 4 };
}

export async function examine(debug: Debugger, format: Format, address: number): Promise<Answer> {
  const { count, letter, unit } = format;
  const length = letter === 's' ? STRING : count * unit;
  if (length > MOST) throw refuse(`that is more than ${MOST} bytes.`);
  const { bytes, size } = await debug.travel.read(debug.mark, address, length, debug.options);
  if (bytes.length === 0) {
    throw refuse(
      `0x${address.toString(16)} is outside of the memory, of 0x${size.toString(16)} bytes.`,
    );
  }
  const json = { address, hex: Buffer.from(bytes).toString('hex') };
  if (letter === 's') {
    const end = bytes.indexOf(0);
    const text = bytes.subarray(0, end < 0 ? bytes.length : end);
    const quoted = quoteText(text);
    return {
      text: [`${addressText(address)}:\t${quoted}`],
      json: { address, text: Buffer.from(text).toString('utf8') },
    };
  }
  const lines: string[] = [];
  const perRow = ROW / unit;
  const whole = Math.floor(bytes.length / unit);
  for (let row = 0; row < whole; row += perRow) {
    const values: string[] = [];
    for (let i = row; i < Math.min(row + perRow, whole); i++) {
      values.push(valueAt(bytes, i * unit, unit, letter));
    }
    lines.push(`${addressText(address + row * unit)}:\t${values.join('\t')}`);
  }
  if (whole < count) lines.push(`the memory ends at 0x${size.toString(16)}.`);
  return { text: lines, json };
}

function valueAt(bytes: Uint8Array, at: number, unit: number, letter: string): string {
  let value = 0n;
  for (let i = unit - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  switch (letter) {
    case 'd':
      return String(BigInt.asIntN(unit * 8, value));
    case 'u':
      return String(value);
    case 'o':
      return `0${value.toString(8)}`;
    case 'c':
      return `${BigInt.asIntN(unit * 8, value)} ${quoteText(bytes.subarray(at, at + 1))}`;
    default:
      return `0x${value.toString(16).padStart(unit * 2, '0')}`;
  }
}
