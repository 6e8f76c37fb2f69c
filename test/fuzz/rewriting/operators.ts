/** Instructions that only compute, with the types of their operands and result, read off their names. */
import { OPCODES } from '../../../wasm/opcodes.ts';

export type NumberKind = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export interface Operator {
  readonly name: string;
  readonly code: number;
  readonly params: readonly NumberKind[];
  readonly result: NumberKind;
  /** May give a NaN, whose bits are the engine's choice. */
  readonly anyNan: boolean;
}

type Shape = readonly [params: readonly NumberKind[], result: NumberKind];

const SCALAR = /^(i32|i64|f32|f64)\.(\w+)$/;
const UNARY = /^(clz|ctz|popcnt|extend(8|16|32)_s|abs|neg|ceil|floor|trunc|nearest|sqrt)$/;
const BINARY =
  /^(add|sub|mul|div(_[su])?|rem_[su]|and|or|xor|shl|shr_[su]|rotl|rotr|min|max|copysign)$/;
const COMPARE = /^(eq|ne|lt|gt|le|ge)(_[su])?$/;
const CONVERT =
  /^(?:wrap|trunc|trunc_sat|extend|convert|demote|promote|reinterpret)_(i32|i64|f32|f64)(?:_[su])?$/;
const ANY_NAN = /^f..\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote|promote)/;

function scalarShape(type: NumberKind, what: string): Shape | undefined {
  if (what === 'eqz') return [[type], 'i32'];
  if (UNARY.test(what)) return [[type], type];
  if (BINARY.test(what)) return [[type, type], type];
  if (COMPARE.test(what)) return [[type, type], 'i32'];
  const [, from] = CONVERT.exec(what) ?? [];
  return from === undefined ? undefined : [[from as NumberKind], type];
}

const LANES: Readonly<Record<string, NumberKind>> = {
  i8x16: 'i32',
  i16x8: 'i32',
  i32x4: 'i32',
  i64x2: 'i64',
};

/** Of integers: floats in lanes may be NaNs. */
function vectorShape(type: string, what: string): Shape | undefined {
  if (type === 'v128') {
    if (what === 'not') return [['v128'], 'v128'];
    if (what === 'any_true') return [['v128'], 'i32'];
    if (what === 'bitselect') return [['v128', 'v128', 'v128'], 'v128'];
    return /^(and|andnot|or|xor)$/.test(what) ? [['v128', 'v128'], 'v128'] : undefined;
  }
  const lane = LANES[type];
  if (lane === undefined || /relaxed|trunc_sat|dot/.test(what)) return undefined;
  if (what === 'splat') return [[lane], 'v128'];
  if (/^(all_true|bitmask)$/.test(what)) return [['v128'], 'i32'];
  if (/^sh[lr]/.test(what)) return [['v128', 'i32'], 'v128'];
  if (/^(abs|neg|popcnt|extend_|extadd_)/.test(what)) return [['v128'], 'v128'];
  return [['v128', 'v128'], 'v128'];
}

export const OPERATORS: readonly Operator[] = OPCODES.flatMap(({ name, code, immediates }) => {
  if (immediates.length > 0) return [];
  const [, scalar, what = ''] = SCALAR.exec(name) ?? [];
  const [type = '', vector = ''] = name.split('.');
  const shape = scalar ? scalarShape(scalar as NumberKind, what) : vectorShape(type, vector);
  // wide arithmetic is no scalar's name, and not on in V8
  if (shape === undefined || /128$|wide/.test(name)) return [];
  const [params, result] = shape;
  return [{ name, code, params, result, anyNan: ANY_NAN.test(name) }];
});

/** Those that trap for some operands: a run would end too soon. */
export const TRAPPING = /\.(div|rem)_[su]$|\.trunc_f/;
