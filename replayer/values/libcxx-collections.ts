/**
 * What the collections of libc++ hold. Nodes are read by their layout, which is part of libc++'s ABI (`__tree`,
 * `__hash_table`, `list`, `deque`): debug information often lacks their types. The object itself is read by
 * its members, as of LLVM 14 to 20.
 */
import { type Machine, readMemory, Unreadable } from '../dwarf/machine.ts';
import { resolved, type StructureType, sizeOf, type Type } from '../dwarf/type.ts';
import type { Collection, Entry } from './collection.ts';
import { inside } from './inside.ts';
import { libcxxName } from './libcxx-names.ts';
import { bitsOf, type Value, valueAt } from './value.ts';

type Shape = 'map' | 'set' | 'list';
type Nodes = (value: Value, machine: Machine, holds: Layout) => Found | undefined;

interface Found {
  readonly count: number;
  /** Addresses of what the nodes hold. @throws Unreadable */
  readonly places: () => Iterable<number>;
}

/** Of what one node holds. */
interface Layout {
  readonly size: number;
  readonly alignment: number;
}

const READERS: ReadonlyMap<string, { readonly kind: Shape; readonly nodes: Nodes }> = new Map([
  ['map', { kind: 'map', nodes: tree }],
  ['multimap', { kind: 'map', nodes: tree }],
  ['set', { kind: 'set', nodes: tree }],
  ['multiset', { kind: 'set', nodes: tree }],
  ['unordered_map', { kind: 'map', nodes: hashTable }],
  ['unordered_multimap', { kind: 'map', nodes: hashTable }],
  ['unordered_set', { kind: 'set', nodes: hashTable }],
  ['unordered_multiset', { kind: 'set', nodes: hashTable }],
  ['list', { kind: 'list', nodes: linkedList }],
  ['deque', { kind: 'list', nodes: deque }],
]);

/** Bytes of a pointer of wasm32. */
const WORD = 4;
/** More levels than a balanced tree in 4 GiB can have. */
const MAX_HEIGHT = 64;
/** `__tree_node_base`: left, right, parent, and whether it is black. */
const TREE_NODE = { left: 0, right: WORD, parent: 2 * WORD, size: 3 * WORD + 1 };
/** `__hash_node`: next and hash. `__list_node`: previous and next. */
const TWO_WORDS = 2 * WORD;
/** `__deque_block_size` */
const DEQUE_BLOCK = { bytes: 4096, largest: 256, elements: 16 };

/** @returns undefined for what is none. @throws Unreadable for one that is damaged, or not made yet */
export function libcxxCollection(
  value: Value,
  type: StructureType,
  machine: Machine,
): Collection | undefined {
  const name = libcxxName(type);
  const reader = name === undefined ? undefined : READERS.get(name);
  if (name === undefined || reader === undefined) return undefined;
  const [first, second] = type.typeArguments;
  const at = reader.kind === 'map' ? pairLayout(first, second) : layoutOf(first);
  const found = at && reader.nodes(value, machine, at.layout);
  if (at === undefined || found === undefined) return undefined;
  const { count, places } = found;
  return {
    name: `std::${name}`,
    kind: reader.kind,
    count,
    *entries(): Iterable<Entry> {
      for (const address of places()) {
        const content = valueAt(machine, first, address);
        if (reader.kind !== 'map') yield { value: content };
        else yield { key: content, value: valueAt(machine, second, address + at.second) };
      }
    },
  };
}

function tree(value: Value, machine: Machine, { alignment }: Layout): Found | undefined {
  const begin = inside(value, '__begin_node_');
  const end = (inside(value, '__pair1_') ?? inside(value, '__end_node_'))?.source.address;
  const count = sizeIn(inside(value, '__pair3_') ?? inside(value, '__size_'));
  if (begin === undefined || end === undefined || count === undefined) return undefined;
  const offset = roundedUp(TREE_NODE.size, alignment);
  return {
    count,
    *places() {
      let node = Number(bitsOf(begin));
      for (let left = count; left > 0; left--) {
        if (node === 0 || node === end) throw new Unreadable('no tree: it ends too soon');
        yield node + offset;
        node = nextInTree(machine, node);
      }
    },
  };
}

