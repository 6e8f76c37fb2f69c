/** Strings as gdb writes them: `"bob", '\000' <repeats 12 times>`. */
import { escaped, quotedCharacter } from './scalars.ts';

/** Characters and elements that are shown. */
export const MAX_SHOWN = 200;
/** From so many on, equal ones are shown as one. */
export const REPEATS = 10;

/**
 * The contents of an array of characters. A zero at its end is not shown.
 * @param codes bytes, or numbers of Unicode
 */
export function arrayText(codes: ArrayLike<number>, isCut = false): string {
  const end = !isCut && codes[codes.length - 1] === 0 ? codes.length - 1 : codes.length;
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
      parts.push(`${quotedCharacter(code)} <repeats ${run} times>`);
      shown += REPEATS;
      at += run;
    } else {
      plain += code === 0x22 ? '\\"' : escaped(code);
      shown++;
      at++;
    }
  }
  close();
  const text = parts.length > 0 ? parts.join(', ') : '""';
  return at < end || isCut ? `${text}...` : text;
}

/** Text of which the bytes are UTF-8 (Rust, and what most programs mean by a string). */
export function utf8Text(bytes: Uint8Array, isCut = false): string {
  try {
    // a character that was cut through at the end is left out
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return arrayText(
      Array.from(text, (one) => one.codePointAt(0) ?? 0).concat(isCut ? [] : [0]),
      isCut,
    );
  } catch {
    // other encodings, and what is no text
    return arrayText(isCut ? bytes : [...bytes, 0], isCut);
  }
}
