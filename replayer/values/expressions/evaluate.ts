/** The value of an expression, in a frame of a stopped guest. Changes nothing in it. */

import { littleEndian } from '../../dwarf/little-endian.ts';
import { type Machine, Unreadable } from '../../dwarf/machine.ts';
import { type BaseType, type Language, resolved, sizeOf, type Type } from '../../dwarf/type.ts';
import { heldBy, sequenceOf, textOf } from '../library-types.ts';
import { bitsOf, computed, elementOf, type Value, valueAs, valueAt } from '../value.ts';
import {
  binary,
  bitsOfScalar,
  chosen,
  converted,
  isTrue,
  negated,
  type Scalar,
  saturated,
  truth,
} from './arithmetic.ts';
import {
  baseType,
  CHAR,
  DOUBLE,
  FLOAT,
  INT,
  LONG_LONG,
  pointerTo,
  UNSIGNED,
  UNSIGNED_LONG_LONG,
} from './base-types.ts';
import { entryAt, type Key } from './entry.ts';
import { memberNamed } from './member.ts';
import {
  addressIn,
  addressOf,
  movedPointer,
  ofScalar,
  pointerIn,
  retyped,
  scalarIn,
} from './operands.ts';
import type { Expression, TypeName } from './parse.ts';
import { badExpression } from './tokens.ts';

/** What names mean where an expression is evaluated. */
export interface Names {
  readonly machine: Machine;
  readonly variable: (name: string) => Value | undefined;
  readonly type: (name: string) => Type | undefined;
  readonly language: Language;
}

/** Elements that `@` makes an array of at most. */
const MAX_SEVERAL = 1 << 16;

/** @throws WasiRrError OPTION_INVALID for what makes no sense; Unreadable for what cannot be known */
export function evaluateExpression(expression: Expression, names: Names): Value {
  return new Evaluator(names).value(expression);
}

/** The type of an expression; what its parts hold does not matter. @throws as {@link evaluateExpression} */
export function typeOfExpression(expression: Expression, names: Names): Type | undefined {
  return new Evaluator(names, true).value(expression).type;
}

/** The type that is written so. @throws WasiRrError OPTION_INVALID where there is none */
export function typeWritten(type: TypeName, names: Names): Type | undefined {
  return new Evaluator(names, true).type(type);
}

/** Whether a value counts as true. @throws as {@link evaluateExpression} */
export function isTrueValue(value: Value): boolean {
  return isTrue(scalarIn(value).value);
}

class Evaluator {
  private readonly names: Names;
  private readonly typesOnly: boolean;

  /** @param typesOnly whether values do not matter: nothing is divided by zero */
  constructor(names: Names, typesOnly = false) {
    this.names = names;
    this.typesOnly = typesOnly;
  }

  value(expression: Expression): Value {
    switch (expression.kind) {
      case 'name':
        return this.named(expression.name);
      case 'integer':
        return ofScalar(integerLiteral(expression));
      case 'float':
        return ofScalar(
          converted(
            { value: expression.value, type: DOUBLE },
            expression.isSingle ? FLOAT : DOUBLE,
          ),
        );
      case 'character':
        return ofScalar({ value: BigInt(expression.value), type: CHAR });
      case 'text':
        throw badExpression('a text can only be compared, with == or !=');
      case 'unary':
        return this.unary(expression);
      case 'binary':
        return this.binary(expression);
      case 'choice':
        return this.choice(expression);
      case 'member':
        return this.member(this.value(expression.of), expression.name);
      case 'element':
        return this.elementAt(this.value(expression.of), expression.index);
      case 'several':
        return this.several(this.value(expression.first), this.index(expression.count));
      case 'cast':
        return this.cast(
          this.value(expression.operand),
          this.type(expression.type),
          expression.as === true ? saturated : converted,
        );
      case 'sizeof': {
        const { of } = expression;
        const type = 'kind' in of ? new Evaluator(this.names, true).value(of).type : this.type(of);
        const size = sizeOf(type);
        if (size === undefined) throw badExpression('that has no size');
        return ofScalar({ value: BigInt(size), type: UNSIGNED });
      }
    }
  }

  private named(name: string): Value {
    const found = this.names.variable(name);
    if (found !== undefined) return found;
    const constant = { true: 1n, false: 0n, NULL: 0n, nullptr: 0n }[name];
    if (constant !== undefined) return ofScalar({ value: constant, type: INT });
    throw badExpression(
      `there is no value "${name}" here: give a variable, local0, local1… of wasm, or a global`,
    );
  }

