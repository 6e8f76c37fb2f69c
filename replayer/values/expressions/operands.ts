/** What operators take values for: numbers, pointers, things that have an address. */
import { littleEndian } from '../../dwarf/little-endian.ts';
import { Unreadable } from '../../dwarf/machine.ts';
import { type BaseType, type PointerType, resolved, sizeOf, type Type } from '../../dwarf/type.ts';
import { bitsOf, computed, type Value, valueAs } from '../value.ts';
import { bitsOfScalar, type Scalar, scalarOf } from './arithmetic.ts';
import { INT, POINTER_SIZE, pointerTo, UNSIGNED } from './base-types.ts';
import { badExpression } from './tokens.ts';

/** A value's number; of a pointer its address, of an enumeration what stands for its name. */
export function scalarIn(value: Value): Scalar {
  const type = resolved(value.type);
  switch (type?.kind) {
    case 'base': {
      if (value.bits === undefined) return scalarOf(bitsOf(value), type);
      const field = scalarOf(bitsOf(value), { ...type, size: bitFieldSize(value) });
      // wider ones than an int are of the type that they were declared with
      return value.bits.size > 32 ? { ...field, type } : field;
    }
    case 'pointer':
      return { value: bitsOf(value), type: UNSIGNED };
    case 'enumeration': {
      const encoding = type.isSigned ? 'signed' : 'unsigned';
      const number: BaseType = { kind: 'base', name: type.name, size: type.size, encoding };
      return scalarOf(bitsOf(value), number);
    }
    case 'array':
      return { value: bitsOf(addressOf(value)), type: UNSIGNED };
    default:
      throw badExpression(`${type?.name ?? 'void'} is no number`);
  }
}

/** Its sign is at its own last bit: as wide a number as has it there. */
function bitFieldSize({ bits }: Value): number {
  return (bits?.size ?? 0) / 8;
}

export function ofScalar(scalar: Scalar): Value {
  return computed(scalar.type, littleEndian(bitsOfScalar(scalar), scalar.type.size));
}

export function retyped(value: Value, type: Type | undefined): Value {
  return valueAs(value, type);
}

export function pointerIn(value: Value): PointerType | undefined {
  const type = resolved(value.type);
  return type?.kind === 'pointer' ? type : undefined;
}

export function addressIn(value: Value): number {
  return Number(BigInt.asUintN(32, bitsOf(value)));
}

export function addressOf(value: Value): Value {
  const { address, missing } = value.source;
  if (missing !== undefined) throw new Unreadable(missing);
  if (address === undefined) {
    throw badExpression('it has no address: it is in a local of wasm, or was computed');
  }
  return computed(pointerTo(value.type), littleEndian(BigInt(address), POINTER_SIZE));
}

/** A pointer, or an array, and as many elements on or back. */
export function movedPointer(pointer: Value, by: Value, operator: '+' | '-'): Value | undefined {
  const type = resolved(pointer.type);
  const isArray = type?.kind === 'array';
  if (type?.kind !== 'pointer' && !isArray) return undefined;
  const target = isArray ? type.element : type.target;
  const size = BigInt(sizeOf(target) ?? 1);
  const from = isArray ? bitsOf(addressOf(pointer)) : bitsOf(pointer);
  const isOtherArray = resolved(by.type)?.kind === 'array';
  if (pointerIn(by) !== undefined || isOtherArray) {
    if (operator === '+') throw badExpression('two pointers cannot be added');
    const other = bitsOf(isOtherArray ? addressOf(by) : by);
    const apart = BigInt.asIntN(32, from - other);
    return ofScalar({ value: size === 0n ? apart : apart / size, type: INT });
  }
  const { value } = scalarIn(by);
  if (typeof value !== 'bigint') throw badExpression('a pointer moves by whole numbers');
  const to = from + (operator === '+' ? value : -value) * size;
  return computed(isArray ? pointerTo(target) : pointer.type, littleEndian(to, POINTER_SIZE));
}
