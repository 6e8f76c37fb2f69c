/** Reads and skips the values of attributes (DWARF 5, section 7.5.5 and 7.5.6). */
import type { DwarfInput, Integer, OffsetSize } from './input.ts';
import { FORM } from './names.ts';

/** What a form is read with: sizes of the unit, and where the unit begins. */
export interface FormContext {
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: OffsetSize;
  /** Offset of the unit in its section. */
  readonly start: number;
}

/** A value as it stands in the file; what it refers to is looked up by {@link Unit}. */
export type RawValue =
  | { readonly kind: 'address'; readonly value: number }
  | { readonly kind: 'addressIndex'; readonly value: number }
  | { readonly kind: 'constant'; readonly value: Integer }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'stringAt'; readonly section: 'str' | 'line_str'; readonly value: number }
  | { readonly kind: 'stringIndex'; readonly value: number }
  | { readonly kind: 'flag'; readonly value: boolean }
  /** Offset of an entry in `.debug_info`. */
  | { readonly kind: 'reference'; readonly value: number }
  | { readonly kind: 'signature'; readonly value: Integer }
  | { readonly kind: 'section'; readonly value: number }
  | { readonly kind: 'listIndex'; readonly value: number }
  | { readonly kind: 'block'; readonly value: Uint8Array }
  | { readonly kind: 'expression'; readonly value: Uint8Array }
  /** In a supplementary file, which nothing makes for wasm. */
  | { readonly kind: 'elsewhere' };

/** A form may name another one; not for ever. */
const MAX_INDIRECT = 4;

/** @throws RangeError for a form that is not known */
export function readForm(
  input: DwarfInput,
  form: number,
  context: FormContext,
  constant: Integer | undefined,
  depth = 0,
): RawValue {
  const { offsetSize, addressSize, start } = context;
  switch (form) {
    case FORM.addr:
      return { kind: 'address', value: input.unsigned(addressSize) };
    case FORM.addrx:
    case FORM.gnuAddrIndex:
      return { kind: 'addressIndex', value: input.uleb() };
    case FORM.addrx1:
    case FORM.addrx2:
    case FORM.addrx3:
    case FORM.addrx4:
      return { kind: 'addressIndex', value: input.unsigned(form - FORM.addrx1 + 1) };
    case FORM.data1:
      return { kind: 'constant', value: input.u8() };
    case FORM.data2:
      return { kind: 'constant', value: input.u16() };
    case FORM.data4:
      return { kind: 'constant', value: input.u32() };
    case FORM.data8:
      return { kind: 'constant', value: input.u64() };
    case FORM.data16:
      return { kind: 'block', value: input.block(16) };
    case FORM.udata:
      return { kind: 'constant', value: input.ulebInteger() };
    case FORM.sdata:
      return { kind: 'constant', value: input.slebInteger() };
    case FORM.implicitConst:
      return { kind: 'constant', value: constant ?? 0 };
    case FORM.string:
      return { kind: 'string', value: input.string() };
    case FORM.strp:
      return { kind: 'stringAt', section: 'str', value: input.offset(offsetSize) };
    case FORM.lineStrp:
      return { kind: 'stringAt', section: 'line_str', value: input.offset(offsetSize) };
    case FORM.strx:
    case FORM.gnuStrIndex:
      return { kind: 'stringIndex', value: input.uleb() };
    case FORM.strx1:
    case FORM.strx2:
    case FORM.strx3:
    case FORM.strx4:
      return { kind: 'stringIndex', value: input.unsigned(form - FORM.strx1 + 1) };
    case FORM.flag:
      return { kind: 'flag', value: input.u8() !== 0 };
    case FORM.flagPresent:
      return { kind: 'flag', value: true };
    case FORM.ref1:
      return { kind: 'reference', value: start + input.u8() };
    case FORM.ref2:
      return { kind: 'reference', value: start + input.u16() };
    case FORM.ref4:
      return { kind: 'reference', value: start + input.u32() };
    case FORM.ref8:
      return { kind: 'reference', value: start + Number(input.u64()) };
    case FORM.refUdata:
      return { kind: 'reference', value: start + input.uleb() };
    case FORM.refAddr:
      return { kind: 'reference', value: input.unsigned(refAddrSize(context)) };
    case FORM.refSig8:
      return { kind: 'signature', value: input.u64() };
    case FORM.secOffset:
      return { kind: 'section', value: input.offset(offsetSize) };
    case FORM.loclistx:
    case FORM.rnglistx:
      return { kind: 'listIndex', value: input.uleb() };
    case FORM.exprloc:
      return { kind: 'expression', value: input.block(input.uleb()) };
    case FORM.block:
      return { kind: 'block', value: input.block(input.uleb()) };
    case FORM.block1:
      return { kind: 'block', value: input.block(input.u8()) };
    case FORM.block2:
      return { kind: 'block', value: input.block(input.u16()) };
    case FORM.block4:
      return { kind: 'block', value: input.block(input.u32()) };
    case FORM.refSup4:
    case FORM.refSup8:
    case FORM.strpSup:
      skipForm(input, form, context);
      return { kind: 'elsewhere' };
    case FORM.indirect: {
      const actual = input.uleb();
      if (depth >= MAX_INDIRECT || actual === FORM.implicitConst) {
        throw new RangeError('debug information has a form that only names forms');
      }
      return readForm(input, actual, context, undefined, depth + 1);
    }
    default:
      throw unknownForm(form);
  }
}

