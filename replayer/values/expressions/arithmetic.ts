/** What operators make of numbers, with C's conversions. Knows neither memory nor names. */

import type { BaseType, Type } from '../../dwarf/type.ts';
import { floatBits, floatOf } from '../scalars.ts';
import { DOUBLE, INT, LONG_LONG, UNSIGNED, UNSIGNED_LONG_LONG } from './base-types.ts';
import { badExpression } from './tokens.ts';

/** A number with its type: of whole ones a bigint. */
export interface Scalar {
  readonly value: bigint | number;
  readonly type: BaseType;
}

export const isFloat = (type: Type | undefined): boolean =>
  type?.kind === 'base' && type.encoding === 'float';

/** @param bits unsigned, as they stand in memory */
export function scalarOf(bits: bigint, type: BaseType): Scalar {
  if (isFloat(type)) {
    const value = floatOf(bits, type.size);
    if (value === undefined) throw badExpression(`a ${type.name} cannot be computed with`);
    return { value, type };
  }
  const value = type.encoding.startsWith('signed') ? BigInt.asIntN(8 * type.size, bits) : bits;
  return { value, type };
}

/** As they stand in memory. */
export function bitsOfScalar({ value, type }: Scalar): bigint {
  if (isFloat(type)) return floatBits(nearest(value, type.size), type.size);
  const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(finite(value)));
  return BigInt.asUintN(8 * type.size, whole);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** A number that is rounded once: by way of a double, one of 64 bits would be twice. */
function nearest(value: bigint | number, size: number): number {
  if (typeof value === 'number' || size !== 4) return Number(value);
  const magnitude = value < 0n ? -value : value;
  const excess = Math.max(0, magnitude.toString(2).length - 50);
  const kept = magnitude >> BigInt(excess);
  // what is cut off still tells on which side of a middle it is
  const isCut = kept << BigInt(excess) !== magnitude;
  const rounded = Number(isCut ? kept | 1n : kept) * 2 ** excess;
  return value < 0n ? -rounded : rounded;
}

export function converted({ value }: Scalar, type: BaseType): Scalar {
  if (isFloat(type)) return scalarOf(floatBits(nearest(value, type.size), type.size), type);
  if (type.encoding === 'boolean') return { value: isTrue(value) ? 1n : 0n, type };
  return scalarOf(bitsOfScalar({ value, type }), type);
}

export function isTrue(value: bigint | number): boolean {
  return value !== 0n && value !== 0;
}

export const truth = (value: boolean): Scalar => ({ value: value ? 1n : 0n, type: INT });

/** `int` for what is smaller. */
function promoted({ type }: Scalar): BaseType {
  if (isFloat(type) || type.size > 4) return type;
  return type.size === 4 && type.encoding === 'unsigned' ? UNSIGNED : INT;
}

function commonType(left: Scalar, right: Scalar): BaseType {
  const [a, b] = [promoted(left), promoted(right)];
  if (isFloat(a) || isFloat(b)) {
    if (isFloat(a) && isFloat(b)) return a.size >= b.size ? a : b;
    return isFloat(a) ? a : b;
  }
  if (a.size !== b.size) return a.size > b.size ? a : b;
  const unsigned = !(a.encoding.startsWith('signed') && b.encoding.startsWith('signed'));
  if (a.size === 4) return unsigned ? UNSIGNED : INT;
  if (a.size === 8) return unsigned ? UNSIGNED_LONG_LONG : LONG_LONG;
  return b.encoding === 'unsigned' ? b : a;
}

/** What both become, of which one is chosen. */
export function chosen(one: Scalar, other: Scalar): Scalar {
  return converted(one, commonType(one, other));
}

/** Rust's `as`: what the type cannot be is the nearest that it can; no number is 0. */
export function saturated(from: Scalar, type: BaseType): Scalar {
  const { value } = from;
  if (typeof value === 'bigint' || isFloat(type)) return converted(from, type);
  if (Number.isNaN(value)) return { value: 0n, type };
  const width = BigInt(8 * type.size);
  const isSigned = type.encoding.startsWith('signed');
  const least = isSigned ? -(1n << (width - 1n)) : 0n;
  const most = (1n << (isSigned ? width - 1n : width)) - 1n;
  if (value <= Number(least)) return { value: least, type };
  if (value >= Number(most)) return { value: most, type };
  return { value: BigInt(Math.trunc(value)), type };
}

type Whole = (left: bigint, right: bigint) => bigint;
type Real = (left: number, right: number) => number;

const COMPUTE: Readonly<Record<string, { readonly whole: Whole; readonly real?: Real }>> = {
  '+': { whole: (a, b) => a + b, real: (a, b) => a + b },
  '-': { whole: (a, b) => a - b, real: (a, b) => a - b },
  '*': { whole: (a, b) => a * b, real: (a, b) => a * b },
  '/': { whole: (a, b) => a / divisor(b), real: (a, b) => a / b },
  '%': { whole: (a, b) => a % divisor(b) },
  '&': { whole: (a, b) => a & b },
  '|': { whole: (a, b) => a | b },
  '^': { whole: (a, b) => a ^ b },
  '<<': { whole: (a, b) => a << shift(b) },
  '>>': { whole: (a, b) => a >> shift(b) },
};

const COMPARE: Readonly<
  Record<string, (left: number | bigint, right: number | bigint) => boolean>
> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

/** @throws WasiRrError OPTION_INVALID for operands that it does not take */
export function binary(operator: string, left: Scalar, right: Scalar): Scalar {
  const shifts = operator === '<<' || operator === '>>';
  const type = shifts ? promoted(left) : commonType(left, right);
  const a = converted(left, type).value;
  const b = shifts ? right.value : converted(right, type).value;
  const compare = COMPARE[operator];
  if (compare !== undefined) return truth(compare(a, b));
  const compute = COMPUTE[operator];
  if (compute === undefined) throw badExpression(`there is no operator ${operator}`);
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    return scalarOf(BigInt.asUintN(8 * type.size, compute.whole(a, b)), type);
  }
  if (compute.real === undefined) throw badExpression(`${operator} takes whole numbers`);
  return converted({ value: compute.real(Number(a), Number(b)), type: DOUBLE }, type);
}

/** @throws as {@link binary} */
export function negated(operator: '-' | '+' | '~', operand: Scalar): Scalar {
  const type = promoted(operand);
  const { value } = converted(operand, type);
  if (typeof value === 'number') {
    if (operator === '~') throw badExpression('~ takes whole numbers');
    return { value: operator === '-' ? -value : value, type };
  }
  const result = operator === '-' ? -value : operator === '~' ? ~value : value;
  return scalarOf(BigInt.asUintN(8 * type.size, result), type);
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw badExpression('that divides by zero');
  return value;
}

/** Bits of the largest shift that means anything. */
const MAX_SHIFT = 127n;

function shift(value: bigint): bigint {
  if (value < 0n || value > MAX_SHIFT) throw badExpression('that shifts by too many bits');
  return value;
}
