/** The guest's globals, as far as JavaScript can see them. */

import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { TabContent } from './content.ts';

const NAME_WIDTH = 24;

export function globalsContent({ guest, position }: Debugger): TabContent {
  const { globals } = guest;
  if (globals === undefined) {
    return { lines: [{ line: line(span(guest.problemAt(position) ?? 'replaying…', 'dim')) }] };
  }
  const { value } = globals;
  const lines = value.globals.map(({ name, value: content }) => ({
    line: line(
      span(`${escapeText(name).padEnd(NAME_WIDTH)} `, 'name'),
      span(escapeText(String(content)), 'number'),
      span(typeof content === 'number' && content > 0xff ? `  ${hex(content)}` : '', 'dim'),
    ),
  }));
  const hidden =
    value.hidden === 0
      ? []
      : [{ line: line(span(`${value.hidden} more that the module does not export`, 'dim')) }];
  return { lines: [...lines, ...hidden], note: globals.position === position ? '' : 'replaying…' };
}
