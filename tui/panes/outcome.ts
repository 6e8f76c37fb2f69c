/** How a run ended, in words, with the frames of a trap. */
import type { LinePlace } from '../../replayer/dwarf/line-index.ts';
import type { StackFrame } from '../../replayer/session/messages.ts';
import { describeOutcome, isSuccess, type Outcome } from '../../traces/outcome.ts';
import { escapeText } from '../../wasi/escape.ts';
import { demangle } from '../../wasm/demangle.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { ContentLine } from './content.ts';
import { placeSpan } from './stack.ts';

/** Frames of a trap that are listed here; Stack has them all. */
const MAX_FRAMES = 12;

export function outcomeGlyph(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '?';
  return isSuccess(outcome) ? '✓' : '✖';
}

/** @param stack of a trap, with lines of the source, where that is known */
export function outcomeLines(
  outcome: Outcome | undefined,
  stack: readonly StackFrame[] | undefined = undefined,
): ContentLine[] {
  const tone = isSuccess(outcome) ? 'good' : 'fatal';
  const text = `${outcomeGlyph(outcome)} ${escapeText(describeOutcome(outcome))}`;
  const frames = outcome?.kind === 'trap' ? outcome.trap.frames.slice(0, MAX_FRAMES) : [];
  return [
    { line: line(span(text, tone)) },
    ...frames.map(({ func, offset, name }, index) => ({
      line: line(
        '  in ',
        span(escapeText(name === undefined ? `function ${func}` : demangle(name)), 'name'),
        placeSpan(placeOf(stack?.[index], func)),
        span(` at ${hex(offset)}`, 'dim'),
      ),
    })),
  ];
}

/** Where a frame stands in the source; undefined where it is that of another function. */
function placeOf(frame: StackFrame | undefined, func: number): LinePlace | undefined {
  return frame?.func === func ? frame.source[0]?.place : undefined;
}
