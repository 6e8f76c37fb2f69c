/** What a value consists of: members, elements, what it points to. For views that open one after the other. */
import type { Machine } from '../dwarf/machine.ts';
import { Unreadable } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf, type Type } from '../dwarf/type.ts';
import { isCharacter } from './characters.ts';
import type { Collection } from './collection.ts';
import { formatValue } from './format.ts';
import { libcxxKind } from './libcxx.ts';
import { collectionOf, heldBy, sequenceOf } from './library-types.ts';
import { variantOf } from './rust-types.ts';
import { bitsOf, elementOf, memberOf, type Value, valueAt } from './value.ts';
import { zigCase } from './zig-types.ts';

export interface Child {
  /** `next`, `[3]`, `*p`. */
  readonly name: string;
  readonly value: Value;
}

export interface Children {
  readonly children: readonly Child[];
  /** How many there are besides. */
  readonly more: number;
}

const NONE: Children = { children: [], more: 0 };

/** Elements that are given. */
const MAX_ELEMENTS = 200;

/** Whether a value has parts, as far as its type tells. */
export function hasChildren({ type: given, source }: Value): boolean {
  if (source.missing !== undefined) return false;
  const type = resolved(given);
  switch (type?.kind) {
    case 'structure':
      return type.size !== undefined && !isText(type);
    case 'array':
      return type.count !== undefined && type.count > 0 && !isCharacter(resolved(type.element));
    case 'pointer': {
      const target = resolved(type.target);
      if (target === undefined || target.kind === 'function') return false;
      return !isCharacter(target) && sizeOf(target) !== 0 && sizeOf(target) !== undefined;
    }
    default:
      return false;
  }
}

/** @throws Unreadable for what cannot be followed */
export function childrenOf(value: Value, machine: Machine): Children {
  if (!hasChildren(value)) return NONE;
  const type = resolved(value.type);
  switch (type?.kind) {
    case 'structure':
      return partsOf(value, type, machine);
    case 'array':
      return elements(value, type.element, type.count ?? 0);
    case 'pointer': {
      const address = Number(BigInt.asUintN(32, bitsOf(value)));
      if (address === 0) throw new Unreadable('a null pointer');
      const target = valueAt(machine, type.target, address);
      const inner = resolved(type.target);
      // a struct's members at once, as debuggers have it
      if (inner?.kind === 'structure' && hasChildren(target))
        return partsOf(target, inner, machine);
      return { children: [{ name: '*', value: target }], more: 0 };
    }
    default:
      return NONE;
  }
}

function partsOf(value: Value, type: StructureType, machine: Machine): Children {
  const sequence = sequenceOf(value, machine);
  if (sequence !== undefined) {
    const first = valueAt(machine, sequence.element, sequence.address);
    return elements(first, sequence.element, sequence.count);
  }
  const collection = collectionOf(value, machine);
  if (collection !== undefined) return entriesOf(collection, machine);
  const held = heldBy(value, machine);
  if (held !== undefined) {
    const inner = hasChildren(held) ? childrenOf(held, machine) : NONE;
    return inner.children.length > 0 ? inner : { children: [{ name: '*', value: held }], more: 0 };
  }
  const given = zigCase(value, type);
  if (given !== undefined) {
    const { name, content } = given;
    return { children: content ? [{ name, value: content }] : [], more: 0 };
  }
  if (type.variants !== undefined) {
    const { member, content } = variantOf(value, type);
    const inner = resolved(content.type);
    if (inner?.kind === 'structure') return members(content, inner);
    return { children: [{ name: member.name ?? '0', value: content }], more: 0 };
  }
  return members(value, type);
}

/** Characters of a key that stand in the name of what is under it. */
const MAX_KEY = 40;

function entriesOf(collection: Collection, machine: Machine): Children {
  const children: Child[] = [];
  for (const { key, value } of collection.entries()) {
    if (children.length === MAX_ELEMENTS) break;
    const text = key && formatValue(key, { machine, functionAt: () => undefined });
    const name = text === undefined ? String(children.length) : text.slice(0, MAX_KEY);
    children.push({ name: `[${name}]`, value });
  }
  return { children, more: Math.max(0, collection.count - children.length) };
}

function members(value: Value, type: StructureType): Children {
  const children = type.members
    .filter(({ offset, bits }) => offset !== undefined || bits !== undefined)
    .map((member) => ({ name: nameOf(member), value: memberOf(value, member) }));
  return { children, more: 0 };
}

function nameOf({
  name,
  kind,
  type,
}: {
  readonly name: string | undefined;
  readonly kind: string;
  readonly type: Type | undefined;
}): string {
  if (kind === 'base') return `<${type?.name}>`;
  // a field of a Rust tuple
  return name?.replace(/^__(\d+)$/, '$1') ?? '(anonymous)';
}

function elements(value: Value, element: Type | undefined, count: number): Children {
  const given = Math.min(count, MAX_ELEMENTS);
  const children = Array.from({ length: given }, (_, i) => ({
    name: `[${i}]`,
    value: elementOf(value, element, i),
  }));
  return { children, more: count - given };
}

/** Strings of libraries are shown whole. */
function isText(type: StructureType): boolean {
  switch (type.language) {
    case 'zig':
      return false;
    case 'c':
      return libcxxKind(type) === 'string';
  }
  return /^&(mut )?str$/.test(type.name) || /(^|::)String$/.test(type.name);
}
