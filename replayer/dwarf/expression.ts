/**
 * Evaluates a location expression: where a value is, or what it is (DWARF 5, section 2.5 and 2.6; wasm:
 * https://yurydelendik.github.io/webassembly-dwarf/). What it cannot do ends it: a wrong value is worse than
 * none.
 */
import type { Entry } from './entry.ts';
import { DwarfInput } from './input.ts';
import { unsignedFrom } from './little-endian.ts';
import { type Machine, readMemory, Unreadable } from './machine.ts';
import { AT } from './names.ts';
import { type Operation, operationName, readOperation } from './operations.ts';
import { isTombstone } from './ranges.ts';
import { binary, constant, type StackValue, signedOf, unary, unsignedOf } from './stack-value.ts';
import type { Unit } from './unit.ts';

/** Bytes, or where they are. */
export type Location =
  | { readonly kind: 'memory'; readonly address: number }
  | { readonly kind: 'value'; readonly value: StackValue }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Of what an optimizer removed. */
export const NOWHERE: Location = { kind: 'unreadable', why: 'optimized out' };

export interface Piece {
  /** Bits. */
  readonly size: number;
  /** Bits to skip at the beginning of what the location gives. */
  readonly offset: number;
  readonly location: Location;
}

export interface ExpressionContext {
  readonly unit: Unit;
  readonly machine: Machine;
  /** The function whose frame `DW_OP_fbreg` means. */
  readonly frameBase?: () => bigint;
  /** What is on the stack in the beginning. */
  readonly initial?: bigint;
}

/** Operations that are carried out: branches may lead back. */
const MAX_STEPS = 10_000;
const MAX_STACK = 1000;
const MAX_PIECES = 1000;

/** `DW_OP_WASM_location`. */
const WASM = { local: 0, global: 1, operand: 2, globalU32: 3 } as const;

/** @throws Unreadable, RangeError where the expression does not hold together */
export function evaluate(expression: Uint8Array, context: ExpressionContext): Location {
  return new Evaluation(expression, context).run();
}

class Evaluation {
  private readonly input: DwarfInput;
  private readonly context: ExpressionContext;
  private readonly stack: StackValue[] = [];
  private readonly pieces: Piece[] = [];
  /** What the expression has said so far, where that is no address on the stack. */
  private found: Location | undefined;

  constructor(expression: Uint8Array, context: ExpressionContext) {
    this.input = new DwarfInput(expression);
    this.context = context;
    if (context.initial !== undefined) this.stack.push(constant(context.initial));
  }

  run(): Location {
    const { input, context } = this;
    if (input.atEnd) return NOWHERE;
    for (let steps = 0; !input.atEnd; steps++) {
      if (steps > MAX_STEPS || this.stack.length > MAX_STACK) {
        throw new Unreadable('cannot be read: an expression without end');
      }
      this.step(readOperation(input, context.unit));
    }
    return this.pieces.length > 0 ? { kind: 'pieces', pieces: this.pieces } : this.result();
  }

  private step(operation: Operation): void {
    const { name, number, operands, block } = operation;
    const [first = 0, second = 0] = operands;
    switch (name) {
      case 'lit':
        this.push(constant(BigInt(number)));
        return;
      case 'const1u':
      case 'const1s':
      case 'const2u':
      case 'const2s':
      case 'const4u':
      case 'const4s':
      case 'const8u':
      case 'const8s':
      case 'constu':
      case 'consts':
        this.push(constant(BigInt(first)));
        return;
      case 'constx':
      case 'GNU_const_index':
        this.push(constant(BigInt(this.context.unit.indexedAddress(Number(first)))));
        return;
      case 'addr':
        this.address(Number(first));
        return;
      case 'addrx':
      case 'GNU_addr_index':
        this.address(this.context.unit.indexedAddress(Number(first)));
        return;
      case 'fbreg':
        this.push(constant(this.frameBase(operation) + BigInt(first)));
        return;
      case 'WASM_location':
        this.push(this.wasm(Number(first), Number(second)));
        return;
      case 'plus_uconst':
        this.binary('plus', this.pop(), constant(BigInt(first)));
        return;
      case 'deref':
        this.deref(this.context.unit.addressSize);
        return;
      case 'deref_size':
        this.deref(Number(first));
        return;
      case 'stack_value':
        this.found = { kind: 'value', value: this.pop() };
        return;
      case 'implicit_value':
        this.found = { kind: 'bytes', bytes: block ?? new Uint8Array() };
        return;
      case 'piece':
        this.piece(8 * Number(first), 0);
        return;
      case 'bit_piece':
        this.piece(Number(first), Number(second));
        return;
      case 'convert':
        this.convert(operation);
        return;
      case 'skip':
      case 'bra':
        if (name === 'skip' || this.pop().bits !== 0n) this.jump(Number(first));
        return;
      case 'nop':
        return;
      default:
        if (!this.arrange(name, Number(first))) this.compute(operation);
    }
  }

