/**
 * A function's body in the text format (core spec 3.0, section 6.5), one line an instruction, with the byte
 * offset of each. Of modules that V8 has compiled; what does not hold together ends the text and says so.
 */
import { BinaryInput } from './binary.ts';
import { type Immediate, opcodeOf, PREFIX } from './opcodes.ts';

export interface TextLine {
  /** Byte offset in the module at which the instruction begins. */
  readonly offset: number;
  /** Blocks that it stands in. */
  readonly depth: number;
  readonly text: string;
}

export interface Disassembly {
  /** Types of the function's own locals, in order, behind its parameters. */
  readonly locals: readonly string[];
  readonly lines: readonly TextLine[];
  /** Why there is no more; undefined where the text is whole. */
  readonly problem: string | undefined;
}

/** Names that the text format has for indices. */
export interface TextNames {
  readonly func: (index: number) => string | undefined;
  readonly global: (index: number) => string | undefined;
}

const NO_NAMES: TextNames = { func: () => undefined, global: () => undefined };

const VALUE_TYPES: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
};

/** As signed numbers of 33 bits have them. */
const HEAP_TYPES: Readonly<Record<number, string>> = {
  ...{ '-12': 'noexn', '-13': 'nofunc', '-14': 'noextern', '-15': 'none', '-16': 'func' },
  ...{ '-17': 'extern', '-18': 'any', '-19': 'eq', '-20': 'i31', '-21': 'struct' },
  ...{ '-22': 'array', '-23': 'exn' },
};

const EMPTY_BLOCK = 0x40;
const REF_NULL = 0x63;
const REF = 0x64;

/** Instructions of one text. */
const MAX_LINES = 200_000;
const MAX_LOCALS = 50_000;

const OPENING: ReadonlySet<string> = new Set(['block', 'loop', 'if', 'try', 'try_table']);
/** They stand where their block does. */
const BETWEEN: ReadonlySet<string> = new Set(['else', 'catch', 'catch_all']);
const CLOSING: ReadonlySet<string> = new Set(['end', 'delegate']);

const CATCHES = ['catch', 'catch_ref', 'catch_all', 'catch_all_ref'] as const;

/**
 * @param module its bytes
 * @param from offset of the body's first byte (its locals), @param to of what follows it
 */
export function disassemble(
  module: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  names: TextNames = NO_NAMES,
): Disassembly {
  const locals: string[] = [];
  const lines: TextLine[] = [];
  const problem = attempt(() => {
    const input = new BinaryInput(module, from, to);
    readLocals(input, locals);
    let depth = 0;
    while (!input.atEnd()) {
      if (lines.length === MAX_LINES) throw new RangeError('the function is too long to be shown');
      const offset = input.position;
      const { name, text } = readInstruction(input, names);
      if (CLOSING.has(name)) depth--;
      const own = BETWEEN.has(name) ? depth - 1 : depth;
      lines.push({ offset, depth: Math.max(0, own), text });
      if (OPENING.has(name)) depth++;
    }
  });
  return { locals, lines, problem };
}

function attempt(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof RangeError) return thrown.message;
    throw thrown;
  }
}

function readLocals(input: BinaryInput, locals: string[]): void {
  input.list(() => {
    const count = input.u32();
    const type = valueType(input);
    if (locals.length + count > MAX_LOCALS)
      throw new RangeError('the function has too many locals');
    for (let left = count; left > 0; left--) locals.push(type);
  });
}

function readInstruction(input: BinaryInput, names: TextNames): { name: string; text: string } {
  const first = input.byte();
  const code = first >= PREFIX.gc && first <= PREFIX.atomic ? (first << 16) | input.u32() : first;
  const opcode = opcodeOf(code);
  if (opcode === undefined) throw new RangeError(`an unknown instruction, 0x${code.toString(16)}`);
  const { name, immediates } = opcode;
  const words = immediates.flatMap((kind) => WRITE[kind](input, names, name));
  return { name, text: [name, ...words].filter((word) => word !== '').join(' ') };
}

type Write = (input: BinaryInput, names: TextNames, name: string) => string | string[];

const index: Write = (input) => `${input.u32()}`;
/** What the text format leaves out where it is 0. */
const optional: Write = (input) => {
  const value = input.u32();
  return value === 0 ? '' : `${value}`;
};

