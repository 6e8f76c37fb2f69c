/** The selected event in full: every argument and result by name and type, what passed, and when. */
import type { StackFrame } from '../../replayer/session/messages.ts';
import type { CallEvent, ComponentEvent, LogEvent, OpenEvent } from '../../traces/events.ts';
import type { ForwardedEntry } from '../../traces/forwarded.ts';
import { parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { isBeingRecorded } from '../../traces/recorder-process.ts';
import { contentsRange, effectOf } from '../../wasi/call-memory.ts';
import { type DecodedField, decodeCall } from '../../wasi/decode.ts';
import { escapeText, quoteText } from '../../wasi/escape.ts';
import { shapeOf } from '../../wasi/fields.ts';
import { errnoDescription } from '../../wasi/names.ts';
import type { DecodedValue } from '../../wasi/scalars.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { canGoPast } from '../debugger/past.ts';
import { type Line, line, span } from '../text/line.ts';
import { clockTime, grouped, hex, shortBytes, shortTime } from '../text/units.ts';
import { callLine, descriptorText } from '../trace/call-text.ts';
import { effectRanges } from '../trace/effects.ts';
import type { Row, TraceRows } from '../trace/rows.ts';
import {
  broughtLines,
  componentCallLines,
  enteredLines,
  lateLines,
  leftLines,
} from './component-call.ts';
import type { ContentLine, TabContent, Target } from './content.ts';
import { hexDump } from './hex-dump.ts';
import { memoryColumns } from './memory-layout.ts';
import { outcomeLines } from './outcome.ts';

/** Bytes of a payload that are shown. */
const MAX_PAYLOAD = 4096;

export function callContent(bugger: Debugger, width: number): TabContent {
  const { position, rows, reader } = bugger;
  const event = rows.event(position);
  const row = rows.get(position);
  // the row of an outcome that no event tells of, below the last event
  if (bugger.state.list.selected >= reader.eventCount) return { lines: endLines(bugger) };
  if (event === undefined) return { lines: [{ line: line('this event cannot be read') }] };
  const lines =
    event.kind === 'call' || event.kind === 'open'
      ? [...callLines(event, row, rows, width), ...forwardedLines(reader, position, width)]
      : otherLines(bugger, event);
  return { lines: [...lines, ...timing(event, row)] };
}

function callLines(
  event: CallEvent | OpenEvent,
  row: Row,
  rows: TraceRows,
  width: number,
): ContentLine[] {
  const { number } = event;
  const injected = rows.injected(number);
  const decoded = decodeCall(event, { maxBytes: 0 });
  if (!decoded.known && row.kind === 'call') {
    const late = { of: rows.lateOf(number), with: rows.lateWith(number) };
    return componentCallLines(event, row.call, late);
  }
  const path = row.kind === 'call' ? row.call.path : undefined;
  const lines: ContentLine[] = [
    { line: line(span(`#${event.number} `, 'dim'), span(escapeText(event.name), 'title')) },
    { line: resultLine(event) },
    ...injected.map((text) => ({ line: line(span(`↯ injected: ${escapeText(text)}`, 'error')) })),
    { line: [] },
  ];
  const pointers = new Map(decoded.pointers.map(({ name, address }) => [name, address]));
  const isPayload = ({ type }: DecodedField) => type === 'bytes' || type === 'dirents';
  const show = (title: string, fields: readonly DecodedField[]) => {
    const shown = fields.filter((field) => field.type !== 'bytes');
    if (shown.length === 0) return;
    lines.push({ line: line(span(title, 'strong')) });
    for (const field of shown) {
      const link = title === 'passed' ? openingOf(field) : undefined;
      lines.push(...fieldLines(field, pointers.get(field.name), path, link));
    }
  };
  show('passed', decoded.args);
  show('returned', decoded.result);
  lines.push(...memoryLines(event));
  if ([...decoded.args, ...decoded.result].some(isPayload)) {
    lines.push(...payloadLines(event, width));
  }
  return lines;
}

function resultLine(event: CallEvent | OpenEvent): Line {
  if (event.kind === 'open') return line(span('✖ did not return', 'fatal'));
  const { errno, known } = decodeCall(event, { maxBytes: 0 });
  if (!known) return line(`returned ${event.results.join(', ')}`);
  if (event.result === 0) return line(span('✓ success', 'good'));
  const meaning = errnoDescription(event.result ?? -1) ?? 'unknown to WASI';
  return line(span(`✖ ${(errno ?? '?').toUpperCase()}`, 'error'), ` ${meaning}`);
}

/** Cells for the names and types of fields. */
const NAME_WIDTH = 14;
const TYPE_WIDTH = 12;

/** Elements of a list that are spelt out. */
const MAX_ITEMS = 64;

function fieldLines(
  field: DecodedField,
  address: number | undefined,
  path: string | undefined,
  link: Target | undefined,
): ContentLine[] {
  const head = [
    span(`  ${field.name.padEnd(NAME_WIDTH)} `, 'name'),
    span(`${field.type.padEnd(TYPE_WIDTH)} `, 'dim'),
  ];
  const target: Target | undefined =
    address === undefined ? undefined : { kind: 'memory', address };
  const whole = (text: string, style: 'text' | 'number' | 'path' | 'string'): ContentLine[] => [
    target === undefined
      ? { line: [...head, span(text, style)] }
      : { line: [...head, span(text, style), span(`  at ${hex(address ?? 0)}`, 'dim')], target },
  ];
  const { type, value } = field;
  if (type === 'fd' && typeof value === 'number') {
    const own = field.name === 'fd' || field.name === 'dirfd' ? path : undefined;
    const text = field.name === 'fd' ? descriptorText(value, own) : `${value}`;
    const shown = line(...head, span(text, 'path'));
    return [link === undefined ? { line: shown } : { line: shown, target: link }];
  }
  if (type === 'path' && typeof value === 'string') return whole(quoteText(value), 'string');
  if (Array.isArray(value) && value.length > 3) {
    const parts = value.slice(0, MAX_ITEMS).map((item) => valueText(item));
    const more = value.length > MAX_ITEMS ? [`… ${value.length} in all`] : [];
    return [
      ...whole(`${value.length} of`, 'text'),
      ...[...parts, ...more].map((text) => ({ line: line(`    ${text}`) })),
    ];
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const inner = Object.entries(value).flatMap(([name, part]) => [
      { line: line(span(`    ${escapeText(name).padEnd(NAME_WIDTH)} `, 'name'), valueText(part)) },
    ]);
    return [...whole('', 'text'), ...inner];
  }
  return whole(valueText(value), 'number');
}

/** Of a descriptor that was passed: the call that opened it. The three streams were not opened by any. */
function openingOf({ type, value }: DecodedField): Target | undefined {
  const opened = type === 'fd' && typeof value === 'number' && value > 2;
  return opened ? { kind: 'opening', fd: value } : undefined;
}

function valueText(value: DecodedValue): string {
  if (value === null) return 'not in the trace';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return value > 0xffff ? `${value} (${hex(value)})` : `${value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(' | ');
  return Object.entries(value)
    .map(([name, part]) => `${escapeText(name)}=${valueText(part)}`)
    .join(' ');
}

function memoryLines(event: CallEvent | OpenEvent): ContentLine[] {
  if (event.kind !== 'call') return [];
  const ranges = effectRanges(event);
  if (ranges.length === 0) return [];
  return [
    { line: line(span('the host wrote', 'strong')) },
    ...ranges.slice(0, MAX_ITEMS).map(({ address, length }) => ({
      line: line(span(`  ${hex(address, 6)} `, 'number'), shortBytes(length)),
      target: { kind: 'memory', address } as const,
    })),
  ];
}

function payloadLines(event: CallEvent | OpenEvent, width: number): ContentLine[] {
  const shape = shapeOf(event.name);
  const field = shape?.all.find(({ type }) => type === 'bytes' || type === 'dirents');
  if (shape === undefined || field === undefined) return [];
  const effect = effectOf(event, field.param);
  const range =
    field.source === 'effect'
      ? { bytes: effect ?? new Uint8Array(0), length: effect?.length ?? 0 }
      : contentsRange(event, shape.fn, field.param);
  if (range.length === 0) return [];
  const bytes = range.bytes.subarray(0, MAX_PAYLOAD);
  const kept = bytes.length < range.length ? `, the first ${shortBytes(bytes.length)}` : '';
  return bytesLines(`payload: ${shortBytes(range.length)}${kept}`, bytes, width);
}

/** What went on with this call that the guest never had. */
function forwardedLines(reader: TraceReader, number: number, width: number): ContentLine[] {
  return reader.forwarded(number, number + 1).flatMap((entry) => {
    const { part, size, kept } = entry;
    const bytes = bytesOf(reader, entry);
    if (bytes === undefined) return [{ line: line(`${part}: what was passed on cannot be read`) }];
    const all = size === null ? `${shortBytes(kept)} or more` : shortBytes(size);
    const shown = bytes.length === size ? '' : `, the first ${shortBytes(bytes.length)}`;
    return bytesLines(`passed on unread: ${part}, ${all}${shown}`, bytes, width);
  });
}

function bytesOf(reader: TraceReader, entry: ForwardedEntry): Uint8Array | undefined {
  try {
    return reader.forwardedBytes(entry, MAX_PAYLOAD);
  } catch {
    return undefined;
  }
}

function bytesLines(title: string, bytes: Uint8Array, width: number): ContentLine[] {
  const isText = textShare(bytes) > 0.9;
  const body = isText ? textLines(bytes) : hexDump(bytes, memoryColumns(width));
  return [{ line: line(span(title, 'strong')) }, ...body.map((one) => ({ line: one }))];
}

/** Share of bytes that are UTF-8 and no control characters. */
function textShare(bytes: Uint8Array): number {
  // what is no UTF-8 becomes U+FFFD
  const characters = [...new TextDecoder().decode(bytes)];
  const text = characters.filter(
    (one) => one !== '\ufffd' && (one >= ' ' || '\n\r\t'.includes(one)),
  );
  return characters.length === 0 ? 0 : text.length / characters.length;
}

/** A line of the payload each, its end shown. */
function textLines(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    const to = end < 0 ? bytes.length : end + 1;
    lines.push(line(span(`  ${escapeText(bytes.subarray(at, to))}`, 'string')));
    at = to;
  }
  return lines;
}

function otherLines(
  bugger: Debugger,
  event: Exclude<LogEvent, CallEvent | OpenEvent>,
): ContentLine[] {
  if (event.kind === 'enter') {
    const args = event.args.length === 0 ? '' : event.args.join(', ');
    const entry = bugger.rows.entryAt(event.number);
    const brought = bugger.rows.lateWith(event.number);
    const late = bugger.rows.lateOf(event.number);
    return [
      { line: line(span(`#${event.number} `, 'dim'), span('the host called the guest', 'title')) },
      ...(entry === undefined
        ? [{ line: line(`  ${escapeText(event.func.name)}(${args})`) }]
        : enteredLines(entry)),
      ...(brought === undefined ? [] : broughtLines(brought)),
      ...(late === undefined ? [] : lateLines(late)),
    ];
  }
  if (event.kind === 'leave') {
    const values = event.results.length === 0 ? 'nothing' : event.results.join(', ');
    const entry = bugger.rows.entryAt(event.number);
    const target = { kind: 'event', event: event.opened } as const;
    return [
      { line: line(span(`#${event.number} `, 'dim'), span('the guest returned', 'title')) },
      ...(entry === undefined ? [{ line: line(`  ${values}`), target }] : leftLines(entry, target)),
    ];
  }
  if (event.kind !== 'unwind') {
    const what = ofRuntime(event);
    return [{ line: line(span(`#${event.number} `, 'dim'), span(what, 'title')) }];
  }
  const { eventCount, meta } = bugger.reader;
  // a server goes on with a new instance
  const goesOn = event.number < eventCount - 1;
  const what = goesOn ? 'this instance ended, and the run went on' : 'the run ended';
  return [
    { line: line(span(`#${event.number} `, 'dim'), span(what, 'title')) },
    ...outcomeLines(goesOn ? parseOutcomeText(event.reason) : meta.outcome, trapStack(bugger)),
  ];
}

