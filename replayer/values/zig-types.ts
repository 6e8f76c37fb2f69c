/** What values of Zig's types hold: the elements of a slice, the value of an optional or an error union, the case of a union. */
import { type Member, resolved, type StructureType, sizeOf } from '../dwarf/type.ts';
import type { Wrapper } from './collection.ts';
import type { Sequence } from './sequence.ts';
import { bitsOf, integerOf, memberOf, type Value } from './value.ts';

/** `[]T`, `[]const T`, `[:0]u8`, `[]align(4) u8`: the compiler makes structs of them. */
const SLICE = /^\[(:[^\]]*)?\]/;

/** @returns undefined for what is no slice */
export function zigSlice(value: Value, type: StructureType): Sequence | undefined {
  if (type.language !== 'zig' || !SLICE.test(type.name)) return undefined;
  const [ptr, len] = two(type, 'ptr', 'len');
  const pointer = resolved(ptr?.type);
  if (ptr === undefined || len === undefined || pointer?.kind !== 'pointer') return undefined;
  return {
    address: Number(BigInt.asUintN(32, bitsOf(memberOf(value, ptr)))),
    element: pointer.target,
    count: Number(bitsOf(memberOf(value, len))),
  };
}

/** Bytes of a slice of them, which is what a text is in Zig. @returns undefined for what is none */
export function zigText(
  value: Value,
  type: StructureType,
): { readonly address: number; readonly length: number } | undefined {
  const slice = zigSlice(value, type);
  if (slice === undefined || !isByte(slice)) return undefined;
  return { address: slice.address, length: slice.count };
}

export function isByte({ element }: Pick<Sequence, 'element'>): boolean {
  const type = resolved(element);
  return type?.kind === 'base' && type.encoding === 'unsigned' && sizeOf(type) === 1;
}

/** What an optional or an error union holds. @returns undefined for what is neither */
export function zigWrapper(value: Value, type: StructureType): Wrapper | undefined {
  return optional(value, type) ?? errorUnion(value, type);
}

/** `?T`; of a pointer it is a pointer. */
function optional(value: Value, type: StructureType): Wrapper | undefined {
  if (type.language !== 'zig' || !type.name.startsWith('?')) return undefined;
  const [data, some] = two(type, 'data', 'some');
  if (data === undefined || some === undefined) return undefined;
  const isThere = bitsOf(memberOf(value, some)) !== 0n;
  return { name: 'null', notes: [], value: isThere ? memberOf(value, data) : undefined };
}

/** `E!T`. Which error a number means, the program knows, and its debug information does not. */
function errorUnion(value: Value, type: StructureType): Wrapper | undefined {
  if (type.language !== 'zig' || !type.name.includes('!')) return undefined;
  const [content, tag] = two(type, 'value', 'tag');
  if (content === undefined || tag === undefined) return undefined;
  const error = bitsOf(memberOf(value, tag));
  return {
    name: `error(${error})`,
    notes: [],
    value: error === 0n ? memberOf(value, content) : undefined,
  };
}

export interface Case {
  readonly name: string;
  /** Undefined for one that holds nothing. */
  readonly content: Value | undefined;
}

/** The case of a tagged union. @returns undefined for what is none */
export function zigCase(value: Value, type: StructureType): Case | undefined {
  if (type.language !== 'zig') return undefined;
  const [payload, tag] = two(type, 'payload', 'tag');
  const union = resolved(payload?.type);
  const names = resolved(tag?.type);
  if (payload === undefined || tag === undefined) return undefined;
  if (union?.kind !== 'structure' || union.form !== 'union' || names?.kind !== 'enumeration') {
    return undefined;
  }
  const number = integerOf(memberOf(value, tag));
  const name = names.enumerators.find((one) => one.value === number)?.name;
  if (name === undefined) return undefined;
  const member = union.members.find((one) => one.name === name);
  return { name, content: member && memberOf(memberOf(value, payload), member) };
}

/** The members of what has these two and no others. */
function two(type: StructureType, ...names: readonly [string, string]): (Member | undefined)[] {
  if (type.members.length !== 2) return [];
  return names.map((name) => type.members.find((member) => member.name === name));
}
