/**
 * Numbers on the stack of a location expression. Wasm has 32-bit addresses beside 64-bit variables, and
 * compilers write expressions for both: arithmetic is that of 64 bits, whose lower halves are right for
 * 32 bits, too; what looks at signs or upper bits does so at the number's own width.
 */

export interface StackValue {
  /** Unsigned, of 64 bits; of 128 if `width` says so. */
  readonly bits: bigint;
  readonly width: 8 | 16 | 32 | 64 | 128;
  /** Whether bits above `width` are known, as an extension of its sign. */
  readonly extended: boolean;
}

type Binary = (left: bigint, right: bigint) => bigint;

/** Lower bits of the result depend on lower bits of the operands only. */
const MODULAR: Readonly<Record<string, Binary>> = {
  and: (left, right) => left & right,
  or: (left, right) => left | right,
  xor: (left, right) => left ^ right,
  plus: (left, right) => left + right,
  minus: (left, right) => left - right,
  mul: (left, right) => left * right,
};

/** On signed operands. */
const SIGNED: Readonly<Record<string, Binary>> = {
  div: (left, right) => left / nonZero(right),
  eq: (left, right) => BigInt(left === right),
  ne: (left, right) => BigInt(left !== right),
  ge: (left, right) => BigInt(left >= right),
  gt: (left, right) => BigInt(left > right),
  le: (left, right) => BigInt(left <= right),
  lt: (left, right) => BigInt(left < right),
};

const UNARY: Readonly<Record<string, (signed: bigint) => bigint>> = {
  abs: (value) => (value < 0n ? -value : value),
  neg: (value) => -value,
  not: (value) => ~value,
};

/** A constant: as wide as an address, unless it needs more. */
export function constant(value: bigint): StackValue {
  const fits = value >= -(1n << 31n) && value < 1n << 32n;
  return { bits: BigInt.asUintN(64, value), width: fits ? 32 : 64, extended: true };
}

export function signedOf({ bits, width }: StackValue): bigint {
  return BigInt.asIntN(width, bits);
}

export function unsignedOf({ bits, width }: StackValue): bigint {
  return BigInt.asUintN(width, bits);
}

/** @returns undefined for a name that is no operator of one operand */
export function unary(name: string, operand: StackValue): StackValue | undefined {
  const compute = UNARY[name];
  return compute && made(compute(signedOf(operand)), operand.width);
}

/** @returns undefined for a name that is no operator of two operands @throws RangeError for x / 0 */
export function binary(name: string, left: StackValue, right: StackValue): StackValue | undefined {
  const width = left.width > right.width ? left.width : right.width;
  const modular = MODULAR[name];
  if (modular) return made(modular(left.bits, right.bits), width);
  const signed = SIGNED[name];
  if (signed) return made(signed(signedOf(left), signedOf(right)), width);
  const count = right.bits > 127n ? 128n : right.bits;
  switch (name) {
    case 'mod':
      return made(unsignedOf(left) % nonZero(unsignedOf(right)), width);
    case 'shl':
      return made(left.bits << count, left.width);
    case 'shr':
      return made(unsignedOf(left) >> count, left.width);
    case 'shra':
      return made(signedOf(left) >> count, left.width);
    default:
      return undefined;
  }
}

function made(value: bigint, width: StackValue['width']): StackValue {
  return { bits: BigInt.asUintN(Math.max(width, 64), value), width, extended: true };
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new RangeError('an expression divides by zero');
  return divisor;
}
