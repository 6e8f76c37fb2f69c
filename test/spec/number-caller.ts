/**
 * Calls a wasm function of numbers and vectors with bits that JavaScript does not touch: a small module takes
 * them from its memory, and puts the results there.
 */
import type { FunctionType } from '../../wasm/binary.ts';
import type { Argument } from './script.ts';

type NumberType = Exclude<FunctionType['params'][number], 'ref'>;

const CODES: Readonly<Record<NumberType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const LOADS: Readonly<Record<NumberType, readonly number[]>> = {
  i32: [0x28],
  i64: [0x29],
  f32: [0x2a],
  f64: [0x2b],
  v128: [0xfd, 0x00],
};
const STORES: Readonly<Record<NumberType, readonly number[]>> = {
  i32: [0x36],
  i64: [0x37],
  f32: [0x38],
  f64: [0x39],
  v128: [0xfd, 0x0b],
};

/** Bytes between two values in the memory. */
const SLOT = 16;
const known = new Map<string, WebAssembly.Module>();
const callers = new WeakMap<object, WebAssembly.Exports>();

/** @returns calls a function, and says its results as text */
export function numberCaller(type: FunctionType) {
  const params = type.params as readonly NumberType[];
  const results = type.results as readonly NumberType[];
  const key = `${params.join()}:${results.join()}`;
  const module = known.get(key) ?? new WebAssembly.Module(build(params, results));
  known.set(key, module);
  return (target: CallableFunction, args: readonly Argument[]): string => {
    const exports =
      callers.get(target) ?? new WebAssembly.Instance(module, { t: { t: target } }).exports;
    callers.set(target, exports);
    const bytes = new Uint8Array((exports.m as WebAssembly.Memory).buffer);
    for (const [i, arg] of args.entries()) if ('bytes' in arg) bytes.set(arg.bytes, i * SLOT);
    bytes.fill(0, args.length * SLOT);
    (exports.run as () => void)();
    const values = results.map((_, i) =>
      Buffer.from(bytes.subarray(i * SLOT, (i + 1) * SLOT)).toString('hex'),
    );
    return `values ${values.join()}`;
  };
}

function build(
  params: readonly NumberType[],
  results: readonly NumberType[],
): Uint8Array<ArrayBuffer> {
  const types = (list: readonly NumberType[]) => [
    ...leb(list.length),
    ...list.map((one) => CODES[one]),
  ];
  const memarg = (i: number) => [0, ...leb(i * SLOT)];
  const body = [
    ...leb(results.length),
    ...results.flatMap((type) => [1, CODES[type]]),
    ...params.flatMap((type, i) => [0x41, 0, ...LOADS[type], ...memarg(i)]),
    ...[0x10, 0],
    ...results.map((_, i) => results.length - 1 - i).flatMap((i) => [0x21, ...leb(i)]),
    // what was there belongs to the arguments
    ...[0x41, 0, 0x41, 0, 0x41, ...leb((params.length + 1) * SLOT), 0xfc, 0x0b, 0],
    ...results.flatMap((type, i) => [0x41, 0, 0x20, ...leb(i), ...STORES[type], ...memarg(i)]),
    0x0b,
  ];
  const section = (id: number, content: readonly number[]) => [
    id,
    ...leb(content.length),
    ...content,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, ...types(params), ...types(results), 0x60, 0, 0]),
    ...section(2, [1, 1, 0x74, 1, 0x74, 0, 0]),
    ...section(3, [1, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, 1, 0x6d, 2, 0, 3, 0x72, 0x75, 0x6e, 0, 1]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** LEB128 of a number that is not negative; one byte more where its sign would be read. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (;;) {
    if (left < 0x40) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
}
