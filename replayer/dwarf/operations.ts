/**
 * The operations of location expressions: their numbers, names and operands, and how to read one (DWARF 5,
 * sections 2.5 and 7.7.1). What they do stands in expression.ts.
 */
import type { DwarfInput, Integer } from './input.ts';
import type { Unit } from './unit.ts';

type Operand =
  | 'u8'
  | 'i8'
  | 'u16'
  | 'i16'
  | 'u32'
  | 'i32'
  | 'u64'
  | 'i64'
  | 'uleb'
  | 'sleb'
  | 'address'
  | 'offset'
  /** A length as ULEB128, then so many bytes. */
  | 'block'
  /** A length in one byte, then so many bytes. */
  | 'shortBlock'
  /** Index of a wasm local, global or value: ULEB128, or four bytes after kind 3. */
  | 'wasmIndex';

/** Those with operands or without that are no series. */
const OPERATIONS: Readonly<Record<number, readonly [name: string, ...operands: Operand[]]>> = {
  3: ['addr', 'address'],
  6: ['deref'],
  8: ['const1u', 'u8'],
  9: ['const1s', 'i8'],
  10: ['const2u', 'u16'],
  11: ['const2s', 'i16'],
  12: ['const4u', 'u32'],
  13: ['const4s', 'i32'],
  14: ['const8u', 'u64'],
  15: ['const8s', 'i64'],
  16: ['constu', 'uleb'],
  17: ['consts', 'sleb'],
  18: ['dup'],
  19: ['drop'],
  20: ['over'],
  21: ['pick', 'u8'],
  22: ['swap'],
  23: ['rot'],
  24: ['xderef'],
  25: ['abs'],
  26: ['and'],
  27: ['div'],
  28: ['minus'],
  29: ['mod'],
  30: ['mul'],
  31: ['neg'],
  32: ['not'],
  33: ['or'],
  34: ['plus'],
  35: ['plus_uconst', 'uleb'],
  36: ['shl'],
  37: ['shr'],
  38: ['shra'],
  39: ['xor'],
  40: ['bra', 'i16'],
  41: ['eq'],
  42: ['ge'],
  43: ['gt'],
  44: ['le'],
  45: ['lt'],
  46: ['ne'],
  47: ['skip', 'i16'],
  144: ['regx', 'uleb'],
  145: ['fbreg', 'sleb'],
  146: ['bregx', 'uleb', 'sleb'],
  147: ['piece', 'uleb'],
  148: ['deref_size', 'u8'],
  149: ['xderef_size', 'u8'],
  150: ['nop'],
  151: ['push_object_address'],
  152: ['call2', 'u16'],
  153: ['call4', 'u32'],
  154: ['call_ref', 'offset'],
  155: ['form_tls_address'],
  156: ['call_frame_cfa'],
  157: ['bit_piece', 'uleb', 'uleb'],
  158: ['implicit_value', 'block'],
  159: ['stack_value'],
  160: ['implicit_pointer', 'offset', 'sleb'],
  161: ['addrx', 'uleb'],
  162: ['constx', 'uleb'],
  163: ['entry_value', 'block'],
  164: ['const_type', 'uleb', 'shortBlock'],
  165: ['regval_type', 'uleb', 'uleb'],
  166: ['deref_type', 'u8', 'uleb'],
  167: ['xderef_type', 'u8', 'uleb'],
  168: ['convert', 'uleb'],
  169: ['reinterpret', 'uleb'],
  224: ['GNU_push_tls_address'],
  237: ['WASM_location', 'u8', 'wasmIndex'],
  243: ['GNU_entry_value', 'block'],
  251: ['GNU_addr_index', 'uleb'],
  252: ['GNU_const_index', 'uleb'],
};

/** Operations 32 in a row that differ in a number. */
const SERIES: readonly (readonly [first: number, name: string, ...operands: Operand[]])[] = [
  [0x30, 'lit'],
  [0x50, 'reg'],
  [0x70, 'breg', 'sleb'],
];
const SERIES_LENGTH = 32;

/** `DW_OP_WASM_location` 3: the index is of four bytes, so that a linker can change it. */
const WASM_GLOBAL_U32 = 3;

export interface Operation {
  /** As in the standard, without `DW_OP_`; of a series without its number. */
  readonly name: string;
  /** Of a series: which one. */
  readonly number: number;
  readonly operands: readonly Integer[];
  /** The last operand, where it is bytes. */
  readonly block: Uint8Array | undefined;
}

/** @throws RangeError for one that is not known, or is cut off */
export function readOperation(input: DwarfInput, unit: Unit): Operation {
  const code = input.u8();
  const series = SERIES.find(([first]) => code >= first && code < first + SERIES_LENGTH);
  const found = series?.slice(1) ?? OPERATIONS[code];
  if (found === undefined) {
    throw new RangeError(`an expression has the operation 0x${code.toString(16)}, not known`);
  }
  const [name, ...kinds] = found as readonly [string, ...Operand[]];
  const operands: Integer[] = [];
  let block: Uint8Array | undefined;
  for (const kind of kinds) {
    if (kind === 'block') block = input.block(input.uleb());
    else if (kind === 'shortBlock') block = input.block(input.u8());
    else operands.push(readOperand(input, kind, unit, operands[0]));
  }
  return { name, number: series === undefined ? 0 : code - series[0], operands, block };
}

function readOperand(
  input: DwarfInput,
  kind: Exclude<Operand, 'block' | 'shortBlock'>,
  unit: Unit,
  before: Integer | undefined,
): Integer {
  switch (kind) {
    case 'u8':
      return input.u8();
    case 'i8':
      return input.i8();
    case 'u16':
      return input.u16();
    case 'i16':
      return (input.u16() << 16) >> 16;
    case 'u32':
      return input.u32();
    case 'i32':
      return input.u32() | 0;
    case 'u64':
      return input.u64();
    case 'i64':
      return BigInt.asIntN(64, BigInt(input.u64()));
    case 'uleb':
      return input.ulebInteger();
    case 'sleb':
      return input.slebInteger();
    case 'address':
      return input.unsigned(unit.addressSize);
    case 'offset':
      return input.offset(unit.offsetSize);
    case 'wasmIndex':
      return before === WASM_GLOBAL_U32 ? input.u32() : input.uleb();
  }
}

/** As a debugger names it: `DW_OP_lit3`. */
export function operationName({ name, number }: Operation): string {
  const isSeries = SERIES.some(([, series]) => series === name);
  return `DW_OP_${name}${isSeries ? number : ''}`;
}
