/** What values of Rust's types hold: the variant of an enum, the bytes of a string, the elements of a vector. */
import { Unreadable } from '../dwarf/machine.ts';
import { type Member, resolved, type StructureType, sizeOf, type Type } from '../dwarf/type.ts';
import type { Sequence } from './sequence.ts';
import { bitsOf, memberOf, type Value } from './value.ts';

/** A Vec hides its pointer in four structs, beside some that are empty. */
const MAX_WRAPPERS = 30;

export interface Pointer {
  readonly address: number;
  readonly target: Type | undefined;
}

/** Bytes of a `&str` or `String`; undefined for what is none. */
export function rustText(
  value: Value,
  type: StructureType,
): { readonly address: number; readonly length: number } | undefined {
  if (/^&(mut )?str$/.test(type.name)) {
    return { address: bitsIn(value, type, 'data_ptr'), length: bitsIn(value, type, 'length') };
  }
  if (shortName(type.name) !== 'String') return undefined;
  const vec = type.members.find((member) => member.name === 'vec');
  const inner = resolved(vec?.type);
  if (vec === undefined || inner?.kind !== 'structure') return undefined;
  const { address } = pointerIn(memberOf(value, vec));
  return { address, length: bitsIn(memberOf(value, vec), inner, 'len') };
}

/** Elements of a slice or a `Vec`; undefined for what is none. */
export function rustSequence(value: Value, type: StructureType): Sequence | undefined {
  if (/^&(mut )?\[/.test(type.name)) {
    const { address, target } = pointerIn(value);
    return { address, element: target, count: bitsIn(value, type, 'length') };
  }
  const isVec =
    shortName(type.name) === 'Vec' && type.members.some((member) => member.name === 'len');
  if (!isVec) return undefined;
  const { address, target } = pointerIn(value);
  const [element = target] = type.typeArguments;
  return { address, element, count: bitsIn(value, type, 'len') };
}

/** Which variant of an enum a value is. @throws Unreadable */
export function variantOf(
  value: Value,
  { variants, name }: StructureType,
): { readonly member: Member; readonly content: Value } {
  const { discriminant, variants: all = [] } = variants ?? {};
  let found = all.length === 1 ? all[0] : undefined;
  if (discriminant !== undefined) {
    const holder = memberOf(value, discriminant);
    const bits = bitsOf(holder);
    const width = 8 * (sizeOf(discriminant.type) ?? 8);
    const isIn = ({ low, high }: { readonly low: bigint; readonly high: bigint }) =>
      bits >= BigInt.asUintN(width, low) && bits <= BigInt.asUintN(width, high);
    found =
      all.find(({ values }) => values.some(isIn)) ?? all.find(({ values }) => values.length === 0);
  }
  const member = found?.members[0];
  if (member === undefined) throw new Unreadable(`no variant of ${shortName(name)}`);
  return { member, content: memberOf(value, member) };
}

/** The first pointer in a value: what it owns. Looks into no more than {@link MAX_WRAPPERS} structs. */
export function pointerIn(value: Value): Pointer {
  const open = [value];
  for (let left = MAX_WRAPPERS; left > 0; left--) {
    const next = open.shift();
    const type = resolved(next?.type);
    if (next === undefined) break;
    if (type?.kind === 'pointer') {
      return { address: Number(BigInt.asUintN(32, bitsOf(next))), target: type.target };
    }
    if (type?.kind !== 'structure') continue;
    const inner = type.members.filter(
      (member) => isWrapper(resolved(member.type)) && sizeOf(member.type) !== 0,
    );
    open.unshift(...inner.slice(0, left).map((member) => memberOf(next, member)));
  }
  throw new Unreadable('cannot be read: it has no pointer');
}

function isWrapper(type: Type | undefined): boolean {
  return type?.kind === 'pointer' || type?.kind === 'structure';
}

function bitsIn(value: Value, type: StructureType, name: string): number {
  const member = type.members.find((one) => one.name === name);
  if (member === undefined) throw new Unreadable(`cannot be read: it has no ${name}`);
  return Number(bitsOf(memberOf(value, member)));
}

/** Without its path and what it is generic over. */
export function shortName(name: string): string {
  return name.replace(/<.*$/s, '').replace(/^.*::/s, '');
}
