/**
 * A call in few cells, from its row in the calls index: name, what it is about, what was passed, what
 * came back. Rights and lookup flags, which are the same nearly always, are left to the detail pane.
 */
import type { CallRow } from '../../traces/timeline.ts';
import { methodOf } from '../../wasi/component/call-words.ts';
import { escapeText, quoteText } from '../../wasi/escape.ts';
import { shapeOf } from '../../wasi/fields.ts';
import { type Line, type Span, span } from '../text/line.ts';

const STREAMS = ['stdin', 'stdout', 'stderr'];

/** Arguments that say little for their length. */
const UNSAID: ReadonlySet<string> = new Set([
  'dirflags',
  'flags',
  'fs_rights_base',
  'fs_rights_inheriting',
  'ri_flags',
  'si_flags',
  'fdflags',
]);

/** Characters of a payload. */
const MAX_PREVIEW = 48;

/** What the index says of a call's arguments or results; empty where it is no object. */
export function fieldsOf(json: string | undefined): Readonly<Record<string, unknown>> {
  if (json === undefined) return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Characters of a path from which only its end is shown: the payload needs the room. */
const LONG_PATH = 20;

/** `…/users.csv` for a long path. */
function shortPath(path: string | undefined): string | undefined {
  if (path === undefined || path.length <= LONG_PATH) return path;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.length + 2 < path.length ? `…/${name}` : path;
}

/** `4</users.csv>`, `1<stdout>`. */
export function descriptorText(fd: number, path: string | undefined): string {
  const label = path ?? STREAMS[fd];
  return label === undefined ? `${fd}` : `${fd}<${escapeText(label)}>`;
}

/**
 * @param payload the first bytes that passed, where they are known already
 */
export function callLine(row: CallRow, payload: Uint8Array | undefined): Line {
  const shape = shapeOf(row.name);
  const args = { ...fieldsOf(row.args) };
  const parts: Span[][] = [];
  const head = headOf(row.name, args);
  const subject = shape?.fd === undefined ? undefined : shape.fn.params[shape.fd]?.name;
  const path = shape?.path === undefined ? undefined : shape.fn.params[shape.path]?.name;
  if (path !== undefined) {
    parts.push([span(quoteText(row.path ?? String(args[path] ?? '?')), 'path')]);
    if (subject !== undefined) delete args[subject];
    delete args[path];
  } else if (subject !== undefined && row.fd !== undefined) {
    parts.push([span(descriptorText(row.fd, shortPath(row.path)), 'path')]);
    delete args[subject];
  }
  if (payload !== undefined && payload.length > 0) {
    parts.push([span(quoteText(payload, { maxText: MAX_PREVIEW }), 'string')]);
  }
  for (const [name, value] of Object.entries(args)) {
    // the text says how long it is
    const isSaid = name === 'iovs' && payload !== undefined && payload.length > 0;
    if (isSaid || UNSAID.has(name) || isEmpty(value)) continue;
    parts.push([span(shortValue(value), 'number')]);
  }
  const spans: Span[] = [...head, span('(')];
  parts.forEach((part, index) => {
    if (index > 0) spans.push(span(', '));
    spans.push(...part);
  });
  return [...spans, span(')')];
}

/** A call without what it was passed. */
export function callHeadLine({ name, args }: CallRow): Line {
  return headOf(name, { ...fieldsOf(args) });
}

/** The name; of a function of a component's runtime with what it is about, which is no argument then. */
function headOf(name: string, args: Record<string, unknown>): Span[] {
  const { self, of } = args;
  const method = methodOf(name);
  if (method !== undefined && typeof self === 'string') {
    delete args.self;
    return [span(shortValue(self), 'path'), span(`.${escapeText(method)}`, 'name')];
  }
  if (name.startsWith('task.') && typeof of === 'string') {
    delete args.of;
    return [span(escapeText(name), 'name'), span(` ${shortValue(of)}`, 'path')];
  }
  return [span(escapeText(name), 'name')];
}

/** `16`, `NOENT`, `ok`, `no return`. */
export function resultSpan(row: CallRow): Span {
  if (row.errno === undefined) return span('no return', 'dim');
  if (row.errno !== 'success') return span(escapeText(row.errno.toUpperCase()), 'error');
  const values = Object.values(fieldsOf(row.result));
  if (values.length === 0) return span('ok', 'good');
  return span(values.map(shortValue).join(', '), 'good');
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** Longest list or structure that is spelt out. */
const MAX_ITEMS = 4;

function shortValue(value: unknown): string {
  if (value === null) return '?';
  if (typeof value === 'string') return escapeText(value, { maxText: MAX_PREVIEW });
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_ITEMS).map(shortValue);
    return `[${shown.join(' ')}${value.length > MAX_ITEMS ? ' …' : ''}]`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(
      ([name, part]) => !Array.isArray(part) && !UNSAID.has(name),
    );
    const plain = entries.slice(0, 2).map(([name, part]) => `${brief(name)}=${shortValue(part)}`);
    return `{${plain.join(' ')}${entries.length > 2 ? ' …' : ''}}`;
  }
  return String(value);
}

/** witx prefixes say nothing here. */
function brief(name: string): string {
  return escapeText(name.replace(/^(fs_|pr_)/, ''));
}
