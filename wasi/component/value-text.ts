/**
 * Values of a component's functions as text for people: WAVE (Web Assembly Value Encoding), but for bytes,
 * which WAVE spells as a list of numbers, handles, which it does not have, and what is cut short. Everything it returns is safe to print on a terminal.
 */
import type { TypeRef } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { escapeText, quoteText } from '../escape.ts';
import { CUT } from '../text.ts';

export interface ValueTextOptions {
  /** Characters of a string or of bytes shown before `…`. */
  readonly maxText: number;
  /** Elements of a list. */
  readonly maxItems: number;
  /** What a handle stands for: `"/data/in.txt"`, `<stdin>`; undefined where nothing is known of it. */
  readonly label: (resource: number, handle: number) => string | undefined;
  readonly resourceName: (resource: number) => string;
  /** What an end of a stream or future is the end of. */
  readonly channelLabel?: (handle: number) => string | undefined;
  /** Of what a stream or a future carries. */
  readonly typeName?: (type: TypeRef) => string;
}

/**
 * @returns e.g. `descriptor#3 "/data/in.txt"`, `stream<u8>#4 <stdin>`, `ok(5)`, `err(no-entry)`, `{create, truncate}`,
 *   `{seconds: 5, nanoseconds: 0}`, `16 bytes "id,name\n"…`, `<unreadable>`
 */
export function formatWitValue(value: WitValue, options: ValueTextOptions): string {
  const { maxText, maxItems } = options;
  const all = (values: readonly WitValue[]) =>
    values.slice(0, maxItems).map((one) => formatWitValue(one, options));
  switch (value.kind) {
    case 'plain':
      return value.text;
    case 'char':
      return charText(value.text);
    case 'string': {
      const quoted = quoteText(value.text, { maxText, controls: 'unicode' });
      return value.cut && !quoted.endsWith(CUT) ? quoted + CUT : quoted;
    }
    case 'bytes':
      return formatBytes(value, maxText);
    case 'list': {
      const more = value.length > Math.min(maxItems, value.items.length) ? [CUT] : [];
      return `[${[...all(value.items), ...more].join(', ')}]`;
    }
    case 'tuple':
      return `(${all(value.items).join(', ')})`;
    case 'record': {
      const fields = value.fields.map(
        ({ name, value: of }) => `${escapeText(name)}: ${formatWitValue(of, options)}`,
      );
      return `{${fields.join(', ')}}`;
    }
    case 'flags':
      return `{${value.names.map((name) => escapeText(name)).join(', ')}}`;
    case 'case': {
      const inner = value.value === undefined ? '' : `(${formatWitValue(value.value, options)})`;
      return escapeText(value.name) + inner;
    }
    case 'handle': {
      const label = options.label(value.resource, value.handle);
      const name = escapeText(options.resourceName(value.resource) || 'handle');
      return `${name}#${value.handle}${label === undefined ? '' : ` ${label}`}`;
    }
    case 'channel': {
      const { channel, of, handle } = value;
      const carried = of === null ? '' : options.typeName?.(of);
      const name = carried ? `${channel}<${escapeText(carried)}>` : channel;
      const label = options.channelLabel?.(handle);
      return `${name}#${handle}${label === undefined ? '' : ` ${label}`}`;
    }
    case 'unreadable':
      return '<unreadable>';
  }
}

/** In single quotes, and so the double one stands as it is. */
function charText(text: string): string {
  if (text === '"') return "'\"'";
  if (text === "'") return "'\\''";
  return `'${quoteText(text, { controls: 'unicode' }).slice(1, -1)}'`;
}

function formatBytes(
  { bytes, length }: { readonly bytes: Uint8Array; readonly length: number },
  maxText: number,
): string {
  const size = `${length} ${length === 1 ? 'byte' : 'bytes'}`;
  if (length === 0) return size;
  if (bytes.length === 0) return `${size} <unreadable>`;
  const quoted = quoteText(bytes, { maxText });
  return `${size} ${bytes.length < length && !quoted.endsWith(CUT) ? quoted + CUT : quoted}`;
}
