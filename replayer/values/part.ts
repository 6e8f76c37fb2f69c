/** Which part of a value some of its bytes are: the member or element that was written, not the whole. */

import { type Member, resolved, type StructureType, sizeOf, type Type } from '../dwarf/type.ts';
import { libcxxName } from './libcxx-names.ts';

export interface Part {
  /** As one writes it behind the value: `.name[3]`; empty for the whole. */
  readonly path: string;
  readonly type: Type | undefined;
  /** Where it begins in the value, in bytes. */
  readonly offset: number;
}

/** Parts in parts that are gone into: types are cyclic through pointers only, but may come damaged. */
const MAX_DEPTH = 32;

/** The smallest part that holds these bytes of a value. */
export function partAt(whole: Type | undefined, from: number, length: number): Part {
  let part: Part = { path: '', type: whole, offset: 0 };
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const inner = innerPart(part, from, length);
    if (inner === undefined) break;
    part = inner;
  }
  return part;
}

function innerPart({ path, type: given, offset }: Part, from: number, length: number) {
  const type = resolved(given);
  if (type?.kind === 'array') {
    const size = sizeOf(type.element);
    if (!size) return undefined;
    const index = Math.floor((from - offset) / size);
    const start = offset + index * size;
    if (from + length > start + size) return undefined;
    return { path: `${path}[${index}]`, type: type.element, offset: start };
  }
  if (type?.kind !== 'structure' || !isOpen(type)) return undefined;
  const holding = type.members.filter((member) => holds(member, from - offset, length));
  const [member] = holding;
  if (member === undefined || holding.length > 1) return undefined;
  const name = member.name === undefined || member.kind === 'base' ? '' : `.${member.name}`;
  return { path: `${path}${name}`, type: member.type, offset: offset + (member.offset ?? 0) };
}

/** Members of collections, of their languages' own texts and of enums mean nothing alone. */
function isOpen(type: StructureType): boolean {
  if (type.form === 'union' || type.variants !== undefined) return false;
  return libcxxName(type) === undefined && !/^(alloc|std|core|hashbrown)::/.test(type.name);
}

function holds({ offset, bits, type }: Member, from: number, length: number): boolean {
  const size = sizeOf(type);
  if (offset === undefined || bits !== undefined || size === undefined) return false;
  return from >= offset && from + length <= offset + size;
}
