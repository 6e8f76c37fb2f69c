/** A line of the screen as styled pieces, before anyone knows how wide it may be. */
import { type Backdrop, type Style, styled } from './style.ts';
import { takeCells, textWidth } from './width.ts';

/** All text is safe to print: what comes from a trace went through wasi/escape.ts. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export function span(text: string, style: Style = 'text'): Span {
  return { text, style };
}

/** A line of strings (plain) and spans. */
export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? span(part) : part));
}

export function lineWidth(spans: Line): number {
  let width = 0;
  for (const { text } of spans) width += textWidth(text);
  return width;
}

export function plainText(spans: Line): string {
  return spans.map(({ text }) => text).join('');
}

/** Cuts a line to `cells`, the last one becoming `…` where something is lost. */
export function cutLine(spans: Line, cells: number): Line {
  if (lineWidth(spans) <= cells) return spans;
  const kept: Span[] = [];
  let left = cells - 1;
  for (const one of spans) {
    const { text, width } = takeCells(one.text, left);
    kept.push({ ...one, text });
    left -= width;
    if (text.length < one.text.length) break;
  }
  if (cells > 0) kept.push(span('…', 'dim'));
  return kept;
}

/** A line without its first `cells`. */
export function skipCells(spans: Line, cells: number): Line {
  if (cells <= 0) return spans;
  let left = cells;
  const kept: Span[] = [];
  for (const one of spans) {
    const { text, width } = takeCells(one.text, left);
    left -= width;
    const rest = one.text.slice(text.length);
    if (rest !== '') kept.push({ ...one, text: rest });
  }
  return kept;
}

/** Exactly `cells` wide, with the terminal's codes. */
export function renderLine(spans: Line, cells: number, backdrop: Backdrop = 'none'): string {
  const shown = cutLine(spans, cells);
  let text = '';
  for (const one of shown) text += styled(one.text, one.style, backdrop);
  const missing = cells - lineWidth(shown);
  return missing > 0 ? text + styled(' '.repeat(missing), 'text', backdrop) : text;
}
