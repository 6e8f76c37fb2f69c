/**
 * What the collections of Rust's standard library hold, from memory alone: hash maps and sets (hashbrown), B-tree maps
 * and sets, ring buffers. Layouts are those of library/std and hashbrown, 1.63 to 1.95; one that has
 * other members is none that is known here.
 */
import { type Machine, Unreadable } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf, type Type } from '../dwarf/type.ts';
import type { Collection } from './collection.ts';
import { inside } from './inside.ts';
import { pointerIn, shortName, variantOf } from './rust-types.ts';
import { bitsOf, elementOf, memberOf, type Value, valueAs, valueAt } from './value.ts';

type Reader = (value: Value, type: StructureType, machine: Machine) => Collection | undefined;

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['HashMap', hashTable],
  ['HashSet', hashTable],
  ['BTreeMap', treeOf],
  ['BTreeSet', treeOf],
  ['VecDeque', ringOf],
]);

/** Slots of a hash table that are looked at. */
const MAX_SLOTS = 1 << 22;
const SLOTS_AT_ONCE = 4096;
/** `library/alloc/src/collections/btree/node.rs`: CAPACITY, and more levels than memory has room for. */
const NODE_CAPACITY = 11;
const MAX_HEIGHT = 24;

/** @returns undefined for what is none. @throws Unreadable for one that is damaged, or not made yet */
export function rustCollection(
  value: Value,
  type: StructureType,
  machine: Machine,
): Collection | undefined {
  if (type.language !== 'rust' || !/^(std|alloc|hashbrown)::/.test(type.name)) return undefined;
  return READERS.get(shortName(type.name))?.(value, type, machine);
}

/** A table of control bytes, before which the entries stand, the first one last. */
function hashTable(value: Value, type: StructureType, machine: Machine): Collection | undefined {
  const table = inside(value, 'table');
  const entry = structure(structure(table?.type)?.typeArguments[0]);
  const [mask, control, items] = parts(table, 'bucket_mask', 'ctrl', 'items');
  const [key, content] = entry?.members ?? [];
  if (!mask || !control || !items || !entry || !key || !content) return undefined;
  const slots = Number(bitsOf(mask)) + 1;
  const count = Number(bitsOf(items));
  if (count > slots || (slots & (slots - 1)) !== 0) throw new Unreadable('no hash table');
  const size = sizeOf(entry) ?? 0;
  const isMap = shortName(type.name) === 'HashMap';
  const { address } = pointerIn(control);
  return {
    name: shortName(type.name),
    kind: isMap ? 'map' : 'set',
    count,
    *entries() {
      for (const slot of fullSlots(machine, address, slots)) {
        const at = valueAt(machine, entry, address - (slot + 1) * size);
        const first = memberOf(at, key);
        yield isMap ? { key: first, value: memberOf(at, content) } : { value: first };
      }
    },
  };
}

/** The control byte of a slot that is in use has its high bit clear. */
function* fullSlots(machine: Machine, control: number, slots: number): Iterable<number> {
  for (let from = 0; from < Math.min(slots, MAX_SLOTS); from += SLOTS_AT_ONCE) {
    const bytes = machine.memory(control + from, Math.min(SLOTS_AT_ONCE, slots - from));
    if (bytes === undefined) throw new Unreadable('its memory cannot be read');
    for (const [i, byte] of bytes.entries()) if (byte < 0x80) yield from + i;
  }
}

function treeOf(value: Value, type: StructureType, machine: Machine): Collection | undefined {
  const [root, length] = parts(value, 'root', 'length');
  const map = mapType(value, type);
  const option = structure(root?.type);
  if (!root || !length || !map || option?.variants === undefined) return undefined;
  const isMap = shortName(type.name) === 'BTreeMap';
  const count = Number(bitsOf(length));
  return {
    name: shortName(type.name),
    kind: isMap ? 'map' : 'set',
    count,
    *entries() {
      if (count === 0) return;
      const { content } = variantOf(root, option);
      const [node, height] = parts(content, 'node', 'height');
      if (!node || !height) throw new Unreadable('no tree: it has no root');
      const { address, target } = pointerIn(node);
      const tree = {
        machine,
        leaf: target,
        key: map.typeArguments[0],
        content: map.typeArguments[1],
      };
      let left = count;
      for (const { key, value } of inOrder(tree, address, Number(bitsOf(height)))) {
        if (left-- === 0) throw new Unreadable('no tree: it has more than it says');
        yield isMap ? { key, value } : { value: key };
      }
    },
  };
}

