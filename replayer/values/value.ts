/** A value of a program: bytes, or where they are, with a type. Nothing is read until it is asked for. */
import type { Location, Piece } from '../dwarf/expression.ts';
import { littleEndian, unsignedFrom } from '../dwarf/little-endian.ts';
import { type Machine, readMemory, Unreadable } from '../dwarf/machine.ts';
import { type Member, resolved, sizeOf, type Type } from '../dwarf/type.ts';

/** Bytes in a row. */
export interface Source {
  /** Where in memory the first one is; undefined for what is in no memory. */
  readonly address: number | undefined;
  /** Why there are none. */
  readonly missing?: string;
  /** @throws Unreadable */
  readonly read: (offset: number, length: number) => Uint8Array;
}

export interface Value {
  /** Undefined for `void`. */
  readonly type: Type | undefined;
  readonly source: Source;
  /** Of a bit field: its first bit in the source, and how many. */
  readonly bits: Member['bits'];
}

/** Bytes of the largest value that is read in one piece. */
const MAX_BYTES = 1 << 20;

export function valueAt(machine: Machine, type: Type | undefined, address: number): Value {
  return { type, source: memorySource(machine, address), bits: undefined };
}

/** What was computed, and is in no memory. */
export function computed(type: Type | undefined, bytes: Uint8Array): Value {
  return { type, source: bytesSource(bytes), bits: undefined };
}

/** The same bytes as another type. */
export function valueAs({ source }: Value, type: Type | undefined): Value {
  return { type, source, bits: undefined };
}

/** @param place where a location expression says that it is */
export function valueIn(machine: Machine, type: Type | undefined, place: Location): Value {
  return { type, source: sourceOf(machine, place), bits: undefined };
}

/** @throws Unreadable for a member whose place cannot be known */
export function memberOf(value: Value, member: Member): Value {
  const { offset, bits, type } = member;
  if (bits !== undefined) return { type, source: value.source, bits };
  if (offset === undefined) throw new Unreadable('cannot be read: a virtual base');
  return { type, source: shifted(value.source, offset), bits: undefined };
}

/** An element of an array, whether it has so many or not. */
export function elementOf(value: Value, element: Type | undefined, index: number): Value {
  const size = sizeOf(element);
  if (size === undefined) throw new Unreadable('cannot be read: elements of unknown size');
  return { type: element, source: shifted(value.source, index * size), bits: undefined };
}

/** @throws Unreadable where it cannot be had, or has no size */
export function bytesOf({ type, source }: Value): Uint8Array {
  const size = sizeOf(type);
  if (size === undefined) throw new Unreadable('cannot be read: its type has no size');
  if (size > MAX_BYTES) throw new Unreadable(`cannot be read: it is of ${size} bytes`);
  return source.read(0, size);
}

/** The bits of a number, unsigned. @throws Unreadable */
export function bitsOf(value: Value): bigint {
  const { bits, source } = value;
  if (bits === undefined) return unsignedFrom(bytesOf(value));
  const first = Math.floor(bits.offset / 8);
  const last = Math.ceil((bits.offset + bits.size) / 8);
  if (bits.size < 0 || last - first > 32) throw new Unreadable('cannot be read: a bit field');
  const all = unsignedFrom(source.read(first, last - first));
  return BigInt.asUintN(bits.size, all >> BigInt(bits.offset - 8 * first));
}

/** A number with its sign. @throws Unreadable as {@link bitsOf}, and for what is no whole number */
export function integerOf(value: Value): bigint {
  const type = resolved(value.type);
  const width = value.bits?.size ?? 8 * (sizeOf(type) ?? 0);
  const isSigned =
    (type?.kind === 'base' && type.encoding.startsWith('signed')) ||
    (type?.kind === 'enumeration' && type.isSigned);
  const bits = bitsOf(value);
  return isSigned ? BigInt.asIntN(width, bits) : bits;
}

function memorySource(machine: Machine, address: number): Source {
  return { address, read: (offset, length) => readMemory(machine, address + offset, length) };
}

function bytesSource(bytes: Uint8Array): Source {
  return {
    address: undefined,
    read: (offset, length) => {
      if (offset >= 0 && offset + length <= bytes.length) {
        return bytes.subarray(offset, offset + length);
      }
      throw new Unreadable(`cannot be read: only ${bytes.length} bytes of it are known`);
    },
  };
}

function shifted({ address, read }: Source, by: number): Source {
  return {
    address: address === undefined ? undefined : address + by,
    read: (offset, length) => read(by + offset, length),
  };
}

function sourceOf(machine: Machine, place: Location): Source {
  switch (place.kind) {
    case 'memory':
      return memorySource(machine, place.address);
    case 'bytes':
      return bytesSource(place.bytes);
    case 'value': {
      const { bits, width, extended } = place.value;
      const known = extended ? Math.max(width, 64) : width;
      return bytesSource(littleEndian(bits, known / 8));
    }
    case 'pieces':
      return piecesSource(machine, place.pieces);
    case 'unreadable':
      return {
        address: undefined,
        missing: place.why,
        read: () => {
          throw new Unreadable(place.why);
        },
      };
  }
}

/** Pieces of whole bytes, one behind the other. */
function piecesSource(machine: Machine, pieces: readonly Piece[]): Source {
  let end = 0;
  const parts = pieces.map(({ size, offset, location }) => {
    const from = end;
    end += size / 8;
    const skipped = offset / 8;
    return { from, to: end, source: shifted(sourceOf(machine, location), skipped), skipped };
  });
  const whole = parts.every(({ to, skipped }) => Number.isInteger(to) && Number.isInteger(skipped));
  return {
    address: undefined,
    read: (offset, length) => {
      if (!whole) throw new Unreadable('cannot be read: pieces of single bits');
      if (length > MAX_BYTES || offset + length > end) {
        throw new Unreadable('cannot be read: its pieces do not make a whole');
      }
      const bytes = new Uint8Array(length);
      for (const { from, to, source } of parts) {
        const first = Math.max(from, offset);
        const last = Math.min(to, offset + length);
        if (first < last) bytes.set(source.read(first - from, last - first), first - offset);
      }
      return bytes;
    },
  };
}
