/** Who wrote the bytes asked for: the last write with its stack, and those before it. */
import type { LocatedWrite } from '../../replayer/timetravel/messages.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { changedBytes, rangeText } from '../debugger/memory-history.ts';
import type { Writers } from '../debugger/who-wrote.ts';
import { type Line, line, span } from '../text/line.ts';
import { grouped, hex } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';
import { frameLines, placeSpan } from './stack.ts';

export function writesContent({ state, reader }: Debugger): TabContent {
  const { writers } = state;
  if (writers === undefined) {
    const hint = 'nothing was asked yet: W in Memory finds who wrote the bytes there';
    return { lines: [{ line: line(span(hint, 'dim')) }] };
  }
  const { found, stack, upTo } = writers;
  const [last, ...earlier] = found.writes.toReversed();
  const lines: ContentLine[] = [{ line: title(writers) }];
  if (found.note !== undefined) lines.push({ line: line(span(escapeText(found.note), 'error')) });
  if (last === undefined) {
    lines.push({ line: line(span(`nothing was written there up to #${upTo}`, 'dim')) });
    return { lines };
  }
  const entry = (write: LocatedWrite) => writeLine(write, reader.eventCount);
  const heading = (text: string) => ({ line: line(span(text, 'strong')) });
  lines.push(heading('the last write'), entry(last));
  if (stack !== undefined) lines.push(...frameLines(stack));
  if (earlier.length > 0) lines.push(heading('before it'), ...earlier.map(entry));
  return { lines, note: `up to #${upTo}` };
}

function title({ found, ...range }: Writers): Line {
  const { writes, total } = found;
  const shown = total > writes.length ? `, the last ${grouped(writes.length)} of them here` : '';
  const many = total === 1 ? '1 write' : `${grouped(total)} writes`;
  return line(span(rangeText(range), 'strong'), `  ${many}${shown}`);
}

/** Leads to the first event at which the write is seen. */
function writeLine(write: LocatedWrite, events: number): ContentLine {
  const { by, mark, from, before, after, frame, call } = write;
  const host = by === 'host';
  const when = host ? `by #${mark.event}` : mark.event < 0 ? 'before #0' : `after #${mark.event}`;
  const [source] = frame?.source ?? [];
  const name = source?.name ?? frame?.name ?? (host ? `host: ${call}` : `function ${frame?.func}`);
  return {
    line: line(
      span(`  ${when}`, 'number'),
      span(`  ${hex(from)}  `, 'dim'),
      changedBytes(before, after),
      span(`  ${escapeText(name)}`, 'name'),
      placeSpan(source?.place),
    ),
    target: { kind: 'event', event: host ? mark.event : Math.min(mark.event + 1, events - 1) },
  };
}
