/** What lies behind a pointer, as a JSON value. Bounded work and output, whatever the bytes say. */
import { IOVEC_SIZE, type Range } from './call-memory.ts';
import type { PointeeType } from './fields.ts';
import { type DecodedValue, isScalar, scalarAt, u32At } from './scalars.ts';
import { isStructure, STRUCTURES, type StructureType, structureAt } from './structures.ts';
import { CUT, decodeText } from './text.ts';

/** Elements of a list that are decoded; a list that goes on ends in null. */
export const MAX_ITEMS = 1024;

/** Part of a buffer: `shown` of its `length` bytes as text. */
interface BytesPreview {
  readonly text: string;
  readonly length: number;
  readonly shown: number;
}

/**
 * @param range the bytes that the trace kept, and how many there were
 * @param maxBytes how many bytes of a buffer become text
 */
export function pointeeValue(type: PointeeType, range: Range, maxBytes: number): DecodedValue {
  const { bytes } = range;
  if (isScalar(type)) return scalarAt(type, bytes, 0);
  if (isStructure(type)) return structureAt(type, bytes, 0);
  switch (type) {
    case 'path':
      return pathText(range);
    case 'bytes':
      return { ...bytesPreview(range, maxBytes) };
    case 'iovec_array':
    case 'ciovec_array':
      return list(range, IOVEC_SIZE, (offset) => u32At(bytes, offset + 4));
    case 'subscriptions':
      return structures('subscription', range);
    case 'events':
      return structures('event', range);
    case 'dirents':
      return capped(direntsIn(bytes), ({ name, offset }) => ({
        name: name === undefined ? null : pathText(name),
        ...structureAt('dirent', bytes, offset),
      }));
    case 'strings':
      return capped(stringsIn(bytes), (text) => decodeText(text));
  }
}

function bytesPreview({ bytes, length }: Range, maxBytes: number): BytesPreview {
  const shown = Math.min(bytes.length, maxBytes);
  return { text: decodeText(bytes.subarray(0, shown)), length, shown };
}

function pathText({ bytes, length }: Range): DecodedValue {
  if (bytes.length >= length) return decodeText(bytes);
  return bytes.length === 0 ? null : decodeText(bytes) + CUT;
}

function structures(type: StructureType, range: Range): DecodedValue {
  return list(range, STRUCTURES[type].size, (offset) => structureAt(type, range.bytes, offset));
}

/** Elements of a fixed size; those that the trace does not hold in full are the null at the end. */
function list(
  { bytes, length }: Range,
  size: number,
  element: (offset: number) => DecodedValue,
): DecodedValue[] {
  const values: DecodedValue[] = [];
  let offset = 0;
  for (; offset + size <= bytes.length && values.length < MAX_ITEMS; offset += size) {
    values.push(element(offset));
  }
  if (offset < length) values.push(null);
  return values;
}

function capped<T>(items: Iterable<T>, toValue: (item: T) => DecodedValue): DecodedValue[] {
  const values: DecodedValue[] = [];
  for (const item of items) {
    if (values.length === MAX_ITEMS) {
      values.push(null);
      break;
    }
    values.push(toValue(item));
  }
  return values;
}

/** An entry of fd_readdir. The host cuts the last one wherever the buffer ends. */
interface Dirent {
  /** Of the structure in the buffer, in bytes. */
  readonly offset: number;
  /** Undefined where the buffer ends inside the structure. */
  readonly name: Range | undefined;
}

/** The entries in fd_readdir's buffer, in order. */
export function* direntsIn(bytes: Uint8Array): Generator<Dirent> {
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + STRUCTURES.dirent.size;
    const length = u32At(bytes, offset + 16);
    const name = { bytes: bytes.subarray(start, start + length), length };
    yield { offset, name: start <= bytes.length ? name : undefined };
    offset = start + length;
  }
}

/** The NUL-terminated strings of args_get and environ_get. */
export function* stringsIn(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const terminator = bytes.indexOf(0, start);
    const end = terminator < 0 ? bytes.length : terminator;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}
