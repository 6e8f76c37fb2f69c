/**
 * Values of a call as text in the manner of strace. Works on the bytes, not on decoded text, so that
 * quoting loses nothing. Everything it returns is safe to print on a terminal.
 */
import { IOVEC_SIZE, type Range } from './call-memory.ts';
import type { DescriptorTable } from './descriptors.ts';
import { escapeText, quoteText } from './escape.ts';
import type { PointeeType } from './fields.ts';
import { FLAGS } from './names.ts';
import { direntsIn, MAX_ITEMS, stringsIn } from './pointees.ts';
import { type DecodedValue, isScalar, type ScalarType, scalarAt, u32At } from './scalars.ts';
import {
  isStructure,
  STRUCTURES,
  type Structure,
  type StructureType,
  structureFields,
} from './structures.ts';
import { CUT, MAX_PATH_BYTES } from './text.ts';

export interface FormatOptions {
  /** The descriptors before the call; without it descriptors are numbers only. */
  readonly table?: DescriptorTable;
  /** Characters of a string shown before `…`; 32 by default, as strace. Paths are shown in full. */
  readonly maxText?: number;
  /** Whole structures, long lists, and rights by name. */
  readonly verbose?: boolean;
}

/** What the trace does not hold. */
export const MISSING = '?';

const MAX_TEXT = 32;
const MAX_LIST = 8;
/** More rights than this are counted: a usual path_open passes more than twenty. */
const MAX_RIGHTS = 3;

export function formatScalar(
  type: ScalarType,
  value: DecodedValue,
  options: FormatOptions,
): string {
  if (value === null) return MISSING;
  if (Array.isArray(value)) return formatFlags(type, value.map(String), options);
  if (type === 'fd') return formatDescriptor(Number(value), options.table);
  return symbol(String(value));
}

/** `4</users.csv>`, `1<stdout>`; the number alone where nothing is known of it. */
function formatDescriptor(fd: number, table: DescriptorTable | undefined): string {
  const descriptor = table?.get(fd);
  if (descriptor === undefined) return `${fd}`;
  const { kind, path } = descriptor;
  if (path !== undefined) return `${fd}<${escapeText(path)}>`;
  return kind === 'unknown' || kind === 'file' ? `${fd}` : `${fd}<${kind}>`;
}

function formatFlags(type: ScalarType, names: readonly string[], options: FormatOptions): string {
  if (names.length === 0) return '0';
  if (type === 'rights' && !options.verbose) {
    if (FLAGS.rights.every((right) => names.includes(right))) return 'ALL';
    if (names.length > MAX_RIGHTS) return `${names.length} rights`;
  }
  return names.map(symbol).join('|');
}

/** Names in capitals; numbers, hex ones too, as they are. */
function symbol(name: string): string {
  return name.startsWith('0x') ? name : name.toUpperCase();
}

export function formatPointee(type: PointeeType, range: Range, options: FormatOptions): string {
  const { bytes } = range;
  const maxText = options.maxText ?? MAX_TEXT;
  if (isScalar(type)) return formatScalar(type, scalarAt(type, bytes, 0), options);
  if (isStructure(type)) return formatStructure(type, bytes, 0, options);
  switch (type) {
    case 'path':
      return formatText(range, MAX_PATH_BYTES);
    case 'bytes':
      return formatText(range, maxText);
    case 'iovec_array':
    case 'ciovec_array':
      return formatArray(range, IOVEC_SIZE, options, (offset) => `${u32At(bytes, offset + 4)}`);
    case 'subscriptions':
      return formatStructures('subscription', range, options);
    case 'events':
      return formatStructures('event', range, options);
    case 'dirents':
      return formatList(direntsIn(bytes), options, ({ name, offset }) => {
        const text = name === undefined ? MISSING : formatText(name, MAX_PATH_BYTES);
        return formatStructure('dirent', bytes, offset, options, `name=${text}`);
      });
    case 'strings':
      return formatList(stringsIn(bytes), options, (text) => quoteText(text, { maxText }));
  }
}

function formatText({ bytes, length }: Range, maxText: number): string {
  if (bytes.length === 0 && length > 0) return MISSING;
  const quoted = quoteText(bytes, { maxText });
  return bytes.length < length && !quoted.endsWith(CUT) ? quoted + CUT : quoted;
}

function formatStructures(type: StructureType, range: Range, options: FormatOptions): string {
  return formatArray(range, STRUCTURES[type].size, options, (offset) =>
    formatStructure(type, range.bytes, offset, options),
  );
}

/** @param first text of a field that comes before those of the structure */
function formatStructure(
  type: StructureType,
  bytes: Uint8Array,
  offset: number,
  options: FormatOptions,
  first?: string,
): string {
  const { brief }: Structure = STRUCTURES[type];
  const shown = first === undefined ? [] : [first];
  let complete = true;
  for (const field of structureFields(type, bytes, offset)) {
    if (brief === undefined || options.verbose || brief.includes(field.name)) {
      const value = scalarAt(field.type, bytes, offset + field.offset);
      shown.push(`${field.name}=${formatScalar(field.type, value, options)}`);
    } else complete = false;
  }
  if (!complete) shown.push(CUT);
  return `{${shown.join(', ')}}`;
}

/** Elements of `size` bytes each; those that the trace does not hold in full become `…`. */
function formatArray(
  { bytes, length }: Range,
  size: number,
  options: FormatOptions,
  each: (offset: number) => string,
): string {
  const limit = options.verbose ? MAX_ITEMS : MAX_LIST;
  const shown: string[] = [];
  let offset = 0;
  for (; offset + size <= bytes.length && shown.length < limit; offset += size) {
    shown.push(each(offset));
  }
  if (offset < length) shown.push(CUT);
  return `[${shown.join(', ')}]`;
}

function formatList<T>(
  items: Iterable<T>,
  options: FormatOptions,
  each: (item: T) => string,
): string {
  const limit = options.verbose ? MAX_ITEMS : MAX_LIST;
  const shown: string[] = [];
  for (const item of items) {
    if (shown.length === limit) {
      shown.push(CUT);
      break;
    }
    shown.push(each(item));
  }
  return `[${shown.join(', ')}]`;
}