interface Tree {
  readonly machine: Machine;
  readonly leaf: Type | undefined;
  readonly key: Type | undefined;
  readonly content: Type | undefined;
}

function* inOrder(
  tree: Tree,
  address: number,
  height: number,
): Iterable<{ readonly key: Value; readonly value: Value }> {
  const { machine, leaf } = tree;
  const node = valueAt(machine, leaf, address);
  const [length, keys, values, parent] = parts(node, 'len', 'keys', 'vals', 'parent');
  if (!length || !keys || !values || !parent) throw new Unreadable('no tree: no nodes');
  const count = Number(bitsOf(length));
  if (count > NODE_CAPACITY || height > MAX_HEIGHT) throw new Unreadable('no tree');
  const edges = height > 0 ? edgesOf(tree, parent, address) : undefined;
  for (let i = 0; i <= count; i++) {
    if (edges !== undefined) {
      const edge = elementOf(edges, arrayElement(edges), i);
      yield* inOrder(tree, Number(bitsOf(edge)), height - 1);
    }
    if (i === count) break;
    yield {
      key: valueAs(elementOf(keys, arrayElement(keys), i), tree.key),
      value: valueAs(elementOf(values, arrayElement(values), i), tree.content),
    };
  }
}

/** An inner node is a leaf with edges behind it; only the pointer to the parent says how its type is called. */
function edgesOf({ machine }: Tree, parent: Value, address: number): Value {
  const option = structure(parent.type);
  for (const { members } of option?.variants?.variants ?? []) {
    const some = members[0];
    if (some === undefined || sizeOf(some.type) === 0) continue;
    const pointer = pointerTo(some.type);
    const edges = pointer && inside(valueAt(machine, pointer, address), 'edges');
    if (edges !== undefined) return edges;
  }
  throw new Unreadable('no tree: its inner nodes are unknown');
}

/** What the first pointer inside of a type points to. */
function pointerTo(type: Type | undefined, depth = 0): Type | undefined {
  const found = resolved(type);
  if (found?.kind === 'pointer') return found.target;
  if (found?.kind !== 'structure' || depth > 8) return undefined;
  for (const member of found.members) {
    const target = pointerTo(member.type, depth + 1);
    if (target !== undefined) return target;
  }
  return undefined;
}

/** The `BTreeMap` that a set wraps, or itself. */
function mapType(value: Value, type: StructureType): StructureType | undefined {
  if (shortName(type.name) === 'BTreeMap') return type;
  return structure(inside(value, 'map')?.type);
}

/** A buffer of which the contents may run over its end; 1.67 replaced `tail` and `head` by `head` and `len`. */
function ringOf(value: Value, type: StructureType, machine: Machine): Collection | undefined {
  const [head, tail, length, cap] = parts(value, 'head', 'tail', 'len', 'cap');
  if (!head || !cap || !(tail || length)) return undefined;
  const capacity = Number(bitsOf(cap));
  const [element] = type.typeArguments;
  const first = Number(bitsOf(tail ?? head));
  const count = tail
    ? (Number(bitsOf(head)) - first + capacity) % Math.max(1, capacity)
    : Number(bitsOf(length ?? head));
  if (count > capacity || first > capacity) throw new Unreadable('no ring buffer');
  const { address } = pointerIn(value);
  return {
    name: 'VecDeque',
    kind: 'list',
    count,
    *entries() {
      const buffer = valueAt(machine, element, address);
      for (let i = 0; i < count; i++) {
        yield { value: elementOf(buffer, element, (first + i) % capacity) };
      }
    },
  };
}

function structure(type: Type | undefined): StructureType | undefined {
  const found = resolved(type);
  return found?.kind === 'structure' ? found : undefined;
}

function arrayElement({ type }: Value): Type | undefined {
  const found = resolved(type);
  return found?.kind === 'array' ? found.element : undefined;
}

function parts(value: Value | undefined, ...names: readonly string[]): (Value | undefined)[] {
  return names.map((name) => value && inside(value, name));
}
