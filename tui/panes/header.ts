/** The first line: what ran, how it ended, where we are. */

import { describeOutcome, isSuccess } from '../../traces/outcome.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { cutLine, type Line, line, lineWidth, span } from '../text/line.ts';
import { grouped } from '../text/units.ts';
import { outcomeGlyph } from './outcome.ts';

export function headerLine(bugger: Debugger, width: number): Line {
  const { reader, position } = bugger;
  const { meta } = reader;
  const { inside } = bugger.state;
  const ended =
    bugger.state.recording === 'recording'
      ? span('● recording', 'strong')
      : span(
          `${outcomeGlyph(meta.outcome)} ${escapeText(describeOutcome(meta.outcome))}`,
          isSuccess(meta.outcome) ? 'good' : 'fatal',
        );
  const last = reader.eventCount - 1;
  const share = last > 0 ? `${Math.floor((position / last) * 100)}%` : '';
  const event = inside?.mark.event ?? position;
  const right = line(
    span(event < 0 ? ' before #0' : ` after #${grouped(event)}`, 'strong'),
    span(` of ${grouped(Math.max(0, last))}`, 'dim'),
    span(inside === undefined ? '' : `, tick ${grouped(inside.mark.tick)}`, 'strong'),
    span(` ${share} `, 'dim'),
  );
  const room = Math.max(0, width - lineWidth(right));
  const program = span(escapeText(meta.program), 'strong');
  const whole = line(span(' wasi-rr ', 'title'), program, '  ', ended);
  // where there is little room, how it ended matters more than what it was
  const left = lineWidth(whole) <= room ? whole : line(' ', ended, '  ', program);
  const kept = cutLine(left, room);
  return [...kept, span(' '.repeat(Math.max(0, room - lineWidth(kept)))), ...right];
}