  type({ name, pointers }: TypeName): Type | undefined {
    let type: Type | undefined = baseType(name) ?? this.names.type(name);
    if (type === undefined && name !== 'void') throw badExpression(`there is no type "${name}"`);
    for (let left = pointers; left > 0; left--) type = pointerTo(type);
    return type;
  }

  /** Of two numbers, as the type that both become. */
  private choice({ condition, yes, no }: Extract<Expression, { kind: 'choice' }>): Value {
    const isYes = isTrueValue(this.value(condition));
    const value = this.value(isYes ? yes : no);
    if (!isNumber(value)) return value;
    let other: Value;
    try {
      other = new Evaluator(this.names, true).value(isYes ? no : yes);
      if (isNumber(other)) return ofScalar(chosen(scalarIn(value), scalarIn(other)));
    } catch {
      // it is not asked for: a null pointer's target
    }
    return value;
  }

  private unary({ operator, operand }: Extract<Expression, { kind: 'unary' }>): Value {
    if (operator === '&') return addressOf(this.value(operand));
    const value = this.value(operand);
    if (operator === '*') return this.target(value);
    if (operator === '!') {
      const scalar = scalarIn(value);
      const isLogical = this.names.language !== 'rust' || scalar.type.encoding === 'boolean';
      if (isLogical) return ofScalar(truth(!isTrueValue(value)));
      return ofScalar(converted(negated('~', scalar), scalar.type));
    }
    return ofScalar(negated(operator, scalarIn(value)));
  }

  private target(value: Value): Value {
    const type = resolved(value.type);
    if (type?.kind === 'array') return elementOf(value, type.element, 0);
    const pointer = pointerIn(value);
    if (pointer === undefined) {
      const first = sequenceOf(value, this.names.machine);
      if (first !== undefined) return valueAt(this.names.machine, first.element, first.address);
      const held = heldBy(value, this.names.machine);
      if (held !== undefined) return held;
      throw badExpression('only what a pointer points to can be taken with *');
    }
    if (pointer.target === undefined && type?.kind === 'pointer') {
      throw badExpression('what a void * points to has no type: cast it, as in *(int *)p');
    }
    return valueAt(this.names.machine, pointer.target, this.address(value));
  }

  private address(value: Value): number {
    try {
      return addressIn(value);
    } catch (thrown) {
      if (this.typesOnly && thrown instanceof Unreadable) return 0;
      throw thrown;
    }
  }