/** Goes over a value without making anything of it. @throws RangeError as {@link readForm} */
export function skipForm(input: DwarfInput, form: number, context: FormContext, depth = 0): void {
  const size = fixedSize(form, context);
  if (size !== undefined) {
    input.skip(size);
    return;
  }
  switch (form) {
    case FORM.udata:
    case FORM.sdata:
    case FORM.refUdata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
    case FORM.gnuAddrIndex:
    case FORM.gnuStrIndex:
      input.uleb();
      return;
    case FORM.string:
      input.skipString();
      return;
    case FORM.exprloc:
    case FORM.block:
      input.skip(input.uleb());
      return;
    case FORM.block1:
      input.skip(input.u8());
      return;
    case FORM.block2:
      input.skip(input.u16());
      return;
    case FORM.block4:
      input.skip(input.u32());
      return;
    case FORM.indirect: {
      const actual = input.uleb();
      if (depth >= MAX_INDIRECT) throw unknownForm(form);
      skipForm(input, actual, context, depth + 1);
      return;
    }
    default:
      throw unknownForm(form);
  }
}

/** Bytes of every value of a form, where they are all alike. */
export function fixedSize(form: number, context: FormContext): number | undefined {
  switch (form) {
    case FORM.flagPresent:
    case FORM.implicitConst:
      return 0;
    case FORM.data1:
    case FORM.flag:
    case FORM.ref1:
    case FORM.strx1:
    case FORM.addrx1:
      return 1;
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx2:
    case FORM.addrx2:
      return 2;
    case FORM.strx3:
    case FORM.addrx3:
      return 3;
    case FORM.data4:
    case FORM.ref4:
    case FORM.strx4:
    case FORM.addrx4:
    case FORM.refSup4:
      return 4;
    case FORM.data8:
    case FORM.ref8:
    case FORM.refSig8:
    case FORM.refSup8:
      return 8;
    case FORM.data16:
      return 16;
    case FORM.addr:
      return context.addressSize;
    case FORM.strp:
    case FORM.lineStrp:
    case FORM.secOffset:
    case FORM.strpSup:
      return context.offsetSize;
    case FORM.refAddr:
      return refAddrSize(context);
    default:
      return undefined;
  }
}

/** DWARF 2 had addresses here. */
function refAddrSize({ version, addressSize, offsetSize }: FormContext): number {
  return version === 2 ? addressSize : offsetSize;
}

function unknownForm(form: number): RangeError {
  return new RangeError(`debug information has a form 0x${form.toString(16)} that is not known`);
}