/** What the runtime of a component did. */
function ofRuntime(event: ComponentEvent): string {
  switch (event.kind) {
    case 'instantiate':
      return `core instance ${event.instance} is made`;
    case 'return':
      return `#${event.opened} is answered`;
    case 'throw':
      return `#${event.opened} fails: ${escapeText(event.message)}`;
    case 'suspend':
      return `#${event.opened} is suspended`;
  }
}

/** With lines of the source, once the replay has come there. */
function trapStack({ atTrap, guest, position }: Debugger): readonly StackFrame[] | undefined {
  return atTrap && guest.stack?.position === position ? guest.stack.value : undefined;
}

/** After the last event: how the run ended, what came last, and what can be done. */
function endLines(bugger: Debugger): ContentLine[] {
  const { reader, position } = bugger;
  const { meta } = reader;
  if (isBeingRecorded(meta)) {
    return [{ line: line(span('the recording goes on', 'title')) }, lastEventLine(bugger)];
  }
  const hint = canGoPast(bugger)
    ? [{ line: [] }, { line: line(span('c', 'key'), ' lets it run on from here, and samples it') }]
    : [];
  return [
    { line: line(span(`after #${position} `, 'dim'), span('the run ended', 'title')) },
    ...outcomeLines(meta.outcome),
    lastEventLine(bugger),
    ...hint,
  ];
}

/** What came last, with the way there. */
function lastEventLine({ rows, position }: Debugger): ContentLine {
  const row = rows.get(position);
  const text = row.kind === 'call' ? callLine(row.call, undefined) : [span(row.text)];
  const shown = line('  last  ', span(`#${position} `, 'number'), ...text);
  return { line: shown, target: { kind: 'event', event: position } };
}

function timing(event: LogEvent, row: Row): ContentLine[] {
  const rows: (readonly [string, string])[] = [['since start', `${clockTime(event.startNs)} s`]];
  if (event.kind === 'call') rows.push(['took', shortTime(event.durationNs)]);
  if (row.kind === 'call') rows.push(['guest before', shortTime(row.guestNs)]);
  const kib = event.pages * 64;
  rows.push(['memory after', `${grouped(event.pages)} pages (${shortBytes(kib * 1024)})`]);
  return [
    { line: [] },
    { line: line(span('timing', 'strong')) },
    ...rows.map(([name, text]) => ({
      line: line(span(`  ${name.padEnd(NAME_WIDTH)} `, 'name'), text),
    })),
  ];
}
