/**
 * Arguments and results as compact JSON for the calls index. Hot path: both run once for every recorded
 * call, millions of them, so the usual fields (integers, enumerations, flags, iovec lengths) are written
 * without building values first; everything else goes through decode.ts. What they write is what
 * decode.ts says, payload left out and rights as one number; a test holds them to it. Rejected: JSON.stringify of the decoded
 * values, 4 to 9 times slower (fd_read 2.4 against 0.26 µs, both texts together).
 */
import type { RecordedCall } from './call.ts';
import { effectOf, IOVEC_SIZE, readRange } from './call-memory.ts';
import { answered, type DecodedField, decodeCall, fieldValue } from './decode.ts';
import { type CallShape, type Field, isPayload, shapeOf } from './fields.ts';
import { FLAGS } from './names.ts';
import { MAX_ITEMS } from './pointees.ts';
import { PREVIEW1 } from './preview1.ts';
import {
  type DecodedValue,
  isEnum,
  isFlags,
  isScalar,
  isSigned,
  jsonInteger,
  SCALARS,
  type ScalarType,
  scalarValue,
  u32At,
  u64At,
} from './scalars.ts';

/**
 * @returns e.g. `{"fd":3,"iovs":[4096]}`: fields by their witx names; pointers, payload and the lengths
 *   of inputs left out; rights as the sum of their bits, "0x1f"; null where the trace lacks a value
 */
export function argsJson(call: RecordedCall): string {
  const plan = PLANS.get(call.name);
  return plan === undefined ? fieldsJson(decodeCall(call).args) : objectJson(plan.args, call);
}

/** @returns e.g. `{"nread":16}`; `{}` for a call that failed, never returned or answers nothing */
export function resultJson(call: RecordedCall): string {
  const plan = PLANS.get(call.name);
  if (plan === undefined) return fieldsJson(decodeCall(call).result);
  if (call.result === 0) return objectJson(plan.results, call);
  if (call.effects.length === 0) return '{}';
  return objectJson(writersOf(plan.shape, answered(plan.shape, call)), call);
}

interface Writer {
  /** What comes before the value: `{"fd":`, `,"iovs":`. */
  readonly key: string;
  readonly value: (call: RecordedCall) => string;
}

interface Plan {
  readonly shape: CallShape;
  readonly args: readonly Writer[];
  readonly results: readonly Writer[];
}

const PLANS = new Map<string, Plan>();
for (const name of PREVIEW1.keys()) {
  const shape = shapeOf(name);
  if (shape === undefined) continue;
  const args = writersOf(shape, shape.args);
  PLANS.set(name, { shape, args, results: writersOf(shape, shape.results) });
}

function objectJson(writers: readonly Writer[], call: RecordedCall): string {
  if (writers.length === 0) return '{}';
  let text = '';
  for (let index = 0; index < writers.length; index++) {
    const writer = writers[index];
    if (writer !== undefined) text += writer.key + writer.value(call);
  }
  return `${text}}`;
}

function fieldsJson(fields: readonly DecodedField[]): string {
  return JSON.stringify(Object.fromEntries(fields.map(({ name, value }) => [name, value])));
}

function writersOf(shape: CallShape, fields: readonly Field[]): Writer[] {
  return fields
    .filter((field) => !isPayload(field))
    .map((field, index) => ({
      key: `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`,
      value: writerOf(shape, field),
    }));
}

function writerOf(shape: CallShape, field: Field): (call: RecordedCall) => string {
  const { type, param } = field;
  if (field.source === 'arg') return argWriter(field.type, param);
  if (type === 'iovec_array' || type === 'ciovec_array') return lengthsWriter(shape, param);
  if (isScalar(type) && !isSigned(type) && !isEnum(type) && !isFlags(type)) {
    if (SCALARS[type] === 8) return u64Writer(param);
    if (SCALARS[type] === 4) return u32Writer(param);
  }
  const replacer = type === 'fdstat' ? sumRights : undefined;
  return (call) => JSON.stringify(fieldValue(shape, field, call, 0), replacer);
}

function sumRights(key: string, value: DecodedValue): DecodedValue {
  return key.startsWith('fs_rights_') ? rightsSum(value) : value;
}

/** By name they take a kilobyte in every path_open, and a search for "read" would find all of them. */
function rightsSum(names: DecodedValue): DecodedValue {
  if (!Array.isArray(names)) return names;
  const known: readonly DecodedValue[] = FLAGS.rights;
  let bits = 0n;
  for (const name of names) {
    const bit = known.indexOf(name);
    // bits without a name are a number already
    bits |= bit < 0 ? BigInt(String(name)) : 1n << BigInt(bit);
  }
  return `0x${bits.toString(16)}`;
}

/** Texts of the few values that enumerations and flags take; a hostile trace may pass ever new ones. */
const MAX_CACHED = 256;

function argWriter(type: ScalarType, param: number): (call: RecordedCall) => string {
  if (isEnum(type) || isFlags(type)) {
    const texts = new Map<number | bigint | undefined, string>();
    return (call) => {
      const arg = call.args[param];
      const known = texts.get(arg);
      if (known !== undefined) return known;
      const value = scalarValue(type, arg);
      const text = JSON.stringify(type === 'rights' ? rightsSum(value) : value);
      if (texts.size < MAX_CACHED) texts.set(arg, text);
      return text;
    };
  }
  if (SCALARS[type] === 8) {
    return (call) => {
      const value = scalarValue(type, call.args[param]);
      return typeof value === 'number' ? `${value}` : JSON.stringify(value);
    };
  }
  const signed = isSigned(type);
  return (call) => {
    const arg = call.args[param];
    if (typeof arg !== 'number') return JSON.stringify(scalarValue(type, arg));
    return signed ? `${arg | 0}` : `${arg >>> 0}`;
  };
}

function lengthsWriter(shape: CallShape, param: number): (call: RecordedCall) => string {
  return (call) => {
    const { bytes, length } = readRange(call, shape.fn, param);
    const count = Math.min(Math.floor(bytes.length / IOVEC_SIZE), MAX_ITEMS);
    let text = '[';
    for (let index = 0; index < count; index++) {
      if (index > 0) text += ',';
      text += u32At(bytes, index * IOVEC_SIZE + 4);
    }
    if (count * IOVEC_SIZE < length) text += count === 0 ? 'null' : ',null';
    return `${text}]`;
  };
}

function u32Writer(param: number): (call: RecordedCall) => string {
  return (call) => {
    const bytes = effectOf(call, param);
    return bytes === undefined || bytes.length < 4 ? 'null' : `${u32At(bytes, 0)}`;
  };
}

function u64Writer(param: number): (call: RecordedCall) => string {
  return (call) => {
    const bytes = effectOf(call, param);
    if (bytes === undefined || bytes.length < 8) return 'null';
    const value = jsonInteger(u64At(bytes, 0));
    return typeof value === 'number' ? `${value}` : `"${value}"`;
  };
}
