/** How a variable changed: its values, the last one first, each with the function and line that made it. */
import type { LocatedChange, LocatedHistory } from '../../replayer/timetravel/messages.ts';
import { escapeText } from '../../wasi/escape.ts';
import { momentText } from '../debugger/inside.ts';
import type { ShownHistory } from '../debugger/value-history.ts';
import { line, span } from '../text/line.ts';
import { grouped } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';
import { placeSpan } from './stack.ts';

/** Calls in calls that are set in. */
const MAX_INDENT = 12;

export function historyContent({ asked, found }: ShownHistory): TabContent {
  const { changes, total, complete, scope } = found;
  const many = total === 1 ? '1 change' : `${grouped(total)} changes`;
  const shown = total > changes.length ? `, the last ${grouped(changes.length)} of them here` : '';
  const dim = (text: string): ContentLine => ({ line: line(span(text, 'dim')) });
  const title = line(
    span(escapeText(asked.name), 'name'),
    span(`  ${escapeText(found.type)}`, 'dim'),
    `  ${total === 0 ? 'no change' : many} ${scopeText(found)}${shown}`,
  );
  const outermost = Math.min(...changes.map(({ activation }) => activation?.depth ?? 0));
  const lines: ContentLine[] = [{ line: title }];
  if (!complete) {
    lines.push(dim('it changes so often that only the last part of them was looked at'));
  }
  if (total === 0 && scope === 'call' && found.range !== undefined) {
    lines.push(dim('nothing was written to it: what it holds was there before'));
  }
  lines.push(...changes.toReversed().map((change) => changeLine(change, scope, outermost)));
  return { lines, note: `until ${momentText(asked.mark)}` };
}

function scopeText({ scope, func, calls }: LocatedHistory): string {
  const name = escapeText(func ?? '');
  if (scope === 'run') return 'in the run';
  if (scope === 'call') return `in this call of ${name}`;
  return calls === 1 ? `in the one call of ${name}` : `in ${grouped(calls ?? 0)} calls of ${name}`;
}

function changeLine(
  { mark, by, call, path, before, after, activation, frame }: LocatedChange,
  scope: LocatedHistory['scope'],
  outermost: number,
): ContentLine {
  const when = mark.event < 0 ? 'before #0' : `after #${mark.event}`;
  const nested = activation === undefined ? 0 : activation.depth - outermost;
  const which =
    scope === 'function' && activation !== undefined
      ? `  call ${activation.number} ${'· '.repeat(Math.min(MAX_INDENT, nested))}`
      : '';
  const [source] = frame.source;
  const name = source?.name ?? frame.name ?? `function ${frame.func}`;
  return {
    line: line(
      span(`  ${when}`, 'number'),
      span(which, 'dim'),
      span(path === '' ? '' : `  ${escapeText(path)}`, 'name'),
      before === undefined ? '  = ' : `  ${escapeText(before)} → `,
      span(escapeText(after), 'changed'),
      span(`  ${by === 'host' ? `host: ${escapeText(call ?? 'a call')}, in ` : ''}`, 'dim'),
      span(escapeText(name), 'name'),
      placeSpan(source?.place),
    ),
    target: { kind: 'moment', mark },
  };
}
