/**
 * What must never reach a terminal out of a trace, as ranges of code points: written down by hand from
 * the Unicode charts, so that it does not repeat the rule of escape.ts.
 */
const HARMFUL: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f], // C0 controls
  [0x7f, 0x9f], // DEL, C1 controls
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // Arabic letter mark
  [0x180b, 0x180f], // Mongolian selectors
  [0x200b, 0x200f], // zero width, bidi marks
  [0x2028, 0x202e], // separators, bidi embeddings and overrides
  [0x2060, 0x206f], // word joiner, bidi isolates, deprecated format characters
  [0xd800, 0xdfff], // lone surrogates
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xfff9, 0xfffb], // interlinear annotation
  [0xe0000, 0xe01ef], // tags, variation selectors supplement
];

/** The harmful characters in a text, as `U+202E`. */
export function harmfulIn(text: string): string[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
    .filter((point) => HARMFUL.some(([first, last]) => point >= first && point <= last))
    .map((point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`);
}
