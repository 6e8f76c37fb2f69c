/**
 * Tables, memories, globals and tags of a module as another module imports them: what both must say of them, and no
 * more. Types keep their indices, so that the other module needs the same type section.
 */
import { BinaryInput } from '../../wasm/binary.ts';
import { InstructionReader } from './instruction-reader.ts';
import { readValueType, SECTION, type Section } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';

/** Of each, by index, imported ones first: kind and type of an import, as they are encoded. */
export interface SharedParts {
  readonly tables: readonly Uint8Array[];
  readonly memories: readonly Uint8Array[];
  readonly globals: readonly Uint8Array[];
  readonly tags: readonly Uint8Array[];
}

export type SharedKind = keyof SharedParts;

/** How an import or export says what it is. */
export const EXTERN = { function: 0, tables: 1, memories: 2, globals: 3, tags: 4 } as const;

const LIMITS = { maximum: 1, shared: 2, wide: 4, pageSize: 8 } as const;

/** Thrown for what cannot be imported without saying more of it. */
class NotShared extends Error {}

/**
 * @param bytes of a module whose sections were read before
 * @returns undefined for a module with a memory of several threads, or of unusual pages
 */
export function readSharedParts(
  bytes: Uint8Array,
  sections: readonly Section[],
): SharedParts | undefined {
  const parts: Record<SharedKind, Uint8Array[]> = {
    ...{ tables: [], memories: [], globals: [], tags: [] },
  };
  const each = (id: number, read: (input: BinaryInput) => void) => {
    const section = sections.find((one) => one.id === id);
    if (section === undefined) return;
    const input = new BinaryInput(bytes, section.body, section.end);
    for (let left = input.u32(); left > 0; left--) read(input);
  };
  try {
    each(SECTION.import, (input) => readImport(bytes, input, parts));
    each(SECTION.table, (input) => {
      // with a value for its elements
      const initialized = input.peek() === 0x40;
      if (initialized) input.slice(2);
      parts.tables.push(tableOf(bytes, input));
      if (initialized) skipExpression(bytes, input);
    });
    each(SECTION.memory, (input) => parts.memories.push(memoryOf(input)));
    each(SECTION.tag, (input) => parts.tags.push(tagOf(bytes, input)));
    each(SECTION.global, (input) => {
      parts.globals.push(globalOf(bytes, input));
      skipExpression(bytes, input);
    });
    return parts;
  } catch (thrown) {
    if (thrown instanceof NotShared) return undefined;
    throw thrown;
  }
}

function readImport(
  bytes: Uint8Array,
  input: BinaryInput,
  parts: Record<SharedKind, Uint8Array[]>,
): void {
  input.name();
  input.name();
  const kind = input.byte();
  if (kind === EXTERN.function) input.u32();
  else if (kind === EXTERN.tables) parts.tables.push(tableOf(bytes, input));
  else if (kind === EXTERN.memories) parts.memories.push(memoryOf(input));
  else if (kind === EXTERN.globals) parts.globals.push(globalOf(bytes, input));
  else parts.tags.push(tagOf(bytes, input));
}

function tableOf(bytes: Uint8Array, input: BinaryInput): Uint8Array {
  const from = input.position;
  readValueType(input);
  const type = bytes.subarray(from, input.position);
  return Uint8Array.from([EXTERN.tables, ...type, readLimits(input), 0]);
}

function memoryOf(input: BinaryInput): Uint8Array {
  return Uint8Array.from([EXTERN.memories, readLimits(input), 0]);
}

function globalOf(bytes: Uint8Array, input: BinaryInput): Uint8Array {
  const from = input.position;
  readValueType(input);
  input.byte();
  return Uint8Array.from([EXTERN.globals, ...bytes.subarray(from, input.position)]);
}

function tagOf(bytes: Uint8Array, input: BinaryInput): Uint8Array {
  const from = input.position;
  input.byte();
  input.u32();
  return Uint8Array.from([EXTERN.tags, ...bytes.subarray(from, input.position)]);
}

/** @returns flags of limits that anything with such addresses meets: from 0 on */
function readLimits(input: BinaryInput): number {
  const flags = input.byte();
  if ((flags & (LIMITS.shared | LIMITS.pageSize)) !== 0) throw new NotShared();
  input.u64();
  if ((flags & LIMITS.maximum) !== 0) input.u64();
  return flags & LIMITS.wide;
}

/** A constant expression: it has no blocks. */
function skipExpression(bytes: Uint8Array, input: BinaryInput): void {
  const reader = new InstructionReader(bytes);
  reader.open(input.position, bytes.length);
  do reader.next();
  while (reader.code !== OP.end);
  input.slice(reader.at - input.position);
}
