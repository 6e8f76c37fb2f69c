/** Strings and vectors of libc++, the C++ library of WASI's toolchains (its layout: `<string>`, `<vector>`). */
import { readMemory, Unreadable } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf } from '../dwarf/type.ts';
import type { Formatter } from './format.ts';
import { textOfLength, utf8Text } from './texts.ts';
import { bitsOf, bytesOf, memberOf, type Value, valueAt } from './value.ts';

/** Structs that are looked into for a member: it has been moved between versions. */
const MAX_WRAPPERS = 20;

/** @returns undefined for what is shown by its members */
export function formatLibcxx(
  value: Value,
  type: StructureType,
  formatter: Formatter,
  depth: number,
): string | undefined {
  // other libraries have other namespaces: `std::__cxx11` is GNU's
  const [, name, character] = /^std::__\d+::(basic_string|vector)<([^,>]*)/.exec(type.name) ?? [];
  if (name === 'basic_string' && character === 'char') return text(value, formatter);
  // a vector of bits is none of bools
  return name === 'vector' && character !== 'bool' ? list(value, formatter, depth) : undefined;
}

/** A short text stands in the object; which it is tells a bit. */
function text(value: Value, { context }: Formatter): string | undefined {
  const short = inside(value, '__s');
  const long = inside(value, '__l');
  const isLong = short && inside(short, '__is_long_');
  if (short === undefined || long === undefined || isLong === undefined) return undefined;
  const part = bitsOf(isLong) === 0n ? short : long;
  const [data, size] = [inside(part, '__data_'), inside(part, '__size_')];
  if (data === undefined || size === undefined) return undefined;
  const length = Number(bitsOf(size));
  if (part === long) return textOfLength(context.machine, Number(bitsOf(data)), length);
  const bytes = bytesOf(data);
  if (length <= bytes.length) return utf8Text(bytes.subarray(0, length));
  throw new Unreadable('no string: it is longer than its place');
}

function list(value: Value, formatter: Formatter, depth: number): string | undefined {
  const [begin, end] = [inside(value, '__begin_'), inside(value, '__end_')];
  const pointer = resolved(begin?.type);
  if (begin === undefined || end === undefined || pointer?.kind !== 'pointer') return undefined;
  const first = Number(bitsOf(begin));
  const bytes = Number(bitsOf(end)) - first;
  const size = sizeOf(pointer.target) ?? 0;
  if (size === 0 || bytes < 0 || bytes % size !== 0)
    throw new Unreadable('no vector: its end is wrong');
  const { machine } = formatter.context;
  if (bytes > 0) readMemory(machine, first + bytes - 1, 1);
  const count = bytes / size;
  const elements = valueAt(machine, pointer.target, first);
  const content = formatter.elements(elements, pointer.target, count, depth);
  return `std::vector of length ${count} = {${content}}`;
}

/** A member by its name, wherever it stands in the object. */
function inside(value: Value, name: string): Value | undefined {
  const open = [value];
  for (let left = MAX_WRAPPERS; left > 0; left--) {
    const next = open.shift();
    const type = resolved(next?.type);
    if (next === undefined) return undefined;
    if (type?.kind !== 'structure') continue;
    const found = type.members.find((member) => member.name === name);
    if (found !== undefined) return memberOf(next, found);
    const wrappers = type.members.filter(({ offset }) => offset !== undefined).slice(0, left);
    open.push(...wrappers.map((member) => memberOf(next, member)));
  }
  return undefined;
}
