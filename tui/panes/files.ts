/** The descriptors that are open after the selected event. */

import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { padEnd, textWidth } from '../text/width.ts';
import type { TabContent } from './content.ts';

export function filesContent({ state, position, rows }: Debugger): TabContent {
  const { history } = state;
  if (history === undefined) return { lines: [{ line: line(span('reading…', 'dim')) }] };
  const row = rows.get(position);
  const used = row.kind === 'call' ? row.call.fd : undefined;
  const pathWidth = Math.max(
    0,
    ...history.descriptors.map(({ path }) => textWidth(escapeText(path ?? ''))),
  );
  const lines = history.descriptors.map(({ fd, kind, path, openedBy }) => {
    const opened = openedBy === undefined ? '' : `#${openedBy}`;
    const shown = line(
      span(fd === used ? '▸ ' : '  ', 'strong'),
      span(`${fd}`.padStart(3), 'number'),
      `  ${kind.padEnd(9)} `,
      span(padEnd(escapeText(path ?? ''), pathWidth), 'path'),
      span(`  ${opened}`, 'dim'),
    );
    if (openedBy === undefined) return { line: shown };
    return { line: shown, target: { kind: 'event', event: openedBy } as const };
  });
  const stale = history.event === position ? '' : ' (reading…)';
  return { lines, note: `${lines.length} open${stale}` };
}
