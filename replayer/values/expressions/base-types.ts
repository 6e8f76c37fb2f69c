/** Types that need no debug information: of C (wasm32's sizes), of Rust, of WebAssembly. */
import type { BaseType, Encoding, PointerType, Type } from '../../dwarf/type.ts';

/** Encoding, bytes, names. */
const TABLE: readonly [Encoding, number, string][] = [
  ['signed character', 1, 'char, signed char, char signed, int8_t'],
  ['unsigned character', 1, 'unsigned char, char unsigned, uint8_t'],
  ['signed', 2, 'short, short int, signed short, int16_t, i16'],
  ['unsigned', 2, 'unsigned short, short unsigned int, unsigned short int, uint16_t, u16'],
  [
    'signed',
    4,
    'int, signed, signed int, long, long int, signed long, int32_t, ssize_t, ptrdiff_t',
  ],
  ['signed', 4, 'i32, isize, intptr_t'],
  ['unsigned', 4, 'unsigned, unsigned int, unsigned long, long unsigned int, unsigned long int'],
  ['unsigned', 4, 'uint32_t, size_t, uintptr_t, u32, usize'],
  ['signed', 8, 'long long, long long int, signed long long, int64_t, i64'],
  ['unsigned', 8, 'unsigned long long, long long unsigned int, unsigned long long int'],
  ['unsigned', 8, 'uint64_t, u64'],
  ['signed', 1, 'i8'],
  ['unsigned', 1, 'u8'],
  ['signed', 16, 'i128, __int128'],
  ['unsigned', 16, 'u128, unsigned __int128'],
  ['boolean', 1, 'bool, _Bool'],
  ['float', 4, 'float, f32'],
  ['float', 8, 'double, f64'],
];

const BY_NAME: ReadonlyMap<string, BaseType> = new Map(
  TABLE.flatMap(([encoding, size, names]) =>
    names.split(', ').map((name) => [name, { kind: 'base', name, size, encoding }] as const),
  ),
);

export function baseType(name: string): BaseType | undefined {
  return BY_NAME.get(name);
}

function known(name: string): BaseType {
  const type = BY_NAME.get(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

export const INT = known('int');
export const UNSIGNED = known('unsigned int');
export const LONG_LONG = known('long long');
export const UNSIGNED_LONG_LONG = known('unsigned long long');
export const CHAR = known('char');
export const FLOAT = known('float');
export const DOUBLE = known('double');

/** Bytes of a pointer. */
export const POINTER_SIZE = 4;

export function pointerTo(target: Type | undefined): PointerType {
  const name = target?.name ?? 'void';
  return {
    kind: 'pointer',
    form: '*',
    name: name.endsWith('*') ? `${name}*` : `${name} *`,
    size: POINTER_SIZE,
    target,
  };
}
