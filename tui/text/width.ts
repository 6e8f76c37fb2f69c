/** Cells that text takes in a terminal, and cutting text to cells. */
import stringWidth from 'string-width';

/** Latin, punctuation, arrows, box drawing and the few symbols of this UI: one cell each. Nearly all text. */
const NARROW =
  /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2199\u2500-\u25a1\u25b6\u25b8\u25c0\u25c2\u25c6\u25cb\u25cf\u2713\u2714\u2716\u2717]*$/;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function textWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The beginning of a text that fits, and the cells that it takes. A wide character is never halved. */
export function takeCells(
  text: string,
  cells: number,
): { readonly text: string; readonly width: number } {
  if (NARROW.test(text)) {
    const kept = text.length <= cells ? text : text.slice(0, Math.max(0, cells));
    return { text: kept, width: kept.length };
  }
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = width + stringWidth(segment);
    if (next > cells) break;
    kept += segment;
    width = next;
  }
  return { text: kept, width };
}

/** As {@link takeCells}, with `…` in the last cell where something is cut off. */
export function ellipsize(text: string, cells: number): string {
  if (textWidth(text) <= cells) return text;
  return cells < 1 ? '' : `${takeCells(text, cells - 1).text}…`;
}

export function padStart(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - textWidth(text))) + text;
}

export function padEnd(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - textWidth(text)));
}