function nextInTree(machine: Machine, node: number): number {
  let next = word(machine, node + TREE_NODE.right);
  if (next !== 0) {
    for (let left = MAX_HEIGHT; left > 0; left--) {
      const below = word(machine, next + TREE_NODE.left);
      if (below === 0) return next;
      next = below;
    }
  }
  let from = node;
  for (let left = MAX_HEIGHT; left > 0; left--) {
    const parent = word(machine, from + TREE_NODE.parent);
    if (word(machine, parent + TREE_NODE.left) === from) return parent;
    from = parent;
  }
  throw new Unreadable('no tree');
}

function hashTable(value: Value, machine: Machine, { alignment }: Layout): Found | undefined {
  const first = inside(value, '__p1_') ?? inside(value, '__first_node_');
  const next = first && inside(first, '__next_');
  const count = sizeIn(inside(value, '__p2_') ?? inside(value, '__size_'));
  if (next === undefined || count === undefined) return undefined;
  const offset = roundedUp(TWO_WORDS, alignment);
  return { count, places: () => chain(machine, Number(bitsOf(next)), 0, count, offset) };
}

function linkedList(value: Value, machine: Machine, { alignment }: Layout): Found | undefined {
  const next = inside(value, '__next_');
  const count = sizeIn(inside(value, '__size_alloc_') ?? inside(value, '__size_'));
  if (next === undefined || count === undefined) return undefined;
  const offset = roundedUp(TWO_WORDS, alignment);
  return { count, places: () => chain(machine, Number(bitsOf(next)), WORD, count, offset) };
}

/** @param link where in a node the address of the next one is */
function* chain(
  machine: Machine,
  first: number,
  link: number,
  count: number,
  offset: number,
): Iterable<number> {
  let node = first;
  for (let left = count; left > 0; left--) {
    if (node === 0) throw new Unreadable('its chain ends too soon');
    yield node + offset;
    node = word(machine, node + link);
  }
}

/** Blocks of elements, and an array of the blocks' addresses. */
function deque(value: Value, machine: Machine, { size }: Layout): Found | undefined {
  const blocks = inside(value, '__map_');
  const [begin, end] = [blocks && inside(blocks, '__begin_'), blocks && inside(blocks, '__end_')];
  const start = inside(value, '__start_');
  const count = sizeIn(inside(value, '__size_'));
  if (!begin || !end || !start || count === undefined || size === 0) return undefined;
  const { bytes, largest, elements } = DEQUE_BLOCK;
  const inBlock = size < largest ? Math.floor(bytes / size) : elements;
  const first = Number(bitsOf(start));
  const map = Number(bitsOf(begin));
  if (first + count > inBlock * ((Number(bitsOf(end)) - map) / WORD)) {
    throw new Unreadable('no deque: it is longer than its blocks');
  }
  return {
    count,
    *places() {
      for (let i = first; i < first + count; i++) {
        const block = word(machine, map + WORD * Math.floor(i / inBlock));
        yield block + (i % inBlock) * size;
      }
    },
  };
}

/** A number, by itself or in a pair with what is empty. */
function sizeIn(value: Value | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = resolved(value.type)?.kind === 'structure' ? inside(value, '__value_') : value;
  return number && Number(bitsOf(number));
}

function word(machine: Machine, address: number): number {
  const bytes = readMemory(machine, address, WORD);
  return new DataView(bytes.buffer, bytes.byteOffset, WORD).getUint32(0, true);
}

function layoutOf(type: Type | undefined): { layout: Layout; second: number } | undefined {
  const size = sizeOf(type);
  return size === undefined ? undefined : { layout: { size, alignment: alignOf(type) }, second: 0 };
}

/** Of a `std::pair`: where its second part stands. */
function pairLayout(first: Type | undefined, second: Type | undefined) {
  const sizes = [sizeOf(first), sizeOf(second)] as const;
  if (sizes[0] === undefined || sizes[1] === undefined) return undefined;
  const alignment = Math.max(alignOf(first), alignOf(second));
  const at = roundedUp(sizes[0], alignOf(second));
  return { layout: { size: roundedUp(at + sizes[1], alignment), alignment }, second: at };
}

const MAX_DEPTH = 16;

/** As C lays it out; of what is aligned by hand (`alignas`) too little. */
function alignOf(type: Type | undefined, depth = 0): number {
  const found = resolved(type);
  if (found === undefined || depth > MAX_DEPTH) return 1;
  if (found.kind === 'array') return alignOf(found.element, depth + 1);
  if (found.kind === 'structure') {
    return Math.max(1, ...found.members.map((member) => alignOf(member.type, depth + 1)));
  }
  return Math.max(1, sizeOf(found) ?? 1);
}

function roundedUp(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}
