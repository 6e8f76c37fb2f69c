/** What was run, where, and how it ended. */

import type { GuestString } from '../../traces/meta.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { ServedRequest } from '../../traces/requests.ts';
import { escapeText, quoteText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { type Line, line, span } from '../text/line.ts';
import { grouped, shortTime } from '../text/units.ts';
import { requestText } from '../trace/rows.ts';
import type { ContentLine, TabContent } from './content.ts';
import { outcomeLines } from './outcome.ts';

const NAME_WIDTH = 12;

export function infoContent({ reader, path }: Pick<Debugger, 'reader' | 'path'>): TabContent {
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
  return {
    lines: [
      ...lines.map((one) => ({ line: one })),
      ...outcomeLines(meta.outcome),
      ...requestLines(reader),
    ],
  };
}

/** Requests that are listed: all are in `wasi-rr log --requests`. */
const MAX_REQUESTS = 10_000;

const listed = new WeakMap<TraceReader, { readonly of: unknown; readonly lines: ContentLine[] }>();

/** Of a server: Enter goes to where a request ended. Those that failed come first. */
function requestLines(reader: TraceReader): readonly ContentLine[] {
  const { meta, eventCount } = reader;
  if (meta.serving === undefined) return [];
  const known = listed.get(reader);
  if (known?.of === eventCount) return known.lines;
  const requests = reader.requests();
  const failed = requests.filter(({ failure }) => failure !== null);
  const others = requests.filter(({ failure }) => failure === null);
  const all = [...failed, ...others].slice(0, MAX_REQUESTS);
  const lines = [
    { line: line(span('requests', 'strong'), span(`  ${grouped(requests.length)}`, 'dim')) },
    ...all.map(requestLine),
  ];
  listed.set(reader, { of: eventCount, lines });
  return lines;
}

function requestLine(request: ServedRequest): ContentLine {
  const { failure, durationNs, spans } = request;
  const [first, last] = [spans[0]?.[0], spans.at(-1)?.[1]];
  const event = failure === null ? first : last;
  return {
    line: line(
      span(failure === null ? '  ' : '✖ ', 'fatal'),
      span(`#${event ?? '?'} `.padEnd(9), 'number'),
      span(requestText(request), failure === null ? 'text' : 'fatal'),
      span(`  ${shortTime(durationNs)}`, 'dim'),
    ),
    ...(event !== undefined && { target: { kind: 'event', event } as const }),
  };
}

function guestText(text: GuestString): string {
  return typeof text === 'string' ? quoteText(text) : `bytes ${escapeText(text.hex)}`;
}
