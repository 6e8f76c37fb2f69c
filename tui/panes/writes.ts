/** Who wrote the bytes asked for: the last write with its stack, and those before it. */
import type { LocatedWrite } from '../../replayer/timetravel/messages.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { momentText } from '../debugger/inside.ts';
import { changedBytes, rangeText } from '../debugger/memory-history.ts';
import type { Writers } from '../debugger/who-wrote.ts';
import { numberText } from '../model/number-text.ts';
import { type Line, line, span } from '../text/line.ts';
import { grouped, hex } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';
import { frameLines, placeSpan } from './stack.ts';
import { historyContent } from './value-history.ts';

export function writesContent({ state, reader }: Debugger): TabContent {
  const { writers } = state;
  if (writers === undefined) {
    const hint =
      'nothing was asked yet: W in Memory and Locals finds who wrote there, H in Locals how';
    return { lines: [{ line: line(span(hint, 'dim')) }] };
  }
  if (writers.kind === 'values') return historyContent(writers);
  const { found, stack, upTo, variable } = writers;
  const [last, ...earlier] = found.writes.toReversed();
  const lines: ContentLine[] = [{ line: title(writers) }];
  if (found.note !== undefined) lines.push({ line: line(span(escapeText(found.note), 'error')) });
  if (last === undefined) {
    const where = variable?.since === undefined ? '' : ' in this call of the function';
    const data = found.hasData ? ': what it held is data of the module' : '';
    const text = `nothing was written there${where} ${upToText(upTo)}${data}`;
    lines.push({ line: line(span(text, 'dim')) });
    return { lines };
  }
  const entry = (write: LocatedWrite) => writeLine(write, writers, reader.eventCount);
  const heading = (text: string) => ({ line: line(span(text, 'strong')) });
  lines.push(heading('the last write'), entry(last));
  if (stack !== undefined) lines.push(...stackLines(stack, last));
  if (earlier.length > 0) lines.push(heading('before it'), ...earlier.map(entry));
  return { lines, note: upToText(upTo) };
}

function upToText(upTo: Writers['upTo']): string {
  return typeof upTo === 'number' ? `up to #${upTo}` : `until ${momentText(upTo)}`;
}

/** Each leads to the moment of the write. */
function stackLines(
  stack: NonNullable<Writers['stack']>,
  { by, mark }: LocatedWrite,
): ContentLine[] {
  return frameLines(stack).map(({ line: text, target }) =>
    by === 'guest' && target?.kind === 'frame'
      ? { line: text, target: { kind: 'moment', mark, level: target.level } }
      : { line: text },
  );
}

function title({ found, variable, ...range }: Writers): Line {
  const { writes, total } = found;
  const shown = total > writes.length ? `, the last ${grouped(writes.length)} of them here` : '';
  const many = total === 1 ? '1 write' : `${grouped(total)} writes`;
  const name = variable === undefined ? '' : `${escapeText(variable.name)}  `;
  const call = variable?.since === undefined ? '' : ' in this call of the function';
  return line(span(name, 'name'), span(rangeText(range), 'strong'), `  ${many}${call}${shown}`);
}

/** Leads to the instruction; of the host's, to the call. */
function writeLine(write: LocatedWrite, writers: Writers, events: number): ContentLine {
  const { by, mark, from, frame, call } = write;
  const host = by === 'host';
  const when = host ? `by #${mark.event}` : mark.event < 0 ? 'before #0' : `after #${mark.event}`;
  const [source] = frame?.source ?? [];
  const name = source?.name ?? frame?.name ?? (host ? `host: ${call}` : `function ${frame?.func}`);
  return {
    line: line(
      span(`  ${when}`, 'number'),
      span(`  ${hex(from)}  `, 'dim'),
      changeText(write, writers),
      span(`  ${escapeText(name)}`, 'name'),
      placeSpan(source?.place),
    ),
    target: host
      ? { kind: 'event', event: Math.min(mark.event, events - 1) }
      : { kind: 'moment', mark },
  };
}

/** As numbers of the variable's type, where it was written whole; else as bytes. */
function changeText({ before, after, length }: LocatedWrite, { variable, length: whole }: Writers) {
  const text = variable && whole === length && numberText(variable.type);
  if (!text || before.length !== whole || after.length !== whole)
    return changedBytes(before, after);
  return `${text(before)} → ${text(after)}`;
}
