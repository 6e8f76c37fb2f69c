/**
 * A function with random code that is valid, of all families of instructions, and comes to an end: every entry and
 * every round of a loop takes fuel, and without fuel it traps.
 */
import { signedLeb, unsignedLeb } from '../../../replayer/instrument/additions.ts';
import type { Random } from '../../wasi/random.ts';
import { MemoryCode } from './memory-code.ts';
import { OPERATORS, TRAPPING } from './operators.ts';
import { IMPORTS, type Kind, type Site, TwoForms, TYPE_BYTES, TYPES } from './two-forms.ts';

export interface FunctionShape {
  readonly params: readonly Kind[];
  readonly results: readonly Kind[];
}

/** What code can refer to. */
export interface Surroundings {
  /** Index of the first one that is defined. */
  readonly firstFunction: number;
  readonly functions: readonly FunctionShape[];
  /** Whether memories have 64-bit addresses. */
  readonly memories: readonly boolean[];
  /** Kinds of globals, the first being the fuel. */
  readonly globals: readonly Kind[];
  /** Parameters of each tag. */
  readonly tags: readonly (readonly Kind[])[];
  /** The older exceptions instead of the new ones: a module has one kind. */
  readonly olderExceptions: boolean;
  readonly typeOf: (params: readonly Kind[], results: readonly Kind[]) => number;
}

interface Label {
  /** What a branch there takes along. */
  readonly kinds: readonly Kind[];
  readonly catches?: boolean;
}

