/** Bookmarks and marks of this trace, where the last jumps came from, and who wrote the bytes asked for. */

import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { momentText } from '../debugger/inside.ts';
import { line, span } from '../text/line.ts';
import { grouped, hex } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';

export function bookmarksContent({ state, reader }: Debugger): TabContent {
  const lines: ContentLine[] = [];
  const section = (title: string, entries: readonly ContentLine[], what = '') => {
    if (entries.length === 0) return;
    lines.push({ line: line(span(title, 'strong'), span(what, 'dim')) }, ...entries);
  };
  const digits = `${reader.eventCount}`.length + 1;
  const entry = (event: number, label: string, text: string): ContentLine => ({
    line: line(
      span(`  ${label.padEnd(2)} `, 'key'),
      span(`#${event}`.padStart(digits), 'number'),
      `  ${text}`,
    ),
    target: { kind: 'event', event },
  });
  section(
    'bookmarks',
    state.bookmarks.map((bookmark) => ({
      ...entry(bookmark.event, '◆', escapeText(bookmark.note)),
      entry: { kind: 'bookmark', bookmark } as const,
    })),
  );
  section(
    'marks',
    state.marks.map(({ letter, event }) => ({
      ...entry(event, letter, ''),
      entry: { kind: 'mark', letter } as const,
    })),
  );
  const changes = state.memoryChanges;
  if (changes !== undefined) {
    section(
      `changes of ${grouped(changes.length)} bytes at ${hex(changes.address)}${changes.truncated ? ', the last ones' : ''}`,
      changes.lines.map(({ event, text }) => entry(event, '', text)),
      '  guest: before the call, host: by it',
    );
  }
  section(
    'jumps',
    state.jumps
      .toReversed()
      .map(({ event, inside }) => entry(event, '', inside ? momentText(inside.mark) : '')),
  );
  if (lines.length > 0) return { lines };
  return { lines: [{ line: line(span('none yet: b bookmarks a call, m sets a mark', 'dim')) }] };
}
