/**
 * A recorded call for people: every argument and result by name, as JSON values. Never throws and does
 * bounded work whatever the trace holds; what a trace does not hold is `null`.
 */
import type { RecordedCall } from './call.ts';
import { contentsRange, effectOf, readRange } from './call-memory.ts';
import { type CallShape, type Field, shapeOf } from './fields.ts';
import { errnoName } from './names.ts';
import { pointeeValue } from './pointees.ts';
import { type DecodedValue, jsonInteger, lengthArg, scalarValue } from './scalars.ts';

export type { DecodedValue } from './scalars.ts';

export interface DecodedField {
  /** As in the witx; `contents` for what passed through iovecs. */
  readonly name: string;
  /** A WASI type; of an unknown function the core type. */
  readonly type: string;
  /**
   * Integers are numbers, or decimal text beyond 2^53; times are in ns. Enumerations are names, flags
   * lists of names, structures objects, iovec arrays the lengths of their buffers. Buffers are
   * `{text, length, shown}`: the first `shown` of `length` bytes as text. A byte that is no UTF-8 is
   * `\xNN`; text that was cut ends in `…`, a list that was cut in null.
   */
  readonly value: DecodedValue;
}

export interface DecodedCall {
  readonly name: string;
  /** Whether Preview 1 has this function. */
  readonly known: boolean;
  readonly args: readonly DecodedField[];
  /** What the host wrote; of a failed call nothing, unless the trace has effects all the same. */
  readonly result: readonly DecodedField[];
  /** Undefined where the call never returned, and for unknown functions. */
  readonly errno: string | undefined;
  /** Guest addresses that were passed, in bytes. */
  readonly pointers: readonly { readonly name: string; readonly address: number }[];
}

export interface DecodeOptions {
  /** Bytes of a buffer that become text; 1024 by default. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 1024;

/** wasm allows 1000 parameters; more than this many of an unknown function are left out. */
const MAX_UNKNOWN_ARGS = 64;

export function decodeCall(call: RecordedCall, options: DecodeOptions = {}): DecodedCall {
  const shape = shapeOf(call.name);
  if (shape === undefined) return decodeUnknown(call);
  const { fn } = shape;
  const maxBytes = options.maxBytes ?? MAX_BYTES;
  const decoded = (field: Field): DecodedField => ({
    name: field.name,
    type: field.type,
    value: fieldValue(shape, field, call, maxBytes),
  });
  return {
    name: call.name,
    known: true,
    args: shape.args.map(decoded),
    result: answered(shape, call).map(decoded),
    errno: call.result === undefined ? undefined : errnoName(call.result),
    pointers: fn.params.flatMap(({ name, passing }, index) =>
      passing === 'value' ? [] : [{ name, address: lengthArg(call.args[index]) }],
    ),
  };
}

/** The results that a call has: all when it succeeded, else those that the trace holds. */
export function answered(shape: CallShape, call: RecordedCall): readonly Field[] {
  if (call.result === 0) return shape.results;
  return shape.results.filter((field) => effectOf(call, field.param) !== undefined);
}

/** @param maxBytes bytes of a buffer that become text */
export function fieldValue(
  { fn }: CallShape,
  field: Field,
  call: RecordedCall,
  maxBytes: number,
): DecodedValue {
  const { param } = field;
  if (field.source === 'arg') return scalarValue(field.type, call.args[param]);
  const { type } = field;
  switch (field.source) {
    case 'read':
      return pointeeValue(type, readRange(call, fn, param), maxBytes);
    case 'contents':
      return pointeeValue(type, contentsRange(call, fn, param), maxBytes);
    case 'effect': {
      const bytes = effectOf(call, param);
      if (bytes === undefined) return null;
      return pointeeValue(type, { bytes, length: bytes.length }, maxBytes);
    }
  }
}

function decodeUnknown(call: RecordedCall): DecodedCall {
  const { result } = call;
  return {
    name: call.name,
    known: false,
    args: call.args.slice(0, MAX_UNKNOWN_ARGS).map((arg, index) => ({
      name: `arg${index}`,
      type: coreType(arg),
      value: coreValue(arg),
    })),
    result:
      result === undefined
        ? []
        : [{ name: 'result', type: coreType(result), value: coreValue(result) }],
    errno: undefined,
    pointers: [],
  };
}

function coreType(arg: number | bigint): string {
  if (typeof arg === 'bigint') return 'i64';
  return Number.isInteger(arg) ? 'i32' : 'f64';
}

/** JSON has no NaN and no infinities: they become text. */
function coreValue(arg: number | bigint): DecodedValue {
  if (typeof arg === 'bigint') return jsonInteger(arg);
  return Number.isFinite(arg) ? arg : String(arg);
}
