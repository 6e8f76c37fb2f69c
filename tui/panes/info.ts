/** What was run, where, and how it ended. */

import type { GuestString } from '../../traces/meta.ts';
import { escapeText, quoteText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { type Line, line, span } from '../text/line.ts';
import { grouped, shortTime } from '../text/units.ts';
import type { TabContent } from './content.ts';
import { outcomeLines } from './outcome.ts';

const NAME_WIDTH = 12;

export function infoContent({ reader, path }: Debugger): TabContent {
  const { meta } = reader;
  const { runtime, tool } = meta;
  const field = (name: string, text: string): Line =>
    line(span(`  ${name.padEnd(NAME_WIDTH)} `, 'name'), text);
  const lines: Line[] = [
    line(span(escapeText(meta.program), 'title')),
    field('trace', escapeText(path)),
    field('recorded', escapeText(meta.started)),
    field('events', `${grouped(reader.eventCount)} (${grouped(meta.calls ?? 0)} calls)`),
    field('took', meta.durationNs === undefined ? 'unknown' : shortTime(meta.durationNs)),
    field(
      'memory',
      meta.finalMemory === undefined ? 'unknown' : `${meta.finalMemory.pages} pages at the end`,
    ),
    field('host', escapeText(meta.host)),
    field(
      'recorder',
      escapeText(`${tool.name} ${tool.version}, Node ${runtime.node}, V8 ${runtime.v8}`),
    ),
    field('machine', escapeText(`${runtime.platform} ${runtime.arch}, ${runtime.cpu}`)),
    [],
    line(span('arguments', 'strong')),
    ...meta.argv.map((text, index) => line(span(`  ${index} `, 'dim'), guestText(text))),
    line(span('environment', 'strong')),
    ...(meta.env.length === 0 ? [line(span('  empty', 'dim'))] : []),
    ...meta.env.map((text) => line(`  ${guestText(text)}`)),
    line(span('folders', 'strong')),
    ...(meta.preopens.length === 0 ? [line(span('  none', 'dim'))] : []),
    ...meta.preopens.map(({ guest, host }) =>
      line('  ', span(escapeText(guest), 'path'), span(' is ', 'dim'), escapeText(host)),
    ),
    line(span('outcome', 'strong')),
  ];
  return { lines: [...lines.map((one) => ({ line: one })), ...outcomeLines(meta.outcome)] };
}

function guestText(text: GuestString): string {
  return typeof text === 'string' ? quoteText(text) : `bytes ${escapeText(text.hex)}`;
}
