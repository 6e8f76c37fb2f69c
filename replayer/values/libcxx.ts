/** Values of libc++, the C++ library of WASI's toolchains, by what they hold. */
import { type Machine, readMemory, Unreadable } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf } from '../dwarf/type.ts';
import type { Formatter } from './format.ts';
import { inside } from './inside.ts';
import { libcxxCollection } from './libcxx-collections.ts';
import { libcxxName } from './libcxx-names.ts';
import { libcxxWrapper } from './libcxx-wrappers.ts';
import type { Sequence } from './sequence.ts';
import { MAX_SHOWN, utf8Text } from './texts.ts';
import { bitsOf, bytesOf, memberOf, type Value, valueAt } from './value.ts';

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
      return held(value, type, formatter, depth);
  }
}

/** `std::map of length 1 = {["ann"] = 3}`, `std::shared_ptr (use count 2, weak count 0) = 5` */
function held(
  value: Value,
  type: StructureType,
  formatter: Formatter,
  depth: number,
): string | undefined {
  const { machine } = formatter.context;
  const collection = libcxxCollection(value, type, machine);
  if (collection !== undefined) {
    const { name, count } = collection;
    const entries = formatter.entries(collection, depth, (key, text) =>
      key === undefined ? text : `[${key}] = ${text}`,
    );
    return `${name} of length ${count} = {${entries}}`;
  }
  const wrapper = libcxxWrapper(value, type, machine);
  if (wrapper !== undefined) {
    const { name, notes, value: content } = wrapper;
    const all = content === undefined ? [...notes, 'empty'] : notes;
    const title = all.length > 0 ? `${name} (${all.join(', ')})` : name;
    return content ? `${title} = ${formatter.format(content, depth + 1)}` : title;
  }
  switch (libcxxName(type)) {
    case 'array': {
      const elements = inside(value, '__elems_');
      return elements && formatter.format(elements, depth);
    }
    case 'tuple':
      return `std::tuple = {${tupleParts(value)
        .map((part) => formatter.format(part, depth + 1))
        .join(', ')}}`;
    default:
      return undefined;
  }
}

/** Its leaves are the bases of its base; one of which the value is empty holds none. */
function tupleParts(value: Value): Value[] {
  const base = inside(value, '__base_');
  const type = resolved(base?.type);
  if (base === undefined || type?.kind !== 'structure') return [];
  return type.members.flatMap((leaf) => inside(memberOf(base, leaf), '__value_') ?? []);
}

export function libcxxKind(type: StructureType): 'string' | 'vector' | undefined {
  const [first] = type.typeArguments;
  switch (libcxxName(type)) {
    case 'basic_string':
    case 'basic_string_view':
      return first?.name === 'char' ? 'string' : undefined;
    case 'vector':
      // a vector of bits is none of bools
      return first?.name === 'bool' ? undefined : 'vector';
    default:
      return undefined;
  }
}

/**
 * A short text stands in the object; which it is tells a bit.
 * @returns undefined for what has not the members of one
 */
export function libcxxText(
  value: Value,
  machine: Machine,
): { readonly bytes: Uint8Array; readonly isCut: boolean } | undefined {
  const view = viewText(value, machine);
  if (view !== undefined) return view;
  const short = inside(value, '__s');
  const long = inside(value, '__l');
  const isLong = short && inside(short, '__is_long_');
  if (short === undefined || long === undefined || isLong === undefined) return undefined;
  const part = bitsOf(isLong) === 0n ? short : long;
  const [data, size] = [inside(part, '__data_'), inside(part, '__size_')];
  if (data === undefined || size === undefined) return undefined;
  const length = Number(bitsOf(size));
  if (part === long) return textAt(machine, Number(bitsOf(data)), length);
  const bytes = bytesOf(data);
  if (length <= bytes.length) return { bytes: bytes.subarray(0, length), isCut: false };
  throw new Unreadable('no string: it is longer than its place');
}

/** Of a `std::string_view`. */
function viewText(value: Value, machine: Machine) {
  const type = resolved(value.type);
  if (type?.kind !== 'structure' || libcxxName(type) !== 'basic_string_view') return undefined;
  const [data, size] = ['data', 'size'].map(
    (name) => inside(value, `__${name}_`) ?? inside(value, `__${name}`),
  );
  if (data === undefined || size === undefined) return undefined;
  return textAt(machine, Number(bitsOf(data)), Number(bitsOf(size)));
}

function textAt(machine: Machine, address: number, length: number) {
  const shown = Math.min(length, MAX_SHOWN);
  return { bytes: readMemory(machine, address, shown), isCut: shown < length };
}

function list(value: Value, formatter: Formatter, depth: number): string | undefined {
  const { machine } = formatter.context;
  const sequence = libcxxSequence(value, machine);
  if (sequence === undefined) return undefined;
  const { address, element, count } = sequence;
  const content = formatter.elements(valueAt(machine, element, address), element, count, depth);
  return `std::vector of length ${count} = {${content}}`;
}

/** Elements of a vector or an array; undefined for what has not the members of one. @throws Unreadable */
export function libcxxSequence(value: Value, machine: Machine): Sequence | undefined {
  const elements = inside(value, '__elems_');
  const array = resolved(elements?.type);
  if (array?.kind === 'array') {
    const address = elements?.source.address;
    const { element, count } = array;
    return address === undefined || count === undefined ? undefined : { address, element, count };
  }
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
