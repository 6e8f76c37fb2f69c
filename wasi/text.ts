/**
 * Guest bytes as text. WASI strings are UTF-8 by contract only: a path or an argument may hold any
 * byte, and none may be lost or make two different names look alike without a sign of it.
 */

/**
 * The code point that starts at `offset`, or -1 where the bytes are no well-formed UTF-8 (overlong
 * forms, surrogates and truncated sequences included; Unicode 17, table 3-7). Its length in bytes
 * follows from its value: `utf8Length`.
 */
export function codePointAt(bytes: Uint8Array, offset: number): number {
  const lead = bytes[offset] ?? -1;
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const second = continuation(bytes, offset + 1);
  if (second < 0) return -1;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = continuation(bytes, offset + 2);
  if (third < 0) return -1;
  if (lead < 0xf0) {
    const point = ((lead & 0x0f) << 12) | (second << 6) | third;
    return point < 0x800 || (point >= 0xd800 && point <= 0xdfff) ? -1 : point;
  }
  const fourth = continuation(bytes, offset + 3);
  if (fourth < 0) return -1;
  const point = ((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
  return point < 0x1_0000 || point > 0x10_ffff ? -1 : point;
}

function continuation(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset] ?? 0;
  return byte >> 6 === 2 ? byte & 0x3f : -1;
}

/** Length in bytes of a code point in UTF-8; 1 for the -1 of an invalid byte, which stands alone. */
export function utf8Length(point: number): 1 | 2 | 3 | 4 {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
}

/** `\xff` for 255. */
export function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Paths are shown up to this many bytes (PATH_MAX of Linux); a trace may claim any length. */
export const MAX_PATH_BYTES = 4096;

/** Marks text that was cut, here or already in the trace. */
export const CUT = '…';

/**
 * @param limit in bytes; what lies behind it is replaced by `…`
 * @returns the text, a byte that is no UTF-8 as `\xNN`. Control characters are kept: what reaches a
 *   terminal goes through `escapeText`.
 */
export function decodeText(bytes: Uint8Array, limit = MAX_PATH_BYTES): string {
  const end = Math.min(bytes.length, limit);
  let text = '';
  let offset = 0;
  while (offset < end) {
    const point = codePointAt(bytes, offset);
    text += point < 0 ? hexEscape(bytes[offset] ?? 0) : String.fromCodePoint(point);
    offset += utf8Length(point);
  }
  return offset < bytes.length ? text + CUT : text;
}
