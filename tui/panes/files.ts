/** The descriptors that are open after the selected event: what they are, and how they stand. */

import { accessText, offsetText, rightsText } from '../../wasi/descriptor-text.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { line, span } from '../text/line.ts';
import { padEnd, textWidth } from '../text/width.ts';
import { wrapWords } from '../text/wrap.ts';
import type { Answers } from '../trace/query-messages.ts';
import type { ContentLine, TabContent } from './content.ts';

type OpenFile = Answers['history']['descriptors'][number];

/** Titles of the columns. */
const HEAD = '   fd  kind      use ';
const HEAD_OFFSET = 'offset';

export function filesContent(bugger: Debugger, width: number): TabContent {
  const { state, position, rows, reader } = bugger;
  const { history } = state;
  if (history === undefined) return { lines: [{ line: line(span('reading…', 'dim')) }] };
  if (reader.meta.flavour === 'component') return resourcesContent(history, position);
  const row = rows.get(position);
  const used = row.kind === 'call' ? row.call.fd : undefined;
  const { descriptors } = history;
  const widest = (text: (file: OpenFile) => string) =>
    Math.max(0, ...descriptors.map((file) => textWidth(text(file))));
  const pathWidth = widest(({ path }) => escapeText(path ?? ''));
  const offsetWidth = Math.max(HEAD_OFFSET.length, widest(offsetText));
  const lines = descriptors.map((file): ContentLine => {
    const { fd, kind, path, openedBy } = file;
    const shown = line(
      span(fd === used ? '▸ ' : '  ', 'strong'),
      span(`${fd}`.padStart(3), 'number'),
      `  ${kind.padEnd(9)} ${accessText(file).padEnd(3)} `,
      span(offsetText(file).padStart(offsetWidth), 'number'),
      '  ',
      span(padEnd(escapeText(path ?? ''), pathWidth), 'path'),
      span(openedBy === undefined ? '' : `  #${openedBy}`, 'dim'),
    );
    if (openedBy === undefined) return { line: shown };
    return { line: shown, target: { kind: 'event', event: openedBy } };
  });
  const stale = history.event === position ? '' : ' (reading…)';
  return {
    lines: [
      { line: line(span(HEAD, 'dim'), span(HEAD_OFFSET.padStart(offsetWidth), 'dim')) },
      ...lines,
      { line: [] },
      { line: line(span('rights', 'strong')) },
      ...descriptors.flatMap((file) => rightsLines(file, width)),
    ],
    note: `${descriptors.length} open${stale}`,
  };
}

/** The handles that a component holds. */
function resourcesContent(
  { resources, event }: NonNullable<Debugger['state']['history']>,
  position: number,
): TabContent {
  if (resources === undefined) {
    const text = 'this trace was made before handles of several components were told apart';
    return { lines: [{ line: line(span(text, 'dim')) }] };
  }
  const widest = Math.max(0, ...resources.map(({ text }) => textWidth(text)));
  const several = new Set(resources.map(({ component }) => component)).size > 1;
  const lines = resources.map(
    ({ text, openedBy, component, perhapsGiven }): ContentLine => ({
      line: line(
        span(`  ${padEnd(text, widest)}`, 'text'),
        span(`  #${openedBy}`, 'dim'),
        span(several ? `  component ${component}` : '', 'dim'),
        span(perhapsGiven ? '  perhaps given to another' : '', 'dim'),
      ),
      target: { kind: 'event', event: openedBy },
    }),
  );
  return { lines, note: `${resources.length} open${event === position ? '' : ' (reading…)'}` };
}

/** All rights of a descriptor by name. */
function rightsLines({ fd, rights }: OpenFile, width: number): ContentLine[] {
  const text =
    rights === undefined
      ? '? the calls do not tell'
      : `${rightsText(rights.base)}${rights.confirmed ? '' : ' (asked for)'}`;
  return wrapWords(text, width - INDENT - 1).map((part, index) => ({
    line: line(
      span(index === 0 ? `  ${`${fd}`.padStart(3)}  ` : ' '.repeat(INDENT), 'number'),
      span(part, rights === undefined ? 'dim' : 'text'),
    ),
  }));
}

/** Cells before the rights of a descriptor. */
const INDENT = 7;
