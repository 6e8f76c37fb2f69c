/** Strings and vectors of libc++, the C++ library of WASI's toolchains (its layout: `<string>`, `<vector>`). */
import { type Machine, readMemory, Unreadable } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf } from '../dwarf/type.ts';
import type { Formatter } from './format.ts';
import { inside } from './inside.ts';
import type { Sequence } from './sequence.ts';
import { MAX_SHOWN, utf8Text } from './texts.ts';
import { bitsOf, bytesOf, type Value, valueAt } from './value.ts';

/** @returns undefined for what is shown by its members */
export function formatLibcxx(
  value: Value,
  type: StructureType,
  formatter: Formatter,
  depth: number,
): string | undefined {
  switch (libcxxKind(type)) {
    case 'string': {
      const bytes = libcxxText(value, formatter.context.machine);
      return bytes && utf8Text(bytes.bytes, bytes.isCut);
    }
    case 'vector':
      return list(value, formatter, depth);
    case undefined:
      return undefined;
  }
}

export function libcxxKind(type: StructureType): 'string' | 'vector' | undefined {
  // other libraries have other namespaces: `std::__cxx11` is GNU's
  const [, name, character] = /^std::__\d+::(basic_string|vector)<([^,>]*)/.exec(type.name) ?? [];
  if (name === 'basic_string' && character === 'char') return 'string';
  // a vector of bits is none of bools
  return name === 'vector' && character !== 'bool' ? 'vector' : undefined;
}

/**
 * A short text stands in the object; which it is tells a bit.
 * @returns undefined for what has not the members of one
 */
export function libcxxText(
  value: Value,
  machine: Machine,
): { readonly bytes: Uint8Array; readonly isCut: boolean } | undefined {
  const short = inside(value, '__s');
  const long = inside(value, '__l');
  const isLong = short && inside(short, '__is_long_');
  if (short === undefined || long === undefined || isLong === undefined) return undefined;
  const part = bitsOf(isLong) === 0n ? short : long;
  const [data, size] = [inside(part, '__data_'), inside(part, '__size_')];
  if (data === undefined || size === undefined) return undefined;
  const length = Number(bitsOf(size));
  if (part === long) {
    const shown = Math.min(length, MAX_SHOWN);
    return { bytes: readMemory(machine, Number(bitsOf(data)), shown), isCut: shown < length };
  }
  const bytes = bytesOf(data);
  if (length <= bytes.length) return { bytes: bytes.subarray(0, length), isCut: false };
  throw new Unreadable('no string: it is longer than its place');
}

function list(value: Value, formatter: Formatter, depth: number): string | undefined {
  const { machine } = formatter.context;
  const sequence = libcxxSequence(value, machine);
  if (sequence === undefined) return undefined;
  const { address, element, count } = sequence;
  const content = formatter.elements(valueAt(machine, element, address), element, count, depth);
  return `std::vector of length ${count} = {${content}}`;
}

/** Elements of a vector; undefined for what has not the members of one. @throws Unreadable */
export function libcxxSequence(value: Value, machine: Machine): Sequence | undefined {
  const [begin, end] = [inside(value, '__begin_'), inside(value, '__end_')];
  const pointer = resolved(begin?.type);
  if (begin === undefined || end === undefined || pointer?.kind !== 'pointer') return undefined;
  const address = Number(bitsOf(begin));
  const bytes = Number(bitsOf(end)) - address;
  const size = sizeOf(pointer.target) ?? 0;
  if (size === 0 || bytes < 0 || bytes % size !== 0)
    throw new Unreadable('no vector: its end is wrong');
  if (bytes > 0) readMemory(machine, address + bytes - 1, 1);
  return { address, element: pointer.target, count: bytes / size };
}
