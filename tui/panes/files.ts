/** The descriptors that are open after the selected event. */

import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { padEnd, textWidth } from '../text/width.ts';
import { fieldsOf } from '../trace/call-text.ts';
import type { Row } from '../trace/rows.ts';
import type { TabContent } from './content.ts';

/** `rw` by the rights that a file was opened with. */
function accessOf(opener: Row): string {
  const rights = opener.kind === 'call' ? fieldsOf(opener.call.args).fs_rights_base : undefined;
  if (!Array.isArray(rights)) return '  ';
  return (rights.includes('fd_read') ? 'r' : '-') + (rights.includes('fd_write') ? 'w' : '-');
}

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
    const access = openedBy === undefined ? '  ' : accessOf(rows.get(openedBy));
    const opened = openedBy === undefined ? '' : `#${openedBy}`;
    const shown = line(
      span(fd === used ? '▸ ' : '  ', 'strong'),
      span(`${fd}`.padStart(3), 'number'),
      `  ${kind.padEnd(9)} ${access} `,
      span(padEnd(escapeText(path ?? ''), pathWidth), 'path'),
      span(`  ${opened}`, 'dim'),
    );
    if (openedBy === undefined) return { line: shown };
    return { line: shown, target: { kind: 'event', event: openedBy } as const };
  });
  const stale = history.event === position ? '' : ' (reading…)';
  return { lines, note: `${lines.length} open${stale}` };
}
