/**
 * Makes anything from a trace safe to print. A trace is untrusted input: a file name may hold escape
 * sequences that repaint the terminal, and bidi or zero-width characters that make one name look like
 * another (Trojan Source, CVE-2021-42574). Everything that could not be seen is spelt out instead.
 */
import { CUT, codePointAt, hexEscape, utf8Length } from './text.ts';

export interface EscapeOptions {
  /** Characters shown before `…`; all of them by default. An invalid byte counts as one. */
  readonly maxText?: number;
  /** `unicode`: controls as `\u{…}`, since WAVE has no `\xNN`. For text, which has no bytes to tell apart from them. */
  readonly controls?: 'hex' | 'unicode';
}

/** Spelt as in C; also inside quotes. */
const C_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
]);

/** What a quoted string escapes besides, so that it can be read back. */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Controls, format characters (bidi, zero-width, tags), surrogates, private use, unassigned; line and
 * paragraph separators; and the invisible ones that Unicode counts as letters or marks, variation
 * selectors among them (they can carry hidden text).
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * @param source text, or bytes that are meant to be UTF-8
 * @returns one line of visible characters: `\n`, `\r`, `\t` as in C; other ASCII controls and bytes that
 *   are no UTF-8 as `\xNN`; other invisible code points as `\u{…}`. Backslashes stay as they are, so
 *   this is for reading, not for reading back: `quoteText` is.
 */
export function escapeText(source: string | Uint8Array, options: EscapeOptions = {}): string {
  const { text, cut } = escapeUpTo(source, options, false);
  return cut ? text + CUT : text;
}

/** As `escapeText`, in double quotes, with `\` and `"` escaped too; `"abc"…` where it was cut. */
export function quoteText(source: string | Uint8Array, options: EscapeOptions = {}): string {
  const { text, cut } = escapeUpTo(source, options, true);
  return cut ? `"${text}"${CUT}` : `"${text}"`;
}

function escapeUpTo(
  source: string | Uint8Array,
  { maxText = Number.POSITIVE_INFINITY, controls = 'hex' }: EscapeOptions,
  quoted: boolean,
): { readonly text: string; readonly cut: boolean } {
  // nearly every name and message: nothing to do
  if (typeof source === 'string' && source.length <= maxText && PLAIN.test(source)) {
    return { text: source, cut: false };
  }
  let text = '';
  let offset = 0;
  for (let shown = 0; offset < source.length; shown++) {
    if (shown >= maxText) return { text, cut: true };
    if (typeof source === 'string') {
      const point = source.codePointAt(offset) ?? 0;
      text += escapePoint(point, quoted, controls);
      offset += point > 0xffff ? 2 : 1;
    } else {
      const point = codePointAt(source, offset);
      text += point < 0 ? hexEscape(source[offset] ?? 0) : escapePoint(point, quoted);
      offset += utf8Length(point);
    }
  }
  return { text, cut: false };
}

function escapePoint(
  point: number,
  quoted: boolean,
  controls: EscapeOptions['controls'] = 'hex',
): string {
  if (point >= 0x20 && point < 0x7f) {
    const special = quoted && (point === QUOTE || point === BACKSLASH);
    return special ? `\\${String.fromCharCode(point)}` : String.fromCharCode(point);
  }
  const known = C_ESCAPES.get(point);
  if (known !== undefined) return known;
  if (point < 0x80 && controls === 'hex') return hexEscape(point);
  const character = String.fromCodePoint(point);
  return INVISIBLE.test(character) ? `\\u{${point.toString(16)}}` : character;
}
