/** How a run ended, in words, with the frames of a trap. */
import { describeOutcome, isSuccess, type Outcome } from '../../traces/outcome.ts';
import { escapeText } from '../../wasi/escape.ts';
import { demangle } from '../../wasm/demangle.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { ContentLine } from './content.ts';

/** Frames of a trap that are listed here; Stack has them all. */
const MAX_FRAMES = 12;

export function outcomeGlyph(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '?';
  return isSuccess(outcome) ? '✓' : '✖';
}

export function outcomeLines(outcome: Outcome | undefined): ContentLine[] {
  const tone = isSuccess(outcome) ? 'good' : 'fatal';
  const text = `${outcomeGlyph(outcome)} ${escapeText(describeOutcome(outcome))}`;
  const frames = outcome?.kind === 'trap' ? outcome.trap.frames.slice(0, MAX_FRAMES) : [];
  return [
    { line: line(span(text, tone)) },
    ...frames.map(({ func, offset, name }) => ({
      line: line(
        '  in ',
        span(escapeText(name === undefined ? `function ${func}` : demangle(name)), 'name'),
        span(` at ${hex(offset)}`, 'dim'),
      ),
    })),
  ];
}
