/**
 * The scalar types of WASI Preview 1: how wide each is, and how a number becomes something to show.
 * Part of the hot path of the calls index (call-json.ts): plain arithmetic, no DataView.
 */
import { ENUMS, type EnumType, enumName, FLAGS, type FlagsType, flagNames } from './names.ts';

/** A value as JSON holds it. `null`: the trace does not hold it. */
export type DecodedValue =
  | null
  | number
  | string
  | readonly DecodedValue[]
  | { readonly [name: string]: DecodedValue };

type Width = 1 | 2 | 4 | 8;

/** Width in bytes of each scalar type in memory; as an argument 8 is an i64, less an i32. */
export const SCALARS = {
  fd: 4,
  size: 4,
  exitcode: 4,
  dirnamlen: 4,
  filesize: 8,
  filedelta: 8,
  timestamp: 8,
  dircookie: 8,
  device: 8,
  inode: 8,
  linkcount: 8,
  userdata: 8,
  errno: 2,
  clockid: 4,
  whence: 1,
  filetype: 1,
  advice: 1,
  eventtype: 1,
  preopentype: 1,
  signal: 1,
  fdflags: 2,
  oflags: 2,
  lookupflags: 4,
  fstflags: 2,
  riflags: 2,
  roflags: 2,
  siflags: 2,
  sdflags: 1,
  subclockflags: 2,
  eventrwflags: 2,
  rights: 8,
} as const satisfies Record<EnumType | FlagsType, Width> & Record<string, Width>;

export type ScalarType = keyof typeof SCALARS;

export function isScalar(type: string): type is ScalarType {
  return Object.hasOwn(SCALARS, type);
}

/** Signed in the witx; `fd` is a handle, of which libc says -1 when it has none. */
export function isSigned(type: ScalarType): boolean {
  return type === 'fd' || type === 'filedelta';
}

export function isEnum(type: string): type is EnumType {
  return Object.hasOwn(ENUMS, type);
}

export function isFlags(type: string): type is FlagsType {
  return Object.hasOwn(FLAGS, type);
}

/**
 * @param arg a core argument; undefined where the trace lacks it
 * @returns integers as numbers (as decimal text beyond 2^53), enumerations as names (numbers where WASI
 *   has no name), flags as lists of names
 */
export function scalarValue(type: ScalarType, arg: number | bigint | undefined): DecodedValue {
  if (arg === undefined) return null;
  const width = SCALARS[type];
  return named(type, isSigned(type) ? signedArg(arg, width) : unsignedArg(arg, width));
}

/** As `scalarValue`, of the little-endian bytes at `offset`; null where they are not all there. */
export function scalarAt(type: ScalarType, bytes: Uint8Array, offset: number): DecodedValue {
  const width = SCALARS[type];
  if (offset + width > bytes.length) return null;
  if (width === 8) return named(type, u64At(bytes, offset));
  if (width === 4)
    return named(type, type === 'fd' ? u32At(bytes, offset) | 0 : u32At(bytes, offset));
  const low = bytes[offset] ?? 0;
  return named(type, width === 1 ? low : low | ((bytes[offset + 1] ?? 0) << 8));
}

function named(type: ScalarType, number: number | bigint): DecodedValue {
  if (isEnum(type)) return enumName(type, Number(number)) ?? jsonInteger(number);
  if (isFlags(type)) return flagNames(type, number);
  return jsonInteger(number);
}

/** A number where JSON readers keep it exact, else decimal text. */
export function jsonInteger(integer: number | bigint): number | string {
  if (typeof integer === 'number') return integer;
  return integer >= -0x1f_ffff_ffff_ffffn && integer <= 0x1f_ffff_ffff_ffffn
    ? Number(integer)
    : integer.toString();
}

/**
 * A core argument as an unsigned integer. A hostile trace may pass a number for an i64 or a bigint for
 * an i32; neither may throw, so both are taken modulo their own width.
 */
function unsignedArg(arg: number | bigint, width: Width): number | bigint {
  if (typeof arg === 'bigint') return width === 8 ? BigInt.asUintN(64, arg) : Number(arg & MASK32);
  return arg >>> 0;
}

function signedArg(arg: number | bigint, width: Width): number | bigint {
  if (typeof arg === 'bigint')
    return width === 8 ? BigInt.asIntN(64, arg) : Number(arg & MASK32) | 0;
  return arg | 0;
}

const MASK32 = 0xffff_ffffn;

/** A size in bytes or a count; 0 where the trace lacks it. */
export function lengthArg(arg: number | bigint | undefined): number {
  if (arg === undefined) return 0;
  return typeof arg === 'number' ? arg >>> 0 : Number(arg & MASK32);
}

/** A descriptor; -1 where the trace lacks it. */
export function fdArg(arg: number | bigint | undefined): number {
  return arg === undefined ? -1 : lengthArg(arg) | 0;
}

/** Unsigned, little-endian; bytes past the end count as 0. */
export function u32At(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) |
      ((bytes[offset + 1] ?? 0) << 8) |
      ((bytes[offset + 2] ?? 0) << 16) |
      ((bytes[offset + 3] ?? 0) << 24)) >>>
    0
  );
}

/** Unsigned, little-endian; a bigint only where a number would not be exact. */
export function u64At(bytes: Uint8Array, offset: number): number | bigint {
  const low = u32At(bytes, offset);
  const high = u32At(bytes, offset + 4);
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}
