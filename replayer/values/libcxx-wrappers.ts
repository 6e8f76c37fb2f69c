/** Smart pointers and optional values of libc++. */
import { type Machine, readMemory } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf } from '../dwarf/type.ts';
import type { Wrapper } from './collection.ts';
import { inside } from './inside.ts';
import { libcxxName } from './libcxx-names.ts';
import { bitsOf, type Value, valueAt } from './value.ts';

/**
 * `__shared_weak_count`: the address of its virtual functions, then how many share it beside the first, and how many
 * watch, all sharers counting for one. Its type is in the library's debug information only.
 */
const COUNTS = { shared: 4, size: 12 };

/** @returns undefined for what is none. @throws Unreadable */
export function libcxxWrapper(
  value: Value,
  type: StructureType,
  machine: Machine,
): Wrapper | undefined {
  const name = libcxxName(type);
  switch (name) {
    case 'shared_ptr':
    case 'weak_ptr':
      return counted(`std::${name}`, value, machine);
    case 'unique_ptr': {
      const target = targetOf(inside(value, '__ptr_'), machine);
      return target && { name: 'std::unique_ptr', notes: [], value: target.value };
    }
    case 'optional': {
      const [engaged, content] = [inside(value, '__engaged_'), inside(value, '__val_')];
      if (engaged === undefined || content === undefined) return undefined;
      return {
        name: 'std::optional',
        notes: [],
        value: bitsOf(engaged) === 0n ? undefined : content,
      };
    }
    default:
      return undefined;
  }
}

function counted(name: string, value: Value, machine: Machine): Wrapper | undefined {
  const control = inside(value, '__cntrl_');
  const target = targetOf(inside(value, '__ptr_'), machine);
  if (control === undefined || target === undefined) return undefined;
  const address = Number(bitsOf(control));
  if (address === 0) return { name, notes: [], value: target.value };
  const bytes = readMemory(machine, address, COUNTS.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sharers = view.getInt32(COUNTS.shared, true) + 1;
  const watchers = view.getInt32(COUNTS.shared + 4, true) + (sharers > 0 ? 0 : 1);
  const notes = [`use count ${sharers}`, `weak count ${watchers}`];
  return { name, notes, value: sharers > 0 ? target.value : undefined };
}

/** What a pointer leads to, which may be nothing. @returns undefined for what is no pointer to a single object */
function targetOf(
  held: Value | undefined,
  machine: Machine,
): { readonly value: Value | undefined } | undefined {
  const inner =
    resolved(held?.type)?.kind === 'structure' && held ? inside(held, '__value_') : held;
  const pointer = resolved(inner?.type);
  if (inner === undefined || pointer?.kind !== 'pointer') return undefined;
  if (sizeOf(pointer.target) === undefined) return undefined;
  const address = Number(bitsOf(inner));
  return { value: address === 0 ? undefined : valueAt(machine, pointer.target, address) };
}
