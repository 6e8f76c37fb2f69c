/** What values of the libraries of languages hold: the elements of a vector, the text of a string. */
import { type Machine, Unreadable } from '../dwarf/machine.ts';
import { type Language, resolved, sizeOf } from '../dwarf/type.ts';
import { isCharacter } from './characters.ts';
import type { Collection } from './collection.ts';
import { libcxxKind, libcxxSequence, libcxxText } from './libcxx.ts';
import { libcxxCollection } from './libcxx-collections.ts';
import { libcxxName } from './libcxx-names.ts';
import { libcxxWrapper } from './libcxx-wrappers.ts';
import { rustCollection } from './rust-collections.ts';
import { rustSequence, rustText } from './rust-types.ts';
import { rustWrapper } from './rust-wrappers.ts';
import type { Sequence } from './sequence.ts';
import { bitsOf, type Value } from './value.ts';
import { zigSlice, zigText, zigWrapper } from './zig-types.ts';

const WRAPPERS: Readonly<Record<Language, typeof rustWrapper>> = {
  c: libcxxWrapper,
  rust: rustWrapper,
  zig: zigWrapper,
};

/** Bytes of a text that is compared. */
const MAX_TEXT = 1 << 16;

/** @returns undefined for what owns none. @throws Unreadable */
export function sequenceOf(value: Value, machine: Machine): Sequence | undefined {
  const type = resolved(value.type);
  if (type?.kind !== 'structure') return undefined;
  if (type.language === 'rust') return rustSequence(value, type);
  if (type.language === 'zig') return zigSlice(value, type);
  const isSequence = libcxxKind(type) === 'vector' || libcxxName(type) === 'array';
  return isSequence ? libcxxSequence(value, machine) : undefined;
}

/** A collection, of which the elements do not stand in a row. @returns undefined for what is none. @throws Unreadable */
export function collectionOf(value: Value, machine: Machine): Collection | undefined {
  const type = resolved(value.type);
  if (type?.kind !== 'structure') return undefined;
  return type.language === 'rust'
    ? rustCollection(value, type, machine)
    : libcxxCollection(value, type, machine);
}

/** What a smart pointer or a mutable place of a library holds. @returns undefined for what is none. @throws Unreadable */
export function heldBy(value: Value, machine: Machine): Value | undefined {
  const type = resolved(value.type);
  if (type?.kind !== 'structure') return undefined;
  const wrapper = WRAPPERS[type.language](value, type, machine);
  if (wrapper === undefined) return undefined;
  if (wrapper.value === undefined) throw new Unreadable(`this ${wrapper.name} holds nothing`);
  return wrapper.value;
}

/**
 * A text as bytes that are UTF-8 or nearly: of a C string up to its zero, of a string of a library all.
 * @throws Unreadable for what is no text, or has no memory
 */
export function textOf(value: Value, machine: Machine): string {
  const type = resolved(value.type);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
  if (type?.kind === 'pointer' && isCharacter(resolved(type.target))) {
    return text(untilZero(machine, Number(BigInt.asUintN(32, bitsOf(value)))));
  }
  if (type?.kind === 'array' && isCharacter(resolved(type.element))) {
    const length = Math.min(sizeOf(type) ?? 0, MAX_TEXT);
    const bytes = value.source.read(0, length);
    const end = bytes.indexOf(0);
    return text(end < 0 ? bytes : bytes.subarray(0, end));
  }
  if (type?.kind === 'structure') {
    const rust = type.language === 'rust' ? rustText(value, type) : zigText(value, type);
    if (rust !== undefined) {
      const bytes = machine.memory(rust.address, Math.min(rust.length, MAX_TEXT));
      if (bytes !== undefined) return text(bytes);
    }
    const cxx = libcxxKind(type) === 'string' ? libcxxText(value, machine) : undefined;
    if (cxx !== undefined) return text(cxx.bytes);
  }
  throw new Unreadable(`${type?.name ?? 'void'} is no text`);
}

function untilZero(machine: Machine, address: number): Uint8Array {
  const bytes: number[] = [];
  while (bytes.length < MAX_TEXT) {
    const [byte] = machine.memory(address + bytes.length, 1) ?? [];
    if (byte === undefined) throw new Unreadable(`cannot read memory at 0x${address.toString(16)}`);
    if (byte === 0) break;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
