/** A call of a component in full: the function of an interface, with the values that the index has. */
import type { CallEvent, OpenEvent } from '../../traces/events.ts';
import type { CallRow } from '../../traces/timeline.ts';
import { escapeText } from '../../wasi/escape.ts';
import { type Line, line, span } from '../text/line.ts';
import { fieldsOf } from '../trace/call-text.ts';
import type { ContentLine } from './content.ts';

/** Cells for the names of parameters. */
const NAME_WIDTH = 14;

export function componentCallLines(event: CallEvent | OpenEvent, row: CallRow): ContentLine[] {
  const { module, name } = event.func;
  return [
    { line: line(span(`#${event.number} `, 'dim'), span(escapeText(name), 'title')) },
    { line: line(span(escapeText(module), 'dim')) },
    { line: outcomeLine(row) },
    { line: [] },
    ...section('passed', fieldsOf(row.args)),
    ...section('returned', fieldsOf(row.result)),
  ];
}

function outcomeLine({ errno, durationNs }: CallRow): Line {
  if (errno === 'success') return line(span('✓ success', 'good'));
  if (errno !== undefined) return line(span(`✖ ${escapeText(errno)}`, 'error'));
  return durationNs === undefined
    ? line(span('✖ did not return', 'fatal'))
    : line(span('✖ the host failed', 'fatal'));
}

/** Texts are escaped as they are in the index; that of a trace made by others need not be. */
function section(title: string, fields: Readonly<Record<string, unknown>>): ContentLine[] {
  const lines = Object.entries(fields).map(([name, value]) => ({
    line: line(
      span(`  ${escapeText(name).padEnd(NAME_WIDTH)} `, 'name'),
      escapeText(typeof value === 'string' ? value : JSON.stringify(value)),
    ),
  }));
  return lines.length === 0 ? [] : [{ line: line(span(title, 'strong')) }, ...lines];
}