  /** Operations that only move what is on the stack. */
  private arrange(name: string, index: number): boolean {
    switch (name) {
      case 'dup':
        this.pick(0);
        return true;
      case 'over':
        this.pick(1);
        return true;
      case 'pick':
        this.pick(index);
        return true;
      case 'drop':
        this.pop();
        return true;
      case 'swap':
        this.stack.push(this.pop(), this.pop());
        return true;
      case 'rot': {
        const [top, middle, bottom] = [this.pop(), this.pop(), this.pop()];
        this.stack.push(top, bottom, middle);
        return true;
      }
      default:
        return false;
    }
  }

  private compute(operation: Operation): void {
    const right = this.pop(operation);
    const alone = unary(operation.name, right);
    if (alone !== undefined) this.push(alone);
    else this.binary(operation.name, this.pop(operation), right, operation);
  }

  private binary(name: string, left: StackValue, right: StackValue, from?: Operation): void {
    const value = binary(name, left, right);
    if (value === undefined) throw from ? unknown(from) : new RangeError(`no operator ${name}`);
    this.push(value);
  }

  private push(value: StackValue): void {
    this.stack.push(value);
  }

  private pop(operation?: Operation): StackValue {
    const value = this.stack.pop();
    if (value !== undefined) return value;
    // an operation that is not known here may have wanted nothing from the stack
    throw operation === undefined
      ? new RangeError('an expression takes from an empty stack')
      : unknown(operation);
  }

  private pick(index: number): void {
    const value = this.stack.at(-1 - index);
    if (value === undefined) throw new RangeError('an expression takes from an empty stack');
    this.stack.push(value);
  }

  private address(address: number): void {
    if (isTombstone(address, this.context.unit.addressSize) && address !== 0) {
      throw new Unreadable('left out by the linker');
    }
    this.push(constant(BigInt(address)));
  }

  private frameBase(operation: Operation): bigint {
    const { frameBase } = this.context;
    if (frameBase === undefined) throw unknown(operation);
    return frameBase();
  }

  private wasm(kind: number, index: number): StackValue {
    const { machine } = this.context;
    const found =
      kind === WASM.local
        ? machine.local(index)
        : kind === WASM.operand
          ? machine.operand(index)
          : kind === WASM.global || kind === WASM.globalU32
            ? machine.global(index)
            : undefined;
    if (found !== undefined) {
      const width = found.size === 16 ? 128 : found.size === 8 ? 64 : 32;
      return { bits: found.bits, width, extended: width >= 64 };
    }
    const what = ['local', 'global', 'operand', 'global'][kind];
    throw new Unreadable(
      what === undefined
        ? `cannot be read: DW_OP_WASM_location ${kind}`
        : `not kept: wasm ${what} ${index}`,
    );
  }

  private deref(size: number): void {
    if (size < 1 || size > 8) throw new RangeError(`an expression reads ${size} bytes`);
    const bytes = readMemory(this.context.machine, addressOf(this.pop()), size);
    this.push(constant(unsignedFrom(bytes)));
  }

  /** To a base type; its operand is where that stands in the unit, 0 for none in particular. */
  private convert(operation: Operation): void {
    const { unit } = this.context;
    const [offset = 0] = operation.operands;
    if (offset === 0) return;
    const type: Entry = unit.file.entryAt(unit.start + Number(offset));
    const size = 8 * (type.number(AT.byteSize) ?? 0);
    const encoding = type.number(AT.encoding) ?? 0;
    const isSigned = ENCODINGS.signed.includes(encoding);
    const width = ([8, 16, 32, 64] as const).find((one) => one === size);
    if (width === undefined || !(isSigned || ENCODINGS.unsigned.includes(encoding))) {
      throw unknown(operation);
    }
    const value = this.pop();
    // signs are kept by extending to what the value was last converted to
    const bits = isSigned ? BigInt.asIntN(width, value.bits) : BigInt.asUintN(width, value.bits);
    this.push({ bits: BigInt.asUintN(64, bits), width, extended: true });
  }

  private jump(distance: number): void {
    const { input } = this;
    const target = input.position + distance;
    if (target < 0 || target > input.limit)
      throw new RangeError('an expression leads out of itself');
    input.position = target;
  }

  private piece(size: number, offset: number): void {
    if (this.pieces.length >= MAX_PIECES) throw new RangeError('a value has too many pieces');
    const isEmpty = this.found === undefined && this.stack.length === 0;
    this.pieces.push({ size, offset, location: isEmpty ? NOWHERE : this.result() });
    this.found = undefined;
    this.stack.length = 0;
  }

  private result(): Location {
    return this.found ?? { kind: 'memory', address: addressOf(this.pop()) };
  }
}

/** DW_ATE_* that are whole numbers. */
const ENCODINGS: Readonly<Record<'signed' | 'unsigned', readonly number[]>> = {
  signed: [0x05, 0x06],
  unsigned: [0x02, 0x07, 0x08],
};

function unknown(operation: Operation): Unreadable {
  return new Unreadable(`cannot be read: ${operationName(operation)}`);
}

/** Addresses of memory 0 are 32 bits. */
function addressOf(value: StackValue): number {
  return Number(BigInt.asUintN(32, value.width < 32 ? signedOf(value) : unsignedOf(value)));
}
