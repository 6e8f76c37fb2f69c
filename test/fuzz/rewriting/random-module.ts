/** A random module in two forms (two-forms.ts): all that its functions need, and exports of all that can be compared. */
import { signedLeb, unsignedLeb } from '../../../replayer/instrument/additions.ts';
import { readLayout } from '../../../replayer/instrument/module-layout.ts';
import { WasmOutput } from '../../../replayer/instrument/wasm-output.ts';
import type { Random } from '../../wasi/random.ts';
import { type FunctionShape, RandomFunction, type Surroundings } from './random-function.ts';
import { IMPORTS, type Kind, type Site, type TwoForms, TYPE_BYTES } from './two-forms.ts';

export interface Place extends Pick<Site, 'func' | 'structure'> {
  readonly pc: number;
}

export interface RandomModule {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly told: Uint8Array<ArrayBuffer>;
  /** Function and byte offset, in the plain form, of each site. */
  readonly places: readonly Place[];
  /** Kinds of all locals, by defined function. */
  readonly locals: readonly (readonly Kind[])[];
  readonly firstFunction: number;
  /** Whether each memory has 64-bit addresses. */
  readonly memories: readonly boolean[];
}

/** Every one of them: entries of a function, rounds of loops. */
const FUEL = 150;
/** Pages that a memory has, and may have. */
const PAGES = { first: 1, last: 3 } as const;

const GLOBALS: readonly Kind[] = [
  ...(['i32', 'i32', 'i64', 'f32', 'f64', 'v128'] as const),
  ...(['func', 'extern', 'struct', 'any', 'fn'] as const),
];
/** Those that JavaScript can read. */
export const READABLE_GLOBALS = [0, 1, 2, 3, 4] as const;

const TAGS: readonly (readonly Kind[])[] = [['i32'], ['i64', 'f32'], []];

type Import = readonly [
  from: string,
  name: string,
  params: readonly Kind[],
  results: readonly Kind[],
];

const IMPORT_SHAPES: readonly Import[] = [
  ['t', 'at', ['i32', 'i32'], []],
  ['t', 'access', ['i32', 'i32', 'f64', 'f64'], []],
  ['t', 'enter', ['i32', 'i32'], []],
  ['t', 'left', ['i32', 'i32'], []],
  ['t', 'i32', ['i32', 'i32'], []],
  ['t', 'i64', ['i32', 'i64'], []],
  ['t', 'tick', ['i32', 'i32'], []],
  ['t', 'probe', ['i32'], ['i32']],
];

/** What a module imports, in the order of IMPORTS, and under which name it exports its first function. */
interface Outside {
  readonly imports: readonly Import[];
  readonly start: string;
  /** Whether memories may have 64-bit addresses. */
  readonly wide: boolean;
}

const OF_TELLING: Outside = { imports: IMPORT_SHAPES, start: 'run', wide: true };

/** A program that can be recorded: what is probed is a call of WASI's; the others are never called. */
export const OF_WASI: Outside = {
  imports: IMPORT_SHAPES.map(() => ['wasi_snapshot_preview1', 'fd_sync', ['i32'], ['i32']]),
  start: '_start',
  wide: false,
};

export function randomModule(random: Random, outside = OF_TELLING): RandomModule {
  const types = new Types();
  const memories = [
    random.below(4) === 0,
    ...(random.below(3) === 0 ? [random.below(2) === 0] : []),
  ].map((wide) => wide && outside.wide);
  const kinds = () =>
    Array.from({ length: random.below(3) }, () =>
      random.pick<Kind>(['i32', 'i64', 'f32', 'f64', 'v128', 'struct', 'func']),
    );
  const functions: FunctionShape[] = [
    { params: [], results: [] },
    { params: ['i32'], results: ['i32'] },
    ...Array.from({ length: 1 + random.below(4) }, () => ({ params: kinds(), results: kinds() })),
  ];
  const firstFunction = IMPORT_SHAPES.length;
  const around: Surroundings = {
    ...{ firstFunction, functions, memories, globals: GLOBALS, tags: TAGS },
    olderExceptions: random.below(2) === 0,
    typeOf: (params, results) => types.of(params, results),
  };
  const sites: Site[] = [];
  const codes = functions.map((_, index) => {
    const made = new RandomFunction(random, around, index, sites);
    made.write();
    return made.code;
  });
  const starts = random.below(5) === 0;
  const parts = { types, around, codes, starts, outside, bytes: random.bytes(40) };
  const [plain, told] = [assemble(parts, false), assemble(parts, true)];
  const { bodyStarts } = readLayout(plain);
  const places = sites.map(({ func, offset, structure }): Place => {
    const index = func - firstFunction;
    const header = localsOf(codes[index] as TwoForms, false).length;
    return { func, structure, pc: (bodyStarts[index] ?? 0) + header + offset };
  });
  return {
    plain,
    told,
    places,
    locals: codes.map(({ locals }) => locals),
    firstFunction,
    memories,
  };
}

class Types {
  readonly entries: (readonly number[])[] = [
    functionType(['i32'], ['i32']),
    // fields that can change: i32 and i64; i32
    [0x5f, 2, 0x7f, 1, 0x7e, 1],
    [0x5e, 0x7f, 1],
    functionType([], []),
  ];
  private readonly known = new Map([
    ['i32:i32', 0],
    [':', 3],
  ]);