const WRITE: Readonly<Record<Immediate, Write>> = {
  type: (input, _names, name) =>
    /^(return_)?call_(indirect|ref)/.test(name) ? `(type ${input.u32()})` : `${input.u32()}`,
  func: (input, names) => {
    const func = input.u32();
    const known = names.func(func);
    return known === undefined ? `${func}` : `$${known}`;
  },
  table: optional,
  memory: optional,
  global: (input, names) => {
    const global = input.u32();
    const known = names.global(global);
    return known === undefined ? `${global}` : `$${known}`;
  },
  tag: index,
  elem: index,
  data: index,
  local: index,
  field: index,
  label: index,
  count: index,
  block: blockType,
  labels: (input) => {
    const labels: string[] = [];
    input.list(() => labels.push(`${input.u32()}`));
    return [...labels, `${input.u32()}`];
  },
  types: (input) => {
    const types: string[] = [];
    input.list(() => types.push(valueType(input)));
    return `(result ${types.join(' ')})`;
  },
  catches: (input) => {
    const clauses: string[] = [];
    input.list(() => {
      const kind = CATCHES[input.byte()];
      if (kind === undefined) throw new RangeError('an unknown catch clause');
      const tag = kind.startsWith('catch_all') ? [] : [`${input.u32()}`];
      clauses.push(`(${[kind, ...tag, `${input.u32()}`].join(' ')})`);
    });
    return clauses;
  },
  memarg: memoryArgument,
  heap: (input) => heapType(input),
  i32: (input) => `${input.s64()}`,
  i64: (input) => `${input.s64()}`,
  f32: (input) => floatText(viewOf(input.take(4)).getFloat32(0, true)),
  f64: (input) => floatText(viewOf(input.take(8)).getFloat64(0, true)),
  v128: (input) => {
    const view = viewOf(input.take(16));
    const lanes = [0, 4, 8, 12].map((at) => hex(view.getUint32(at, true), 8));
    return ['i32x4', ...lanes];
  },
  lane: (input) => `${input.byte()}`,
  shuffle: (input) => [...input.take(16)].map((lane) => `${lane}`),
  byte: (input) => `${input.byte()}`,
};

function blockType(input: BinaryInput): string {
  const first = input.peek();
  if (first === EMPTY_BLOCK) {
    input.byte();
    return '';
  }
  if (first !== undefined && (VALUE_TYPES[first] !== undefined || first >= 0x63)) {
    if (first < 0x80) return `(result ${valueType(input)})`;
  }
  return `(type ${input.s64()})`;
}

function valueType(input: BinaryInput): string {
  const first = input.byte();
  const known = VALUE_TYPES[first];
  if (known !== undefined) return known;
  if (first === REF || first === REF_NULL) {
    return first === REF ? `(ref ${heapType(input)})` : `(ref null ${heapType(input)})`;
  }
  const heap = HEAP_TYPES[first - 0x80];
  if (heap === undefined) throw new RangeError(`an unknown type, 0x${first.toString(16)}`);
  return `${heap}ref`;
}

function heapType(input: BinaryInput): string {
  const value = input.s64();
  return value >= 0n ? `${value}` : (HEAP_TYPES[Number(value)] ?? `${value}`);
}

/** Bytes that a load or store takes at once, by its name. */
function naturalBytes(name: string): number {
  const [, lanes] = /(?:load|store)(\d+)x/.exec(name) ?? [];
  if (lanes !== undefined) return 8;
  const [, bits] = /(?:load|store|rmw|wait)(\d+)/.exec(name) ?? [];
  if (bits !== undefined) return Number(bits) / 8;
  if (name === 'memory.atomic.notify') return 4;
  const [, , own] = /^([a-z])(\d+)\./.exec(name) ?? [];
  return Number(own ?? 32) / 8;
}

function memoryArgument(input: BinaryInput, _names: TextNames, name: string): string[] {
  const flags = input.u32();
  const memory = (flags & 0x40) === 0 ? 0 : input.u32();
  const align = 2 ** (flags & 0x3f);
  const offset = input.u64();
  return [
    memory === 0 ? '' : `${memory}`,
    offset === 0 ? '' : `offset=${offset}`,
    align === naturalBytes(name) ? '' : `align=${align}`,
  ];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return Object.is(value, -0) ? '-0' : `${value}`;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
