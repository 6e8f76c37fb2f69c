/** The guest's globals, with those that the module keeps to itself. */

import type { GlobalValue } from '../../replayer/session/messages.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { chosenText } from '../debugger/instances.ts';
import { shownGlobals } from '../debugger/shown.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import { padEnd } from '../text/width.ts';
import { type ContentLine, messageLines, type TabContent } from './content.ts';

const NAME_WIDTH = 24;

export function globalsContent(bugger: Debugger, width: number): TabContent {
  const { globals, hidden, problem, waiting } = shownGlobals(bugger);
  const { chosen } = bugger.guest;
  const whose = chosen === undefined ? '' : ` of ${chosenText(chosen)}`;
  if (globals === undefined || problem !== undefined) {
    return { lines: messageLines(problem ?? waiting ?? '', width) };
  }
  const lines = globals.map(globalLine);
  if (hidden > 0) lines.push({ line: line(span(`${hidden} more, too many to read`, 'dim')) });
  if (lines.length === 0) lines.push({ line: line(span('the module has no globals', 'dim')) });
  const stale = waiting === undefined ? '' : `  ${waiting}`;
  return { lines, note: `${globals.length} globals${whose}${stale}` };
}

/** What may be an address leads there. */
function globalLine({ index, name, exported, value }: GlobalValue): ContentLine {
  const title = name === undefined ? '(no name)' : escapeText(name);
  const shown = line(
    span(`${index}`.padStart(4), 'dim'),
    span(`  ${padEnd(title, NAME_WIDTH)} `, name === undefined ? 'dim' : 'name'),
    span(escapeText(String(value)), 'number'),
    span(`${hexOf(value)}${exported ? '  exported' : ''}`, 'dim'),
  );
  const isAddress = typeof value === 'number' && Number.isInteger(value) && value >>> 0 > 0xff;
  return isAddress
    ? { line: shown, target: { kind: 'memory', address: value >>> 0 } }
    : { line: shown };
}

/** Of an integer that is not plain as it is: `  0x10000`. */
function hexOf(value: GlobalValue['value']): string {
  if (typeof value === 'bigint') return `  0x${BigInt.asUintN(64, value).toString(16)}`;
  if (typeof value !== 'number' || !Number.isInteger(value)) return '';
  if (value >= 0 && value <= 0xff) return '';
  return value >= -(2 ** 31) && value < 2 ** 32 ? `  ${hex(value >>> 0)}` : '';
}
