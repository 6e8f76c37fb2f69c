/** Strings as gdb writes them: `"bob", '\000' <repeats 12 times>`. */
import { type Machine, readMemory } from '../dwarf/machine.ts';
import { escaped, quotedCharacter } from './scalars.ts';

/** Characters and elements that are shown. */
export const MAX_SHOWN = 200;
/** From so many on, equal ones are shown as one. */
export const REPEATS = 10;

/**
 * The contents of an array of characters. A zero at its end is not shown.
 * @param codes numbers of Unicode if `isUnicode`, else bytes
 * @param isCut whether there are more
 */
export function arrayText(
  codes: ArrayLike<number>,
  { isUnicode = false, isCut = false } = {},
): string {
  const end = codes[codes.length - 1] === 0 ? codes.length - 1 : codes.length;
  const parts: string[] = [];
  let plain = '';
  let shown = 0;
  let at = 0;
  const close = () => {
    if (plain !== '') parts.push(`"${plain}"`);
    plain = '';
  };
  while (at < end && shown < MAX_SHOWN) {
    const code = codes[at] ?? 0;
    let run = 1;
    while (at + run < end && codes[at + run] === code) run++;
    if (run >= REPEATS) {
      close();
      parts.push(`${quotedCharacter(code, isUnicode)} <repeats ${run} times>`);
      shown += REPEATS;
      at += run;
    } else {
      plain += code === 0x22 ? '\\"' : escaped(code, isUnicode);
      shown++;
      at++;
    }
  }
  close();
  const text = parts.length > 0 ? parts.join(', ') : '""';
  return at < end || isCut ? `${text}...` : text;
}

/** Text of which the bytes are UTF-8 (Rust, and what most programs mean by a string), without a zero at its end. */
export function utf8Text(bytes: Uint8Array, isCut = false): string {
  try {
    // a character that was cut through at the end is left out
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    const codes = Array.from(text, (one) => one.codePointAt(0) ?? 0);
    return arrayText([...codes, 0], { isUnicode: true, isCut });
  } catch {
    // other encodings, and what is no text
    return arrayText([...bytes, 0], { isCut });
  }
}

/** Text of which the length is known. @throws Unreadable */
export function textOfLength(machine: Machine, address: number, length: number): string {
  const shown = Math.min(length, MAX_SHOWN);
  return utf8Text(readMemory(machine, address, shown), shown < length);
}
