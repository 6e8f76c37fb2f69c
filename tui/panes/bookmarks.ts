/** Bookmarks and marks of this trace, where the last jumps came from, and who wrote the bytes asked for. */

import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { hex } from '../text/units.ts';
import type { ContentLine, TabContent } from './content.ts';

export function bookmarksContent({ state, guest }: Debugger): TabContent {
  const lines: ContentLine[] = [];
  const section = (title: string, entries: readonly ContentLine[]) => {
    if (entries.length === 0) return;
    lines.push({ line: line(span(title, 'strong')) }, ...entries);
  };
  const entry = (event: number, label: string, text: string): ContentLine => ({
    line: line(span(`  ${label.padEnd(4)} `, 'key'), span(`#${event}`, 'number'), `  ${text}`),
    target: { kind: 'event', event },
  });
  section(
    'bookmarks',
    (guest.ready?.bookmarks() ?? []).map(({ event, note }) => entry(event, '', escapeText(note))),
  );
  section(
    'marks',
    state.marks.map(({ letter, event }) => entry(event, letter, '')),
  );
  const changes = state.memoryChanges;
  if (changes !== undefined) {
    section(
      `changes of ${changes.length} bytes at ${hex(changes.address)}`,
      changes.lines.map(({ event, text }) => entry(event, '', text)),
    );
  }
  section(
    'jumps',
    state.jumps.toReversed().map((event) => entry(event, '', '')),
  );
  if (lines.length > 0) return { lines };
  return { lines: [{ line: line(span('none yet: b bookmarks a call, m sets a mark', 'dim')) }] };
}
