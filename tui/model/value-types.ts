/** What the bytes under a cursor may mean. Little-endian, as wasm stores them. Pure. */
import { escapeText, quoteText } from '../../wasi/escape.ts';

export interface TypedValue {
  readonly type: string;
  readonly text: string;
}

const MAX_STRING = 60;

/** Types by size, each with how it is read. */
const TYPES: readonly (readonly [
  type: string,
  bytes: number,
  read: (view: DataView) => unknown,
])[] = [
  ['u8', 1, (view) => view.getUint8(0)],
  ['i8', 1, (view) => view.getInt8(0)],
  ['u16', 2, (view) => view.getUint16(0, true)],
  ['i16', 2, (view) => view.getInt16(0, true)],
  ['u32', 4, (view) => view.getUint32(0, true)],
  ['i32', 4, (view) => view.getInt32(0, true)],
  ['u64', 8, (view) => view.getBigUint64(0, true)],
  ['i64', 8, (view) => view.getBigInt64(0, true)],
  ['f32', 4, (view) => shortFloat(view.getFloat32(0, true))],
  ['f64', 8, (view) => shortFloat(view.getFloat64(0, true))],
];

/** @param bytes from the cursor on; a type that needs more of them is left out */
export function typedValues(bytes: Uint8Array): TypedValue[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = TYPES.filter(([, size]) => size <= bytes.length).map(([type, , read]) => ({
    type,
    text: String(read(view)),
  }));
  const end = bytes.indexOf(0);
  if (bytes.length > 0 && end !== 0) {
    const text = quoteText(bytes.subarray(0, end < 0 ? bytes.length : end), {
      maxText: MAX_STRING,
    });
    values.push({ type: 'str', text: end < 0 ? `${text}…` : text });
  }
  return values;
}

/** The pointer that the bytes are, if it leads into the memory. */
export function pointerAt(bytes: Uint8Array, memorySize: number): number | undefined {
  if (bytes.length < 4) return undefined;
  const address = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return address > 0 && address < memorySize ? address : undefined;
}

function shortFloat(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(7)).toString() : String(value);
}

/** `u32`, `i8`, `f64`… and a value. */
const TYPED = /^([uif])(8|16|32|64):\s*(\S+)$/;

/** A number as the bytes that hold it; undefined where it is none of that type. */
function numberBytes(kind: string, bits: number, value: string): Uint8Array | undefined {
  const bytes = new Uint8Array(bits / 8);
  const view = new DataView(bytes.buffer);
  if (kind === 'f') {
    const float = Number(value);
    if (bits < 32 || (Number.isNaN(float) && value.toLowerCase() !== 'nan')) return undefined;
    if (bits === 32) view.setFloat32(0, float, true);
    else view.setFloat64(0, float, true);
    return bytes;
  }
  const [, sign = '', digits = ''] = /^(-?)(0x[0-9a-f]+|\d+)$/i.exec(value) ?? [];
  if (digits === '') return undefined;
  const integer = sign === '-' ? -BigInt(digits) : BigInt(digits);
  const held = kind === 'u' ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer);
  if (held !== integer) return undefined;
  for (let at = 0n; at < bits / 8; at++) bytes[Number(at)] = Number((integer >> (8n * at)) & 0xffn);
  return bytes;
}

/** What is wrong with something to search for. */
export function searchProblem(text: string): string | undefined {
  const [, kind, bits, value] = TYPED.exec(text) ?? [];
  return searchBytes(text) === undefined ? `${value} is no ${kind}${bits}` : undefined;
}

/**
 * `0x41 0x42`, `41 42 43`, `u32:1234`, `i16:-3`, `f64:0.5` and `"text"` as bytes to search for; other text as
 * UTF-8.
 * @returns undefined for a value that its type cannot have
 */
export function searchBytes(text: string): Uint8Array | undefined {
  const [, kind = '', bits, value = ''] = TYPED.exec(text) ?? [];
  if (bits !== undefined) return numberBytes(kind, Number(bits), value);
  const hexBytes = /^(?:0x)?[0-9a-f]{2}(?:[\s]+(?:0x)?[0-9a-f]{2})*$/i;
  if (hexBytes.test(text) && (text.includes(' ') || text.startsWith('0x'))) {
    const digits = text.split(/\s+/).map((part) => Number.parseInt(part.replace(/^0x/i, ''), 16));
    return Uint8Array.from(digits);
  }
  return new TextEncoder().encode(text.replace(/^"|"$/g, ''));
}

/** One cell of the ASCII column. */
export function asciiCell(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? escapeText(String.fromCharCode(byte)) : '·';
}
