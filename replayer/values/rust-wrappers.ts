/** Rust's shared and mutable places, of which the library's own words for them are of no interest. */
import type { Machine } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf } from '../dwarf/type.ts';
import type { Wrapper } from './collection.ts';
import { inside } from './inside.ts';
import { pointerIn, shortName } from './rust-types.ts';
import { bitsOf, integerOf, memberOf, type Value, valueAt } from './value.ts';

/** @returns undefined for what is none. @throws Unreadable */
export function rustWrapper(
  value: Value,
  type: StructureType,
  machine: Machine,
): Wrapper | undefined {
  if (type.language !== 'rust' || !/^(std|alloc|core)::/.test(type.name)) return undefined;
  const name = shortName(type.name);
  switch (name) {
    case 'Rc':
    case 'Arc':
    case 'Weak':
      return counted(name, value, machine);
    case 'Cell':
      return held(name, [], inside(value, 'value'));
    case 'RefCell':
      return held(name, borrows(inside(value, 'borrow')), inside(value, 'value'));
    case 'Ref':
    case 'RefMut':
      return held(name, [], behind(inside(value, 'value'), machine));
    case 'Mutex':
    case 'RwLock':
      return held(name, [], inside(value, 'data'));
    default:
      return undefined;
  }
}

/** The counts are those of the program: the weak one that all strong ones have in common is left out. */
function counted(name: string, value: Value, machine: Machine): Wrapper | undefined {
  const { address, target } = pointerIn(value);
  const block = valueAt(machine, target, address);
  // a Weak of nothing points to no memory
  if (name === 'Weak' && address === 2 ** 32 - 1) return { name, notes: [], value: undefined };
  // of what has no size (`Rc<str>`, `Rc<dyn T>`) the pointer is a pair
  if (!sizeOf(target)) return undefined;
  const [strong, weak] = [own(block, 'strong'), own(block, 'weak')];
  const content = own(block, 'value') ?? own(block, 'data');
  if (!strong || !weak || !content) return undefined;
  const owners = Number(bitsOf(strong));
  const watchers = Number(bitsOf(weak)) - (owners > 0 ? 1 : 0);
  return {
    name,
    notes: [`strong: ${owners}`, `weak: ${watchers}`],
    value: owners > 0 ? content : undefined,
  };
}

function own(value: Value, name: string): Value | undefined {
  const type = resolved(value.type);
  const member =
    type?.kind === 'structure' ? type.members.find((one) => one.name === name) : undefined;
  return member && memberOf(value, member);
}

function held(
  name: string,
  notes: readonly string[],
  value: Value | undefined,
): Wrapper | undefined {
  const content = value && bare(value);
  return content && { name, notes, value: content };
}

/** What a reference leads to; of one to what has no size (`Ref<str>`) the pointer is a pair. */
function behind(reference: Value | undefined, machine: Machine): Value | undefined {
  if (reference === undefined) return undefined;
  const { address, target } = pointerIn(reference);
  return sizeOf(target) ? valueAt(machine, target, address) : undefined;
}

/** Without the `UnsafeCell` around it. */
function bare(value: Value): Value | undefined {
  const type = resolved(value.type);
  if (type?.kind !== 'structure' || shortName(type.name) !== 'UnsafeCell') return value;
  return inside(value, 'value');
}

/** `library/core/src/cell.rs`: above zero so many read it, below one writes. */
function borrows(borrow: Value | undefined): string[] {
  const count = borrow && scalarIn(borrow);
  if (count === undefined || count === 0n) return [];
  return [count < 0n ? 'borrowed mutably' : `borrowed: ${count}`];
}

function scalarIn(value: Value): bigint | undefined {
  for (let inner: Value | undefined = value; inner !== undefined; inner = inside(inner, 'value')) {
    if (resolved(inner.type)?.kind === 'base') return integerOf(inner);
  }
  return undefined;
}