const NUMBERS: readonly Kind[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
const EMPTY = 0x40;
const BLOCK = 0x02;
const LOOP = 0x03;
const END = 0x0b;
/** Scratch locals, to tell a NaN from other numbers. */
const SCRATCH = ['f32', 'f64'] as const;
/** Heap types, as operands. */
const HEAP: Readonly<Partial<Record<Kind, number>>> = {
  func: 0x70,
  extern: 0x6f,
  any: 0x6e,
  i31: 0x6c,
  struct: TYPES.struct,
  array: TYPES.array,
  fn: TYPES.fn,
  exn: 0x69,
};

export class RandomFunction {
  readonly code: TwoForms;
  private readonly random: Random;
  private readonly around: Surroundings;
  private readonly shape: FunctionShape;
  private readonly memory: MemoryCode;
  private readonly labels: Label[] = [];
  /** Instructions that may come yet, about. */
  private left: number;

  /** @param index among those that are defined */
  constructor(random: Random, around: Surroundings, index: number, sites: Site[]) {
    this.random = random;
    this.around = around;
    this.shape = around.functions[index] as FunctionShape;
    const more = Array.from({ length: random.below(6) }, () => this.kind());
    const locals = [...this.shape.params, ...more, ...SCRATCH];
    const func = around.firstFunction + index;
    const params = this.shape.params.length;
    this.code = new TwoForms(func, { locals, params }, sites, around.globals.length);
    this.memory = new MemoryCode(random, around.memories, this.code, (kind) => this.value(kind));
    this.left = 20 + random.below(100);
  }

  write(): void {
    const { code, shape } = this;
    code.enter();
    code.tell(BLOCK, this.blockType([], shape.results));
    this.fuel();
    if (this.random.below(4) === 0) this.throwIf();
    this.statements(2 + this.random.below(8));
    for (const kind of shape.results) this.value(kind);
    // where all ways out of the told form meet, the plain one ends
    code.tell(END);
    code.instruction([END], []);
    code.leave();
    code.tell(END);
  }

  private statements(count: number): void {
    for (let left = count; left > 0 && this.left > 0; left--) this.statement();
  }

  private statement(): void {
    const { random, code } = this;
    this.left -= 2;
    switch (random.below(26)) {
      case 0:
      case 1:
        this.setLocal();
        return;
      case 2:
        this.setGlobal();
        return;
      case 3:
      case 4:
      case 5:
        this.memory.store();
        return;
      case 6:
        this.memory.bulk();
        return;
      case 7:
        this.if([]);
        return;
      case 8:
        this.block([]);
        return;
      case 9:
      case 10:
        this.loop();
        return;
      case 11:
        this.branchIf();
        return;
      case 12:
        this.branchTable();
        return;
      case 13:
      case 14:
        this.call();
        return;
      case 15:
        this.callTail();
        return;
      case 16:
        this.table();
        return;
      case 17:
      case 18:
        if (this.around.olderExceptions) this.try();
        else this.tryTable();
        return;
      case 19:
        if (random.below(4) === 0) this.throw();
        else this.probe();
        return;
      case 20:
        if (random.below(6) === 0) this.leave();
        else this.branchOnReference();
        return;
      case 21:
        this.setReference();
        return;
      case 22:
        code.instruction([0x01]);
        return;
      case 23:
        this.twoResults();
        return;
      case 24:
        this.memory.exchange(random.pick(['i32', 'i64']));
        code.instruction([0x1a]);
        return;
      default:
        this.value(this.kind());
        code.instruction([0x1a]);
    }
  }

  /** Puts a value onto the stack. */
  private value(kind: Kind): void {
    this.left--;
    if (this.left <= 0 || this.random.below(4) === 0) this.leaf(kind);
    else if (NUMBERS.includes(kind)) this.number(kind);
    else this.reference(kind);
  }

  private leaf(kind: Kind): void {
    const { random, code, around } = this;
    const own = indicesOf(code.locals, kind);
    const globals = indicesOf(around.globals, kind);
    const which = random.below(4);
    if (which < 2 && own.length > 0) {
      code.instruction([0x20, ...unsignedLeb(this.one(own))]);
    } else if (which === 2 && globals.length > 0) {
      code.instruction([0x23, ...unsignedLeb(this.one(globals))]);
    } else this.constant(kind);
  }

  private constant(kind: Kind): void {
    const { random, code } = this;
    const small = random.pick([0, 1, 2, 7, -1, 255, 256, 4095, random.below(70_000)]);
    const bytes = (length: number) => [...random.bytes(length)];
    switch (kind) {
      case 'i32':
      case 'i64':
        code.instruction([kind === 'i32' ? 0x41 : 0x42, ...signedLeb(small)]);
        return;
      case 'f32':
        code.instruction([0x43, ...new Uint8Array(new Float32Array([small / 3]).buffer)]);
        return;
      case 'f64':
        code.instruction([0x44, ...new Uint8Array(new Float64Array([small / 3]).buffer)]);
        return;
      case 'v128':
        code.instruction([0xfd, 0x0c, ...bytes(16)]);
        return;
      case 'func':
        code.instruction([0xd2, ...unsignedLeb(this.anyFunction())]);
        return;
      default:
        code.instruction([0xd0, HEAP[kind] as number]);
    }
  }

  private number(kind: Kind): void {
    const { random, code } = this;
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
        this.memory.load(kind);
        return;
      case 3: {
        const own = indicesOf(code.locals, kind);
        this.value(kind);
        if (own.length > 0) code.instruction([0x22, ...unsignedLeb(this.one(own))]);
        return;
      }
      case 4:
        this.block([kind]);
        return;
      case 5:
        this.if([kind]);
        return;
      case 6:
        this.select(kind);
        return;
      case 7:
        this.callFor(kind);
        return;
      case 8:
        this.branchWith(kind);
        return;
      case 9:
        this.measure(kind);
        return;
      case 10:
        if (kind !== 'i32' && kind !== 'i64') {
          this.operator(kind);
          return;
        }
        if (random.below(2) === 0) this.memory.exchange(kind);
        else this.memory.atomicLoad(kind);
        return;
      default:
        this.operator(kind);
        return;
    }
  }

  private operator(kind: Kind): void {
    const { random, code } = this;
    const fitting = OPERATORS.filter(({ result }) => result === kind);
    const operator = fitting[random.below(fitting.length)];
    if (operator === undefined) {
      this.leaf(kind);
      return;
    }
    const traps = TRAPPING.test(operator.name);
    if (traps && random.below(20) > 0) {
      this.leaf(kind);
      return;
    }
    for (const param of operator.params) this.value(param);
    code.instruction(encoded(operator.code));
    if (operator.anyNan && (kind === 'f32' || kind === 'f64')) this.noNan(kind);
  }

  /** One number for all NaNs. */
  private noNan(kind: 'f32' | 'f64'): void {
    const { code } = this;
    const local = unsignedLeb(code.locals.length - SCRATCH.length + SCRATCH.indexOf(kind));
    code.instruction([0x22, ...local]);
    code.instruction(
      kind === 'f32' ? [0x43, 0, 0, 0xc0, 0x3f] : [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f],
    );
    code.instruction([0x20, ...local]);
    code.instruction([0x20, ...local]);
    code.instruction([kind === 'f32' ? 0x5b : 0x61]);
    code.instruction([0x1b]);
  }

  /** Sizes, lengths and the like, of kind i32 mostly. */
  private measure(kind: Kind): void {
    const { random, code } = this;
    if (kind === 'i64') {
      this.value('v128');
      code.instruction([0xfd, 0x1d, random.below(2)]);
      return;
    }
    if (kind !== 'i32') {
      this.operator(kind);
      return;
    }
    switch (random.below(9)) {
      case 0:
        this.memory.size();
        return;
      case 1:
        code.instruction([0xfc, 0x10, random.below(2)]);
        return;
      case 2:
        this.value(random.pick(['func', 'extern', 'struct', 'any', 'fn']));
        code.instruction([0xd1]);
        return;
      case 3:
        this.value('v128');
        code.instruction([0xfd, 0x15, random.below(16)]);
        return;
      case 4:
        this.value('struct');
        // most are null: it would end too many runs
        code.instruction([0xd1]);
        return;
      case 5:
        this.make('struct');
        code.instruction([0xfb, 2, TYPES.struct, 0]);
        return;
      case 6:
        this.make('array');
        code.instruction([0xfb, 15]);
        return;
      case 7:
        this.value('any');
        code.instruction([0xfb, 0x15, random.pick([TYPES.struct, TYPES.array, 0x6c])]);
        return;
      default:
        this.make('i31');
        code.instruction([0xfb, random.pick([29, 30])]);
    }
  }

  private reference(kind: Kind): void {
    const { random, code } = this;
    switch (kind) {
      case 'func':
        if (random.below(2) === 0) {
          this.constant('func');
          return;
        }
        this.tableIndex();
        code.instruction([0x25, 0]);
        return;
      case 'fn': {
        const [plain] = this.fitting(['i32'], ['i32']);
        if (plain === undefined) {
          this.constant('fn');
          return;
        }
        code.instruction([0xd2, ...unsignedLeb(plain)]);
        return;
      }
      case 'extern':
        if (random.below(2) === 0) {
          this.value('any');
          code.instruction([0xfb, 27]);
          return;
        }
        this.tableIndex();
        code.instruction([0x25, 1]);
        return;
      case 'any':
        if (random.below(3) === 0) {
          this.value('i31');
          return;
        }
        this.value(random.pick(['struct', 'array']));
        return;
      case 'exn':
        this.constant('exn');
        return;
      default:
        if (random.below(3) === 0 && kind !== 'i31') {
          this.value('any');
          // what is of another type is null instead
          this.castOrNull(kind);
          return;
        }
        this.make(kind);
        return;
    }
  }

  private make(kind: Kind): void {
    const { random, code } = this;
    if (kind === 'struct') {
      this.value('i32');
      this.value('i64');
      code.instruction([0xfb, 0, TYPES.struct]);
    } else if (kind === 'array') {
      if (random.below(2) === 0) {
        this.value('i32');
        this.value('i32');
        code.instruction([0xfb, 8, TYPES.array, 2]);
        return;
      }
      this.value('i32');
      code.instruction([0x41, random.below(5)]);
      code.instruction([0xfb, 6, TYPES.array]);
    } else {
      this.value('i32');
      code.instruction([0xfb, 28]);
    }
  }

  /** `any` is on the stack. */
  private castOrNull(kind: Kind): void {
    const { code } = this;
    const heap = HEAP[kind] as number;
    const type = this.around.typeOf(['any'], [kind]);
    code.instruction([BLOCK, ...signedLeb(type)]);
    code.instruction([0xfb, 24, 3, 0, 0x6e, heap]);
    code.instruction([0x1a]);
    code.instruction([0xd0, heap]);
    this.end();
  }

  private select(kind: Kind): void {
    const { code } = this;
    this.value(kind);
    this.value(kind);
    this.value('i32');
    if (this.random.below(2) === 0) code.instruction([0x1b]);
    else code.instruction([0x1c, 1, ...TYPE_BYTES[kind]]);
  }

  private setLocal(): void {
    const { code, random } = this;
    const index = random.below(code.locals.length);
    this.value(code.locals[index] as Kind);
    code.instruction([0x21, ...unsignedLeb(index)]);
  }

  private setGlobal(): void {
    const { code, random, around } = this;
    // not the fuel
    const index = 1 + random.below(around.globals.length - 1);
    this.value(around.globals[index] as Kind);
    code.instruction([0x24, ...unsignedLeb(index)]);
  }

  private setReference(): void {
    const { code, random } = this;
    if (random.below(2) === 0) {
      this.make('struct');
      this.value('i64');
      code.instruction([0xfb, 5, TYPES.struct, 1]);
      return;
    }
    this.make('array');
    code.instruction([0x41, 0]);
    this.value('i32');
    code.instruction([0x41, 1]);
    code.instruction([0xfb, 16, TYPES.array]);
  }

  private block(results: readonly Kind[]): void {
    this.open(BLOCK, [], results, results);
    this.statements(1 + this.random.below(3));
    for (const kind of results) this.value(kind);
    this.close();
  }

  /** @param branches what a branch to it takes along */
  private open(
    opcode: number,
    params: readonly Kind[],
    results: readonly Kind[],
    branches: readonly Kind[],
    more: readonly number[] = [],
  ): void {
    this.code.instruction([opcode, ...this.blockType(params, results), ...more]);
    this.labels.push({ kinds: branches });
  }

  private close(): void {
    this.labels.pop();
    this.end();
  }

  private end(): void {
    this.code.instruction([END]);
    this.code.restore();
  }

  private loop(): void {
    const { random, code } = this;
    const params: Kind[] = random.below(3) === 0 ? ['i32'] : [];
    for (const kind of params) this.value(kind);
    this.open(LOOP, params, [], params);
    code.restore();
    code.ticked();
    for (const _ of params) code.instruction([0x1a]);
    this.fuel();
    this.statements(1 + random.below(4));
    if (random.below(3) > 0) {
      for (const kind of params) this.value(kind);
      this.value('i32');
      code.instruction([0x0d, 0]);
      for (const _ of params) code.instruction([0x1a]);
    }
    this.close();
  }

  private if(results: readonly Kind[]): void {
    this.value('i32');
    this.open(0x04, [], results, results);
    this.statements(1 + this.random.below(2));
    for (const kind of results) this.value(kind);
    if (results.length > 0 || this.random.below(2) === 0) {
      this.code.instruction([0x05]);
      this.statements(1);
      for (const kind of results) this.value(kind);
    }
    this.close();
  }

  /** A label and what it takes: also the function's own. @returns how far out it is */
  private label(
    fits: (kinds: readonly Kind[]) => boolean,
  ): { depth: number; kinds: readonly Kind[] } | undefined {
    const all = [{ kinds: this.shape.results }, ...this.labels];
    const found = all.flatMap(({ kinds }, i) =>
      fits(kinds) ? [{ depth: all.length - 1 - i, kinds }] : [],
    );
    return found[this.random.below(found.length)];
  }

  private branchIf(): void {
    const target = this.label(() => true);
    if (target === undefined) return;
    for (const kind of target.kinds) this.value(kind);
    this.value('i32');
    this.code.instruction([0x0d, ...unsignedLeb(target.depth)]);
    for (const _ of target.kinds) this.code.instruction([0x1a]);
  }

  private branchWith(kind: Kind): void {
    const target = this.label(([first, ...others]) => first === kind && others.length === 0);
    if (target === undefined) {
      this.operator(kind);
      return;
    }
    this.value(kind);
    if (this.random.below(5) === 0) {
      this.code.instruction([0x0c, ...unsignedLeb(target.depth)]);
      return;
    }
    this.value('i32');
    this.code.instruction([0x0d, ...unsignedLeb(target.depth)]);
  }

  private branchTable(): void {
    const fits = (kinds: readonly Kind[]) => kinds.length === 0;
    this.open(BLOCK, [], [], []);
    const targets = Array.from(
      { length: 2 + this.random.below(3) },
      () => this.label(fits)?.depth ?? 0,
    );
    this.value('i32');
    this.code.instruction([
      0x0e,
      targets.length - 1,
      ...targets.flatMap((one) => unsignedLeb(one)),
    ]);
    this.close();
  }

  private branchOnReference(): void {
    const { code, random } = this;
    const target = this.label((kinds) => kinds.length === 0);
    const kind = random.pick<Kind>(['func', 'struct', 'fn']);
    if (target !== undefined && random.below(2) === 0) {
      this.value(kind);
      code.instruction([0xd5, ...unsignedLeb(target.depth)]);
      code.instruction([0x1a]);
      return;
    }
    this.open(BLOCK, [], [kind], [kind]);
    this.value(kind);
    code.instruction([0xd6, 0]);
    code.instruction([0xd0, HEAP[kind] as number]);
    this.close();
    code.instruction([0x1a]);
  }

  /** Out of the function. */
  private leave(): void {
    const { code, random } = this;
    if (random.below(4) === 0) {
      code.instruction([0x00]);
      return;
    }
    for (const kind of this.shape.results) this.value(kind);
    code.instruction([0x0f], [0x0c, ...unsignedLeb(this.labels.length)]);
  }

  private twoResults(): void {
    const { code, random } = this;
    const kinds = [this.kind(), this.kind()];
    this.block(kinds);
    for (const kind of kinds.toReversed()) {
      const own = indicesOf(code.locals, kind);
      if (own.length > 0 && random.below(2) === 0) {
        code.instruction([0x21, ...unsignedLeb(this.one(own))]);
      } else code.instruction([0x1a]);
    }
  }

  private call(): void {
    const { functions, firstFunction } = this.around;
    const index = this.random.below(functions.length);
    const { params, results } = functions[index] as FunctionShape;
    for (const kind of params) this.value(kind);
    this.called([0x10, ...unsignedLeb(firstFunction + index)]);
    for (const _ of results) this.code.instruction([0x1a]);
  }

  private callFor(kind: Kind): void {
    const { code, random } = this;
    if (kind === 'i32' && random.below(2) === 0) {
      this.value('i32');
      if (random.below(2) === 0) {
        const [plain] = this.fitting(['i32'], ['i32']);
        if (plain !== undefined) {
          code.instruction([0xd2, ...unsignedLeb(plain)]);
          this.called([0x14, TYPES.fn]);
          return;
        }
      }
      this.tableIndex();
      this.called([0x11, TYPES.fn, 0]);
      return;
    }
    const fitting = this.around.functions.flatMap(({ results }, i) =>
      results.length === 1 && results[0] === kind ? [i] : [],
    );
    if (fitting.length === 0) {
      this.operator(kind);
      return;
    }
    const index = this.one(fitting);
    for (const param of this.around.functions[index]?.params ?? []) this.value(param);
    this.called([0x10, ...unsignedLeb(this.around.firstFunction + index)]);
  }

  private called(bytes: readonly number[]): void {
    this.code.instruction(bytes);
    this.code.restore();
  }

  /** In a branch of its own: what comes behind it would never be come to. */
  private callTail(): void {
    const { code, random, around } = this;
    this.value('i32');
    this.open(0x04, [], [], []);
    const { results } = this.shape;
    const same = (shape: FunctionShape) => shape.results.join() === results.join();
    const fitting = around.functions.flatMap((shape, i) => (same(shape) ? [i] : []));
    const isPlain = results.join() === 'i32';
    const which = isPlain ? random.below(4) : 0;
    if (which === 1) {
      // a tail call of the host is a call and a return
      this.value('i32');
      code.instruction([0x12, IMPORTS.probe], [0x10, IMPORTS.probe]);
      code.tell(0x0c, unsignedLeb(this.labels.length));
    } else if (which === 2) {
      this.value('i32');
      this.tableIndex();
      this.tailCall([0x13, TYPES.fn, 0]);
    } else {
      const [plain] = this.fitting(['i32'], ['i32']);
      if (which === 3 && plain !== undefined) {
        this.value('i32');
        code.instruction([0xd2, ...unsignedLeb(plain)]);
        this.tailCall([0x15, TYPES.fn]);
      } else {
        const index = this.one(fitting);
        for (const kind of around.functions[index]?.params ?? []) this.value(kind);
        this.tailCall([0x12, ...unsignedLeb(around.firstFunction + index)]);
      }
    }
    this.close();
  }

  private tailCall(bytes: readonly number[]): void {
    const { code } = this;
    // it is told that it comes there, then that it leaves, then it does
    code.instruction(bytes, []);
    code.leave();
    code.tell(bytes);
  }

  private probe(): void {
    this.value('i32');
    this.called([0x10, IMPORTS.probe]);
    this.code.instruction([0x1a]);
  }

  private table(): void {
    const { code, random } = this;
    const table = random.below(2);
    const kind: Kind = table === 0 ? 'func' : 'extern';
    switch (random.below(9)) {
      case 0:
        this.tableIndex();
        this.value(kind);
        code.instruction([0x26, table]);
        return;
      case 1:
        this.value(kind);
        code.instruction([0x41, random.below(2)]);
        code.instruction([0xfc, 0x0f, table]);
        code.instruction([0x1a]);
        return;
      case 2:
        this.tableIndex();
        this.value(kind);
        code.instruction([0x41, 1]);
        code.instruction([0xfc, 0x11, table]);
        return;
      case 3:
        for (let i = 0; i < 3; i++) code.instruction([0x41, random.below(3)]);
        code.instruction([0xfc, 0x0e, table, table]);
        return;
      case 4:
        code.instruction([0xfc, 0x0d, 1]);
        return;
      default:
        code.instruction([0x41, random.below(3)]);
        code.instruction([0x41, 0]);
        code.instruction([0x41, random.below(2)]);
        code.instruction([0xfc, 0x0c, 1, 0]);
    }
  }

  private throwIf(): void {
    this.value('i32');
    this.open(0x04, [], [], []);
    this.throw();
    this.close();
  }

  /** What is in a try: something that throws, and something before that. */
  private tried(): void {
    this.statements(1 + this.random.below(3));
    if (this.random.below(2) === 0) this.setLocal();
    if (this.random.below(3) > 0) this.throwIf();
    if (this.random.below(3) > 0) this.call();
  }

  private throw(): void {
    const { random, around } = this;
    const tag = random.below(around.tags.length);
    for (const kind of around.tags[tag] ?? []) this.value(kind);
    this.code.instruction([0x08, tag]);
  }

  private try(): void {
    const { random, code, around } = this;
    this.open(0x06, [], [], []);
    this.tried();
    if (random.below(4) === 0) {
      // to a try further out, or to the caller
      const target = random.below(this.labels.length);
      this.labels.pop();
      code.instruction([0x18, ...unsignedLeb(target)]);
      code.restore();
      return;
    }
    this.labels.pop();
    this.labels.push({ kinds: [], catches: true });
    for (const [tag, kinds] of around.tags.entries()) {
      if (random.below(2) === 0) continue;
      code.instruction([0x07, tag]);
      code.restore();
      for (const _ of kinds) code.instruction([0x1a]);
      this.handler();
    }
    if (random.below(2) === 0) {
      code.instruction([0x19]);
      code.restore();
      this.handler();
    }
    this.close();
  }

  private handler(): void {
    this.statements(1);
    if (this.random.below(3) > 0) return;
    const at = this.labels.findLastIndex(({ catches }) => catches);
    this.code.instruction([0x09, ...unsignedLeb(this.labels.length - 1 - at)]);
  }

  /** Clauses lead to blocks around it, which drop what is caught, and to any label that takes it. */
  private tryTable(): void {
    const { random, code, around } = this;
    const tag = random.below(around.tags.length);
    const kinds = around.tags[tag] ?? [];
    const withReference = random.below(2) === 0;
    const all = random.below(2) === 0;
    this.open(BLOCK, [], [], []);
    const caught: Kind[] = [...(all ? [] : kinds), ...(withReference ? (['exn'] as const) : [])];
    this.open(BLOCK, [], caught, caught);
    const clauses: number[][] = [
      [(all ? 2 : 0) + (withReference ? 1 : 0), ...(all ? [] : [tag]), 0],
    ];
    const other = this.label(({ length }) => length === 0);
    if (other !== undefined && random.below(2) === 0)
      clauses.push([2, ...unsignedLeb(other.depth)]);
    this.open(0x1f, [], [], [], [clauses.length, ...clauses.flat()]);
    this.tried();
    this.close();
    code.instruction([0x0c, 1]);
    this.close();
    if (withReference && random.below(2) === 0) code.instruction([0x0a]);
    else for (const _ of caught) code.instruction([0x1a]);
    this.close();
  }

  private tableIndex(): void {
    this.code.instruction([0x41, this.random.below(4)]);
  }

  private fuel(): void {
    const { code } = this;
    code.instruction([0x23, 0]);
    code.instruction([0x41, 1]);
    code.instruction([0x6b]);
    code.instruction([0x24, 0]);
    code.instruction([0x23, 0]);
    code.instruction([0x41, 0]);
    code.instruction([0x48]);
    code.instruction([0x04, EMPTY]);
    code.instruction([0x00]);
    this.end();
  }

  private blockType(params: readonly Kind[], results: readonly Kind[]): readonly number[] {
    const [only, ...others] = results;
    if (params.length === 0 && others.length === 0) return only ? TYPE_BYTES[only] : [EMPTY];
    return signedLeb(this.around.typeOf(params, results));
  }

  private fitting(params: readonly Kind[], results: readonly Kind[]): number[] {
    const { functions, firstFunction } = this.around;
    return functions.flatMap((shape, i) =>
      shape.params.join() === params.join() && shape.results.join() === results.join()
        ? [firstFunction + i]
        : [],
    );
  }

  private anyFunction(): number {
    return this.around.firstFunction + this.random.below(this.around.functions.length);
  }

  private kind(): Kind {
    const number = this.random.pick<Kind>(['i32', 'i32', 'i64', 'f32', 'f64', 'v128']);
    if (this.random.below(4) > 0) return number;
    return this.random.pick<Kind>(['func', 'extern', 'any', 'i31', 'struct', 'array', 'fn']);
  }

  private one<T>(choices: readonly T[]): T {
    return choices[this.random.below(choices.length)] as T;
  }
}

function indicesOf(kinds: readonly Kind[], wanted: Kind): number[] {
  return kinds.flatMap((kind, i) => (kind === wanted ? [i] : []));
}

/** @param code as Opcode.code */
export function encoded(code: number): number[] {
  return code > 0xff ? [code >>> 16, ...unsignedLeb(code & 0xffff)] : [code];
}