  private binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>): Value {
    if (operator === '&&' || operator === '||') {
      const first = isTrueValue(this.value(left));
      if (first === (operator === '||')) return ofScalar(truth(first));
      return ofScalar(truth(isTrueValue(this.value(right))));
    }
    if (left.kind === 'text' || right.kind === 'text') {
      return this.textComparison(operator, left, right);
    }
    const [a, b] = [this.value(left), this.value(right)];
    // strings of a library, which languages compare by their text
    if (
      isComparison(operator) &&
      [a, b].every(({ type }) => resolved(type)?.kind === 'structure')
    ) {
      return this.textComparison(operator, left, right);
    }
    if (operator === '+' || operator === '-') {
      const moved = movedPointer(a, b, operator) ?? (operator === '+' && movedPointer(b, a, '+'));
      if (moved) return moved;
      if (pointerIn(b) !== undefined) throw badExpression('a pointer is no number to take away');
    }
    return ofScalar(binary(operator, scalarIn(a), this.second(operator, scalarIn(b))));
  }

  /** A divisor, or by how much is shifted, that matters to nobody is one that there can be. */
  private second(operator: string, { type, value }: Scalar): Scalar {
    if (!this.typesOnly || !/^([/%]|<<|>>)$/.test(operator)) return { type, value };
    return { type, value: typeof value === 'bigint' ? 1n : 1 };
  }

  /** Of a C string, a Rust string, an array of characters. */
  private textComparison(operator: string, left: Expression, right: Expression): Value {
    const textIn = (side: Expression) =>
      side.kind === 'text' ? side.text : textOf(this.value(side), this.names.machine);
    if (!isComparison(operator)) {
      throw badExpression('texts are compared with == and != only');
    }
    return ofScalar(truth((textIn(left) === textIn(right)) === (operator === '==')));
  }

  private member(value: Value, name: string): Value {
    let holder = value;
    // a pointer's target, as gdb and Rust have it
    for (let left = 8; left > 0 && pointerIn(holder) !== undefined; left--) {
      holder = this.target(holder);
    }
    const type = resolved(holder.type);
    if (type?.kind !== 'structure') {
      throw badExpression(`"${name}" is no member: that is ${type?.name ?? 'void'}`);
    }
    const found = memberNamed(holder, type, name);
    if (found !== undefined) return found;
    const held = heldBy(holder, this.names.machine);
    if (held !== undefined) return this.member(held, name);
    const known = type.members.flatMap((one) => (one.name === undefined ? [] : [one.name]));
    throw badExpression(`${type.name} has no member "${name}"; it has ${known.join(', ')}`);
  }

  private index(expression: Expression): number {
    return indexFrom(this.key(expression));
  }

  private key(expression: Expression): Key {
    if (expression.kind === 'text') return expression.text;
    return scalarIn(this.value(expression)).value;
  }

  /** Of a map, what is under a key. */
  private elementAt(value: Value, expression: Expression): Value {
    const key = this.key(expression);
    return entryAt(value, key, this.names.machine) ?? this.element(value, indexFrom(key));
  }

  private element(value: Value, index: number): Value {
    const { machine } = this.names;
    const type = resolved(value.type);
    if (type?.kind === 'array') return elementOf(value, type.element, index);
    const sequence = sequenceOf(value, machine);
    if (sequence !== undefined) {
      if (index < 0 || index >= sequence.count) {
        throw badExpression(`it has ${sequence.count} elements: there is none at ${index}`);
      }
      return elementOf(valueAt(machine, undefined, sequence.address), sequence.element, index);
    }
    const pointer = pointerIn(value);
    if (pointer === undefined) throw badExpression('only arrays and pointers have elements');
    return elementOf(valueAt(machine, undefined, this.address(value)), pointer.target, index);
  }

  private several(first: Value, count: number): Value {
    if (count < 1 || count > MAX_SEVERAL) throw badExpression(`${count} is no number of elements`);
    const element = first.type;
    return valueAs(first, {
      kind: 'array',
      name: `${element?.name}[${count}]`,
      element,
      count,
      language: 'c',
    });
  }

  private cast(value: Value, type: Type | undefined, convert: typeof converted): Value {
    const target = resolved(type);
    if (target?.kind === 'base') return retyped(ofScalar(convert(scalarIn(value), target)), type);
    if (target?.kind === 'pointer' || target?.kind === 'enumeration') {
      const from = resolved(value.type);
      if (from?.kind === 'array') {
        return computed(type, littleEndian(bitsOf(addressOf(value)), target.size));
      }
      // a small number keeps its sign
      const number: BaseType = {
        ...{ kind: 'base', name: target.name, size: target.size },
        encoding: target.kind === 'enumeration' && target.isSigned ? 'signed' : 'unsigned',
      };
      return computed(
        type,
        littleEndian(bitsOfScalar(converted(scalarIn(value), number)), target.size),
      );
    }
    if (sizeOf(type) !== undefined && sizeOf(type) === sizeOf(value.type)) {
      return valueAs(value, type);
    }
    throw badExpression(`that cannot become ${type?.name ?? 'void'}`);
  }
}

/** As C has it: the first of int, unsigned, long long and unsigned long long that it may be and fits in. */
function integerLiteral({
  value,
  suffix,
  isDecimal,
}: Extract<Expression, { kind: 'integer' }>): Scalar {
  const unsigned = /u/i.test(suffix);
  const types: [BaseType, boolean][] = [
    [INT, !unsigned],
    [UNSIGNED, unsigned || !isDecimal],
    [LONG_LONG, !unsigned],
    [UNSIGNED_LONG_LONG, true],
  ];
  const isLong = /ll/i.test(suffix);
  const found = types.find(([{ size, encoding }, mayBe]) => {
    const bits = BigInt(8 * size - (encoding === 'signed' ? 1 : 0));
    return mayBe && value < 1n << bits && (!isLong || size === 8);
  });
  if (found === undefined) throw badExpression(`${value} is too large`);
  return { value, type: found[0] };
}

/** Whether a value is no pointer, and nothing that has parts. */
function isNumber({ type }: Value): boolean {
  const kind = resolved(type)?.kind;
  return kind === 'base' || kind === 'enumeration';
}

function indexFrom(key: Key): number {
  const index = Number(key);
  if (typeof key !== 'string' && Number.isSafeInteger(index)) return index;
  throw badExpression('that is no index');
}

function isComparison(operator: string): boolean {
  return operator === '==' || operator === '!=';
}
