/**
 * What the rewriter must know of a module before it touches code: sections, function types, how many of
 * everything there is, and the names that exports take. Strict, since modules come out of traces.
 */
import { WasiRrError } from '../../errors.ts';
import { BinaryInput, readDeclarations, TYPE_FORM } from '../../wasm/binary.ts';
import { malformed } from './instruction-reader.ts';

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The order of the spec (5.5.2), in which sections stand. */
export const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** Value types by their code; references of all kinds count as one. */
export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, ref: 0 } as const;

export interface Section {
  readonly id: number;
  /** Offsets of the contents, and of what follows. */
  readonly body: number;
  readonly end: number;
}

export interface SignatureLayout {
  /** A {@link TYPE} each. */
  readonly params: Uint8Array;
  /** How many results, and their types as they are encoded. */
  readonly results: number;
  readonly resultBytes: Uint8Array;
}

/** The {@link TYPE} of a function's result, where it is one number or vector. */
export function onlyResult(signature: SignatureLayout | undefined): number | undefined {
  const { results = 0, resultBytes = new Uint8Array(0) } = signature ?? {};
  const [type] = resultBytes;
  return results === 1 && type !== undefined && type >= TYPE.v128 && type <= TYPE.i32
    ? type
    : undefined;
}

export interface MemoryLayout {
  readonly address64: boolean;
}

export interface ModuleLayout {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  /** By type index; undefined for types that are no function's. */
  readonly types: readonly (SignatureLayout | undefined)[];
  /** How many entries the type section has: a recursive group is one. */
  readonly typeEntries: number;
  /** Type index of each function, imported ones first. */
  readonly functions: Uint32Array;
  readonly importedFunctions: number;
  readonly globals: number;
  /** Imported ones first. */
  readonly memories: readonly MemoryLayout[];
  readonly exports: ReadonlySet<string>;
  /** Function index of the start function. */
  readonly start: number | undefined;
  /** By defined function: offset of the body's first byte (its locals), and of what follows it. */
  readonly bodyStarts: Uint32Array;
  readonly bodyEnds: Uint32Array;
}

/** Heap types of one byte, which are types of nullable references too, and the packed types of fields. */
const KNOWN_TYPES: ReadonlySet<number> = new Set([
  // any to func; exn, noexn; none, noextern, nofunc
  ...[0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x6f, 0x70],
  ...[0x69, 0x74, 0x71, 0x72, 0x73],
  // i8, i16
  ...[0x78, 0x77],
]);

/** V8's limit (wasm-limits.h); a module that says more would make us allocate for nothing. */
const MAX_FUNCTIONS = 1_000_000;

/** @throws WasiRrError MODULE_INVALID */
export function readLayout(bytes: Uint8Array): ModuleLayout {
  try {
    return layoutOf(bytes);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw malformed(0, thrown.message);
    throw thrown;
  }
}

function layoutOf(bytes: Uint8Array): ModuleLayout {
  const sections = sectionsOf(bytes);
  const find = (id: number) => sections.find((section) => section.id === id);
  const open = (id: number): BinaryInput | undefined => {
    const section = find(id);
    return section && new BinaryInput(bytes, section.body, section.end);
  };
  const types: (SignatureLayout | undefined)[] = [];
  const typeInput = open(SECTION.type);
  const typeEntries = typeInput ? readTypes(typeInput, bytes, types) : 0;
  const imported: number[] = [];
  const importInput = open(SECTION.import);
  if (importInput) readFunctionImports(importInput, imported);
  // behind what refuses, by name, what this takes for damage
  const declarations = readDeclarations(bytes);
  const functions = [...imported];
  const functionInput = open(SECTION.function);
  if (functionInput) {
    const count = bounded(functionInput.u32());
    for (let left = count; left > 0; left--) functions.push(functionInput.u32());
  }
  for (const type of functions) {
    if (types[type] === undefined) throw new RangeError(`function type ${type} does not exist`);
  }
  const { starts, ends } = readBodies(open(SECTION.code));
  if (starts.length !== functions.length - imported.length) {
    throw new RangeError('there are more functions than bodies, or fewer');
  }
  return {
    bytes,
    sections,
    types,
    typeEntries,
    functions: Uint32Array.from(functions),
    importedFunctions: imported.length,
    globals: declarations.globals,
    memories: declarations.memories.map(({ address }) => ({ address64: address === 'i64' })),
    exports: new Set(declarations.exports.map(({ name }) => name)),
    start: open(SECTION.start)?.u32(),
    bodyStarts: starts,
    bodyEnds: ends,
  };
}

