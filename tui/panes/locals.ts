/** Locals: the watch list, and the variables of the selected frame, as rows that open. */
import { sameMark } from '../../replayer/timetravel/mark.ts';
import type { VariableRow } from '../../replayer/values/messages.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { insideFailure, selectedName } from '../debugger/inside.ts';
import { line, span } from '../text/line.ts';
import type { ContentLine, TabContent } from './content.ts';
import { wrapped } from './source.ts';

export function localsContent(bugger: Debugger): TabContent {
  const { state, travel, position } = bugger;
  const { inside, insideProblem } = state;
  const { rows } = travel;
  const dim = (text: string): ContentLine => ({ line: line(span(text, 'dim')) });
  const failed = insideFailure(bugger);
  if (inside === undefined || rows === undefined || failed !== undefined) {
    const known = insideProblem?.position === position ? insideProblem.text : undefined;
    const problem = failed ?? known ?? 'replaying…';
    return { lines: wrapped(escapeText(problem)).map(dim) };
  }
  const isHere = sameMark(rows.mark, inside.mark);
  const before = isHere ? travel.valuesBefore : new Map<string, string>();
  const watched = rows.value.filter(({ key }) => key.startsWith('watch '));
  const own = rows.value.filter(({ key }) => !key.startsWith('watch '));
  const lines: ContentLine[] = [];
  const heading = (text: string) => ({ line: line(span(text, 'strong')) });
  if (watched.length > 0) {
    lines.push(heading('watch list'), ...watched.map((row) => rowLine(row, before)));
  }
  lines.push(heading(escapeText(selectedName(inside))), ...own.map((row) => rowLine(row, before)));
  if (own.length === 0) lines.push(dim('  no variables'));
  return { lines, note: isHere ? '' : 'reading…' };
}

/** `*` marks what has changed since the stop before. */
function rowLine(row: VariableRow, before: ReadonlyMap<string, string>): ContentLine {
  const { depth, name, value, type, expands, isOpen, kind } = row;
  const old = before.get(row.key);
  const changed = old !== undefined && old !== value;
  const sign = expands ? (isOpen ? '▾' : '▸') : ' ';
  const isPart = kind === 'part';
  return {
    line: line(
      span(changed ? '*' : ' ', 'changed'),
      span(`${'  '.repeat(depth)}${sign} `, 'dim'),
      span(escapeText(name), isPart ? 'text' : 'name'),
      ' = ',
      span(escapeText(value), changed ? 'changed' : value.startsWith('<') ? 'dim' : 'text'),
      span(type === '' ? '' : `  ${escapeText(type)}`, 'dim'),
    ),
    row,
  };
}