  of(params: readonly Kind[], results: readonly Kind[]): number {
    const key = `${params}:${results}`;
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.entries.push(functionType(params, results)) - 1;
      this.known.set(key, index);
    }
    return index;
  }
}

function functionType(params: readonly Kind[], results: readonly Kind[]): number[] {
  const list = (kinds: readonly Kind[]) => [
    kinds.length,
    ...kinds.flatMap((kind) => TYPE_BYTES[kind]),
  ];
  return [0x60, ...list(params), ...list(results)];
}

interface Parts {
  readonly outside: Outside;
  readonly types: Types;
  readonly around: Surroundings;
  readonly codes: readonly TwoForms[];
  readonly starts: boolean;
  readonly bytes: Uint8Array;
}

function assemble(parts: Parts, isTold: boolean): Uint8Array<ArrayBuffer> {
  const { types, around, codes, starts, bytes } = parts;
  const out = new WasmOutput(1 << 12);
  out.put([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const vector = (entries: readonly (readonly number[])[]) => [
    ...unsignedLeb(entries.length),
    ...entries.flat(),
  ];
  const section = (id: number, contents: readonly number[]) => {
    const made = new WasmOutput(contents.length);
    made.put(contents);
    out.section(id, made);
  };
  const typeOf = (shape: FunctionShape) => unsignedLeb(types.of(shape.params, shape.results));
  const imports = parts.outside.imports.map(([from, name, params, results]) => [
    ...[...text(from), ...text(name)],
    ...[0, ...typeOf({ params, results })],
  ]);
  const declared = around.functions.map(typeOf);
  const tags = around.tags.map((params) => [0, ...typeOf({ params, results: [] })]);
  // only now: all the types that there are have been asked for
  section(1, vector(types.entries));
  section(2, vector(imports));
  section(3, vector(declared));
  section(4, [2, 0x70, 1, 4, 8, 0x6f, 1, 4, 8]);
  section(5, vector(around.memories.map((wide) => [wide ? 5 : 1, PAGES.first, PAGES.last])));
  section(13, vector(tags));
  const globals = around.globals.map((kind, i) => [
    ...TYPE_BYTES[kind],
    1,
    ...initial(kind, i),
    0x0b,
  ]);
  section(6, vector(isTold ? [...globals, [0x7f, 1, 0x41, 0, 0x0b]] : globals));
  const exports = [
    [...text(parts.outside.start), 0, around.firstFunction],
    ...around.memories.map((_, i) => [...text(i === 0 ? 'memory' : `memory${i}`), 2, i]),
    ...READABLE_GLOBALS.map((i) => [...text(`g${i}`), 3, i]),
    ...[0, 1].map((i) => [...text(`t${i}`), 1, i]),
    ...around.tags.map((_, i) => [...text(`tag${i}`), 4, i]),
  ];
  section(7, vector(exports));
  // of which the exported one is not: it would use up the fuel
  if (starts) section(8, unsignedLeb(around.firstFunction));
  const all = around.functions.map((_, i) => unsignedLeb(around.firstFunction + i));
  const plain = unsignedLeb(around.firstFunction + 1);
  section(9, [
    2,
    ...[0, 0x41, 0, 0x0b, 3, ...plain, ...unsignedLeb(IMPORTS.probe), ...plain],
    ...[1, 0, ...vector(all)],
  ]);
  section(12, [2]);
  const bodies = new WasmOutput(1 << 12);
  bodies.u32(codes.length);
  for (const code of codes) {
    const body = isTold ? code.told : code.plain;
    const header = localsOf(code, isTold);
    bodies.u32(header.length + body.length);
    bodies.put(header);
    bodies.put(body.written());
  }
  out.section(10, bodies);
  const origin = around.memories[0] ? 0x42 : 0x41;
  section(11, [2, 0, origin, 16, 0x0b, bytes.length, ...bytes, 1, 4, 1, 2, 3, 4]);
  // names of functions: one
  const names = [1, ...text('runs')];
  section(0, [...text('name'), 1, names.length + 1, 1, around.firstFunction, ...names.slice(1)]);
  section(0, [...text('junk'), 1, 2, 3]);
  return Uint8Array.from(out.written());
}

/** Declarations of the locals behind the parameters, a group each. */
function localsOf(code: TwoForms, isTold: boolean): number[] {
  const own = code.locals.slice(code.params);
  const all = isTold ? [...own, ...code.more] : own;
  return [...unsignedLeb(all.length), ...all.flatMap((kind) => [1, ...TYPE_BYTES[kind]])];
}

function initial(kind: Kind, index: number): readonly number[] {
  if (index === 0) return [0x41, ...signedLeb(FUEL)];
  const zeros = (length: number) => Array<number>(length).fill(0);
  switch (kind) {
    case 'i32':
      return [0x41, 5];
    case 'i64':
      return [0x42, 6];
    case 'f32':
      return [0x43, ...zeros(4)];
    case 'f64':
      return [0x44, ...zeros(8)];
    case 'v128':
      return [0xfd, 0x0c, ...zeros(16)];
    default: {
      const [first = 0, heap = first] = TYPE_BYTES[kind];
      return [0xd0, heap];
    }
  }
}

function text(value: string): number[] {
  return [value.length, ...Buffer.from(value)];
}