function sectionsOf(bytes: Uint8Array): Section[] {
  const input = new BinaryInput(bytes, 8, bytes.length);
  const sections: Section[] = [];
  const seen = new Set<number>();
  while (!input.atEnd()) {
    const id = input.byte();
    const size = input.u32();
    const body = input.position;
    input.slice(size);
    if (id !== SECTION.custom) {
      if (seen.has(id)) throw new RangeError(`section ${id} stands twice`);
      if (!SECTION_ORDER.includes(id)) throw notKnown('a section', id);
      seen.add(id);
    }
    sections.push({ id, body, end: body + size });
  }
  return sections;
}

function bounded(count: number): number {
  if (count > MAX_FUNCTIONS) throw new RangeError(`${count} functions are too many`);
  return count;
}

function readBodies(input: BinaryInput | undefined): { starts: Uint32Array; ends: Uint32Array } {
  const count = input === undefined ? 0 : bounded(input.u32());
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  for (let i = 0; i < count && input !== undefined; i++) {
    const size = input.u32();
    starts[i] = input.position;
    input.slice(size);
    ends[i] = input.position;
  }
  return { starts, ends };
}

function readFunctionImports(input: BinaryInput, functions: number[]): void {
  input.list(() => {
    input.name();
    input.name();
    const kind = input.byte();
    if (kind === 0) functions.push(input.u32());
    else if (kind === 1) {
      readValueType(input);
      readLimits(input);
    } else if (kind === 2) readLimits(input);
    else if (kind === 3) {
      readValueType(input);
      input.byte();
    } else if (kind === 4) {
      input.byte();
      input.u32();
    } else throw notKnown('a kind of import', kind);
  });
}

function readLimits(input: BinaryInput): void {
  const flags = input.byte();
  if (flags > 15) throw notKnown('limits', flags);
  input.u64();
  if ((flags & 1) !== 0) input.u64();
  if ((flags & 8) !== 0) input.u32();
}

function readTypes(
  input: BinaryInput,
  bytes: Uint8Array,
  types: (SignatureLayout | undefined)[],
): number {
  const entries = input.u32();
  for (let left = entries; left > 0; left--) {
    if (input.peek() !== TYPE_FORM.rec) types.push(readSubType(input, bytes));
    else {
      input.byte();
      input.list(() => types.push(readSubType(input, bytes)));
    }
  }
  return entries;
}

function readSubType(input: BinaryInput, bytes: Uint8Array): SignatureLayout | undefined {
  let form = input.byte();
  if (form === TYPE_FORM.sub || form === TYPE_FORM.subFinal) {
    input.list(() => input.u32());
    form = input.byte();
  }
  if (form === TYPE_FORM.func) {
    const params: number[] = [];
    input.list(() => params.push(readValueType(input)));
    const results = input.u32();
    const from = input.position;
    for (let left = results; left > 0; left--) readValueType(input);
    const resultBytes = bytes.subarray(from, input.position);
    return { params: Uint8Array.from(params), results, resultBytes };
  }
  const field = () => {
    readValueType(input);
    input.byte();
  };
  if (form === TYPE_FORM.struct) input.list(field);
  else if (form === TYPE_FORM.array) field();
  else throw notKnown('a form of type', form);
  return undefined;
}

/** @returns a {@link TYPE} */
export function readValueType(input: BinaryInput): number {
  const code = input.byte();
  // (ref null? heaptype): the heap type is a signed LEB128 of 33 bits
  if (code === 0x63 || code === 0x64) {
    for (let i = 0; (input.byte() & 0x80) !== 0; i++) {
      if (i === 4) throw new RangeError('a heap type is too long');
    }
    return TYPE.ref;
  }
  if (code >= TYPE.v128 && code <= TYPE.i32) return code;
  if (!KNOWN_TYPES.has(code)) throw notKnown('a type', code);
  return TYPE.ref;
}

function notKnown(what: string, code: number): WasiRrError {
  return new WasiRrError(
    'MODULE_UNSUPPORTED',
    `the module has ${what} that wasi-rr does not know (0x${code.toString(16)}): it cannot be stepped or watched. Recording and replaying it work.`,
  );
}
