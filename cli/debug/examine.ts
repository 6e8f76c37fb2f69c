/** `x/NFU ADDRESS`: bytes of memory in a format, as gdb has it. */
import { quoteText } from '../../index.ts';
import { addressText } from '../hex-dump.ts';
import { type Answer, refuse } from './answer.ts';
import type { Debugger } from './debugger.ts';
import { instructions } from './disassemble.ts';
import { addressOf } from './values.ts';

const UNITS: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const FORMATS = 'xduotcfsi';
/** Bytes that are read at once at most, and of a string. */
const MOST = 1 << 20;
const STRING = 4096;
const ROW = 16;

export interface Format {
  readonly count: number;
  readonly letter: string;
  readonly unit: number;
}

/**
 * @param text what stands behind the slash
 * @param last what it leaves out is as it was the last time
 * @throws WasiRrError OPTION_INVALID
 */
export function parseFormat(text: string, last?: Format): Format {
  const [, digits, letters = ''] = /^(\d*)([a-z]*)$/.exec(text) ?? [];
  const unit = [...letters].find((letter) => letter in UNITS);
  const letter = [...letters].find((one) => FORMATS.includes(one)) ?? last?.letter ?? 'x';
  const known = [...letters].every((one) => FORMATS.includes(one) || one in UNITS);
  const count = digits ? Number(digits) : 1;
  if (digits === undefined || !known || letters.length > 2 || count < 1) {
    throw refuse(
      `"${text}" is no format: give a number, one of ${[...FORMATS].join(' ')} and a unit, b h w or g, as in x/4xw.`,
    );
  }
  const usual = letter === 'c' ? 1 : (last?.unit ?? 4);
  const bytes = UNITS[unit ?? ''] ?? usual;
  return { count, letter, unit: letter === 'f' && bytes < 4 ? 4 : bytes };
}

/** `[/FORMAT] [ADDRESS]`: without an address on from where it ended. */
export async function examine(debug: Debugger, rest: string): Promise<Answer> {
  const [, given, where = ''] = /^(?:\/(\S*))?\s*(.*)$/.exec(rest) ?? [];
  const { examined } = debug;
  const format =
    given === undefined && examined !== undefined
      ? { ...examined.format, ...(where !== '' && { count: 1 }) }
      : parseFormat(given ?? '', examined?.format);
  if (where === '' && examined === undefined) throw refuse('give an address: x/4xw 0x12310.');
  const address = where === '' ? (examined?.address ?? 0) : await addressOf(debug, where);
  const { answer, next } = await shown(debug, format, address);
  debug.examined = { address: next, format };
  return answer;
}

/** With the address behind it. */
interface Shown {
  readonly answer: Answer;
  readonly next: number;
}

function shown(debug: Debugger, format: Format, address: number): Promise<Shown> {
  if (format.letter === 'i') return instructions(debug, format.count, address);
  if (format.letter === 's') return strings(debug, format.count, address);
  return numbers(debug, format, address);
}

/** @throws WasiRrError OPTION_INVALID outside of the memory */
async function bytesAt(debug: Debugger, address: number, length: number) {
  const { bytes, size } = await debug.travel.read(debug.mark, address, length, debug.options);
  if (bytes.length > 0) return { bytes, size };
  throw refuse(
    `0x${address.toString(16)} is outside of the memory, of 0x${size.toString(16)} bytes.`,
  );
}

async function strings(debug: Debugger, count: number, address: number): Promise<Shown> {
  const text: string[] = [];
  const found: { address: number; text: string }[] = [];
  let at = address;
  for (let left = count; left > 0; left--) {
    const { bytes, size } = await bytesAt(debug, at, STRING);
    const end = bytes.indexOf(0);
    const own = bytes.subarray(0, end < 0 ? bytes.length : end);
    text.push(`${addressText(at)}:\t${quoteText(own)}`);
    found.push({ address: at, text: Buffer.from(own).toString('utf8') });
    at += own.length + (end < 0 ? 0 : 1);
    if (at >= size) break;
  }
  return { answer: { text, json: { ...found[0], strings: found } }, next: at };
}

async function numbers(debug: Debugger, format: Format, address: number): Promise<Shown> {
  const { count, letter, unit } = format;
  if (count * unit > MOST) throw refuse(`that is more than ${MOST} bytes.`);
  const { bytes, size } = await bytesAt(debug, address, count * unit);
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
  const json = { address, hex: Buffer.from(bytes).toString('hex') };
  return { answer: { text: lines, json }, next: address + whole * unit };
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
    case 't':
      return value.toString(2).padStart(unit * 8, '0');
    case 'f': {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, unit);
      return String(unit === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true));
    }
    case 'c':
      return `${BigInt.asIntN(unit * 8, value)} ${quoteText(bytes.subarray(at, at + 1))}`;
    default:
      return `0x${value.toString(16).padStart(unit * 2, '0')}`;
  }
}
