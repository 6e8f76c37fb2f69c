/** An entry of a collection of a library, by its key or its place: `accounts["ann"]`, `recent[2]`. */
import type { Machine } from '../../dwarf/machine.ts';
import { resolved } from '../../dwarf/type.ts';
import type { Entry } from '../collection.ts';
import { collectionOf, heldBy, textOf } from '../library-types.ts';
import { integerOf, type Value, valueAt } from '../value.ts';
import { addressIn, pointerIn } from './operands.ts';
import { badExpression } from './tokens.ts';

const NUMBERS = new Set<string | undefined>(['base', 'enumeration']);

export type Key = string | number | bigint;

/** References and places around a collection that are looked through, as Rust does. */
const MAX_AROUND = 8;

/** @returns undefined for what is no such collection. @throws WasiRrError OPTION_INVALID; Unreadable */
export function entryAt(value: Value, key: Key, machine: Machine): Value | undefined {
  let holder: Value | undefined = value;
  for (let left = MAX_AROUND; holder !== undefined && left > 0; left--) {
    const collection = collectionOf(holder, machine);
    if (collection !== undefined) {
      const { name, kind, count } = collection;
      if (kind === 'set') throw badExpression(`a ${name} has no places: print the whole`);
      let at = 0;
      for (const entry of collection.entries()) {
        if (entry.key === undefined ? Number(key) === at : isKey(entry, key, machine)) {
          return entry.value;
        }
        at++;
      }
      const wanted = typeof key === 'string' ? `"${key}"` : key;
      throw badExpression(`it has ${count} entries, and none at ${wanted}`);
    }
    const target: Value | undefined = structureBehind(holder, machine);
    holder = target ?? heldBy(holder, machine);
  }
  return undefined;
}

function structureBehind(value: Value, machine: Machine): Value | undefined {
  const pointer = pointerIn(value);
  if (pointer === undefined || resolved(pointer.target)?.kind !== 'structure') return undefined;
  return valueAt(machine, pointer.target, addressIn(value));
}

function isKey({ key }: Entry, wanted: Key, machine: Machine): boolean {
  if (key === undefined) return false;
  if (typeof wanted === 'string') return textOf(key, machine) === wanted;
  if (!NUMBERS.has(resolved(key.type)?.kind)) {
    throw badExpression(`its keys are ${key.type?.name ?? 'void'}, and no numbers`);
  }
  return integerOf(key) === BigInt(wanted);
}
