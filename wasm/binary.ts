/**
 * The declarations of a core module: imports, exports, memories, with their types, which V8's
 * reflection does not give. Reads only the sections that declare (type to start, and the header), never
 * code. Binary format: WebAssembly core spec 3.0, section 5.
 */

/** A value type by its spec name; everything that is no number is `ref` or `v128`. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'ref';

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface MemoryType {
  readonly shared: boolean;
  readonly address: 'i32' | 'i64';
  /** Pages of 64 KiB. */
  readonly initial: number;
  readonly maximum: number | undefined;
}

export type ExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  readonly type?: FunctionType;
  readonly memory?: MemoryType;
  readonly global?: GlobalType;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  readonly type?: FunctionType;
}

export interface ModuleDeclarations {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Imported memories first. */
  readonly memories: readonly MemoryType[];
  /** How many globals there are, imported ones included. */
  readonly globals: number;
  readonly hasStart: boolean;
}

/** What the first eight bytes say. */
export type BinaryKind = 'module' | 'component' | 'unknown';

export function binaryKind(bytes: Uint8Array): BinaryKind {
  if (bytes.length < 8) return 'unknown';
  const magic = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!magic) return 'unknown';
  // version u16, layer u16: layer 1 is the component model (component-model/design/mvp/Binary.md)
  if (bytes[6] === 1 && bytes[7] === 0) return 'component';
  return bytes[4] === 1 && bytes[5] === 0 && bytes[6] === 0 ? 'module' : 'unknown';
}

const EXTERN_KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global', 'tag'];

const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
} as const;

/**
 * @param bytes a module that V8 has already compiled: what it refuses is not looked at again
 * @throws RangeError where the sections do not hold together
 */
export function readDeclarations(bytes: Uint8Array): ModuleDeclarations {
  const input = new BinaryInput(bytes, 8, bytes.length);
  const types: (FunctionType | undefined)[] = [];
  const functions: (FunctionType | undefined)[] = [];
  const imports: ModuleImport[] = [];
  const exports: ModuleExport[] = [];
  const memories: MemoryType[] = [];
  let globals = 0;
  let hasStart = false;
  while (!input.atEnd()) {
    const id = input.byte();
    const size = input.u32();
    const section = input.slice(size);
    if (id === SECTION.type) readTypes(section, types);
    else if (id === SECTION.import) readImports(section, types, imports, functions, memories);
    else if (id === SECTION.function) {
      section.list(() => functions.push(types[section.u32()]));
    } else if (id === SECTION.memory) {
      section.list(() => memories.push(readMemoryType(section)));
    } else if (id === SECTION.global) globals = section.u32();
    else if (id === SECTION.export) readExports(section, functions, exports);
    else if (id === SECTION.start) hasStart = true;
  }
  globals += imports.filter(({ kind }) => kind === 'global').length;
  return { imports, exports, memories, globals, hasStart };
}

function readImports(
  input: BinaryInput,
  types: readonly (FunctionType | undefined)[],
  imports: ModuleImport[],
  functions: (FunctionType | undefined)[],
  memories: MemoryType[],
): void {
  input.list(() => {
    const module = input.name();
    const name = input.name();
    const kind = EXTERN_KINDS[input.byte()];
    if (kind === undefined) throw new RangeError('unknown kind of import');
    if (kind === 'function') {
      const type = types[input.u32()];
      functions.push(type);
      imports.push({ module, name, kind, ...(type ? { type } : {}) });
    } else if (kind === 'memory') {
      const memory = readMemoryType(input);
      memories.push(memory);
      imports.push({ module, name, kind, memory });
    } else if (kind === 'global') {
      const type = readValueType(input);
      imports.push({ module, name, kind, global: { type, mutable: input.byte() === 1 } });
    } else {
      if (kind === 'table') {
        readValueType(input);
        readLimits(input);
      } else {
        input.byte();
        input.u32();
      }
      imports.push({ module, name, kind });
    }
  });
}

function readExports(
  input: BinaryInput,
  functions: readonly (FunctionType | undefined)[],
  exports: ModuleExport[],
): void {
  input.list(() => {
    const name = input.name();
    const kind = EXTERN_KINDS[input.byte()];
    const index = input.u32();
    if (kind === undefined) throw new RangeError('unknown kind of export');
    const type = kind === 'function' ? functions[index] : undefined;
    exports.push({ name, kind, index, ...(type ? { type } : {}) });
  });
}

/** Type section forms (core spec 5.3.4): function, or (GC, merged in 3.0) recursive groups and composite types. */
export const TYPE_FORM = {
  func: 0x60,
  struct: 0x5f,
  array: 0x5e,
  sub: 0x50,
  subFinal: 0x4f,
  rec: 0x4e,
} as const;

function readTypes(input: BinaryInput, types: (FunctionType | undefined)[]): void {
  input.list(() => {
    if (input.peek() === TYPE_FORM.rec) {
      input.byte();
      input.list(() => types.push(readSubType(input)));
    } else {
      types.push(readSubType(input));
    }
  });
}

function readSubType(input: BinaryInput): FunctionType | undefined {
  let form = input.byte();
  if (form === TYPE_FORM.sub || form === TYPE_FORM.subFinal) {
    input.list(() => input.u32());
    form = input.byte();
  }
  if (form === TYPE_FORM.func) {
    const params: ValueType[] = [];
    const results: ValueType[] = [];
    input.list(() => params.push(readValueType(input)));
    input.list(() => results.push(readValueType(input)));
    return { params, results };
  }
  if (form === TYPE_FORM.struct) input.list(() => readFieldType(input));
  else if (form === TYPE_FORM.array) readFieldType(input);
  else throw new RangeError(`unknown form of type 0x${form.toString(16)}`);
  return undefined;
}

function readFieldType(input: BinaryInput): void {
  // packed i8 and i16 look like value types of one byte
  readValueType(input);
  input.byte();
}

const NUMBER_TYPES: Readonly<Record<number, ValueType>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
};

function readValueType(input: BinaryInput): ValueType {
  const code = input.byte();
  // (ref null? heaptype): the heap type is a signed LEB128 of up to 33 bits
  if (code === 0x63 || code === 0x64) {
    while ((input.byte() & 0x80) !== 0);
    return 'ref';
  }
  return NUMBER_TYPES[code] ?? 'ref';
}

function readMemoryType(input: BinaryInput): MemoryType {
  const { flags, initial, maximum } = readLimits(input);
  return {
    shared: (flags & 2) !== 0,
    address: (flags & 4) !== 0 ? 'i64' : 'i32',
    initial,
    maximum,
  };
}

function readLimits(input: BinaryInput): {
  flags: number;
  initial: number;
  maximum: number | undefined;
} {
  const flags = input.byte();
  const initial = input.u64();
  const maximum = (flags & 1) !== 0 ? input.u64() : undefined;
  // custom page sizes (flag 8) carry one more number
  if ((flags & 8) !== 0) input.u32();
  return { flags, initial, maximum };
}

/** A bounded cursor over the binary; every read is checked. */
export class BinaryInput {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    if (end > bytes.length) throw new RangeError('a section reaches beyond the end of the file');
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.at;
  }

  atEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    const value = this.at < this.end ? this.bytes[this.at] : undefined;
    if (value === undefined) throw new RangeError('a section ends too early');
    this.at++;
    return value;
  }

  peek(): number | undefined {
    return this.bytes[this.at];
  }

  u32(): number {
    return this.leb(5);
  }

  /** Exact up to 2^53, which is more than any limit that V8 accepts. */
  u64(): number {
    return this.leb(10);
  }

  /** Signed, of at most 64 bits. */
  s64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
    }
    throw new RangeError('a number is too long');
  }

  /** A copy. */
  take(size: number): Uint8Array {
    const from = this.at;
    if (size < 0 || from + size > this.end) throw new RangeError('a section ends too early');
    this.at += size;
    return this.bytes.slice(from, this.at);
  }

  private leb(maxBytes: number): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < maxBytes; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError('a number is too long');
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    if (start + length > this.end) throw new RangeError('a name reaches beyond its section');
    this.at += length;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString('utf8');
  }

  /** Another reader at the same place. */
  fork(): BinaryInput {
    return new BinaryInput(this.bytes, this.at, this.end);
  }

  slice(size: number): BinaryInput {
    const start = this.at;
    this.at += size;
    return new BinaryInput(this.bytes, start, start + size);
  }

  list(read: () => void): void {
    const count = this.u32();
    for (let i = 0; i < count; i++) read();
  }
}
