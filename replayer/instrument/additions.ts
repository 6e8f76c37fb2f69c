/** Which types, functions, globals and memories a plan adds to a module, and at which indices they come to stand. */
import { invariant, WasiRrError } from '../../errors.ts';
import { type AddedFunction, addedFunctions, type FunctionName } from './added-functions.ts';
import { RESULT_ROOM } from './frame-layout.ts';
import { type ModuleLayout, TYPE } from './module-layout.ts';
import { type GlobalName, type HookName, type InstrumentPlan, WIDTHS } from './plan.ts';
import { readSharedParts, type SharedKind, type SharedParts } from './shared-parts.ts';

export interface AddedGlobalLayout {
  /** Suffix of the name under which it is exported. */
  readonly name: string;
  readonly index: number;
  /** Value type and initial value, as they are encoded. */
  readonly type: readonly number[];
  readonly init: readonly number[];
}

export type MemoryName = 'frames' | 'counts' | 'patched' | DirtyMap;

/** Of a memory by its index: which of its pages were stored to. */
export type DirtyMap = `dirty:${number}`;

export function dirtyMap(memory: number): DirtyMap {
  return `dirty:${memory}`;
}

export interface AddedMemoryLayout {
  readonly name: MemoryName;
  readonly index: number;
  /** Pages of 64 KiB. */
  readonly initial: number;
}

/** Where the memory for frames begins: it grows by the hook `room`. */
const FRAME_PAGES = 16;
/** A byte for each 4 KiB of 4 GiB, in pages; and of the 16 GiB that V8 gives a 64-bit memory. */
const DIRTY_PAGES = 16;
const DIRTY_PAGES_64 = 64;
/** Of a module whose dirty pages are marked: each takes a map. What composes components makes two. */
const MAX_DIRTY_MEMORIES = 64;

/** Of the guest; compilers make a few. */
const MAX_OWN_GLOBALS = 1024;

/** Under which name, behind the prefix, a global of the guest is exported. */
export function ownGlobal(index: number): string {
  return `global:${index}`;
}

/** The same for what patches import besides globals; `functions` are those that the guest imports. */
export function sharedName(kind: Exclude<SharedKind, 'globals'> | 'functions', index: number) {
  return `${kind}:${index}`;
}

/** What functions are replaced by: see {@link InstrumentPlan.patchable}. */
export interface PatchingLayout {
  readonly shared: SharedParts;
  /** Index of the table that has all functions, and behind them those of a patch (divert-snippet.ts). */
  readonly table: number;
  /** Of the memory that has a byte for each of them: whether the patch's is switched on. */
  readonly memory: number;
}

/** Parameters of the hooks' types; no hook has a result. */
const PARAMS = {
  pair: [TYPE.i32, TYPE.i32],
  access: [TYPE.i32, TYPE.f64, TYPE.f64],
  none: [],
} as const;

const HOOK_TYPES: Readonly<Record<HookName, keyof typeof PARAMS>> = {
  ticked: 'pair',
  stop: 'pair',
  deep: 'pair',
  entered: 'pair',
  left: 'pair',
  wrote: 'access',
  read: 'access',
  room: 'none',
};

/** Types of a hook's parameters. */
export function hookParams(hook: HookName): readonly number[] {
  return PARAMS[HOOK_TYPES[hook]];
}

interface NumberGlobal {
  readonly type: readonly number[];
  readonly zero: readonly number[];
}

const I32: NumberGlobal = { type: [TYPE.i32], zero: [0x41, 0] };
const I64: NumberGlobal = { type: [TYPE.i64], zero: [0x42, 0] };

export class Additions {
  readonly globals: readonly AddedGlobalLayout[];
  readonly functions: readonly AddedFunction[];
  readonly memories: readonly AddedMemoryLayout[];
  readonly patching: PatchingLayout | undefined;
  /** How many of the guest's globals are exported, from the first. */
  readonly ownGlobals: number;
  /** Types as they are encoded, in the order of their indices. */
  readonly types: number[][] = [];
  /** What the names of all that is added begin with, and no export of the module's does. */
  readonly prefix: string;
  private readonly firstType: number;
  private readonly hookTypes = new Map<HookName, number>();
  private readonly typeIndices = new Map<string, number>();
  private readonly byName = new Map<string, AddedGlobalLayout>();
  private readonly firstFunction: number;
  private readonly functionIndices = new Map<FunctionName, number>();

  constructor(layout: ModuleLayout, plan: InstrumentPlan) {
    this.firstType = layout.types.length;
    let prefix = 'wasi-rr:';
    while ([...layout.exports].some((name) => name.startsWith(prefix))) prefix = `$${prefix}`;
    this.prefix = prefix;
    this.ownGlobals = plan.globals ? Math.min(layout.globals, MAX_OWN_GLOBALS) : 0;
    const hooks: HookName[] = [];
    const numbers: [GlobalName, NumberGlobal][] = [];
    if (plan.tick) {
      hooks.push('ticked');
      numbers.push(['ticksLeft', I64]);
    }
    if (plan.ages) numbers.push(['lastTick', I64]);
    if (plan.frames) numbers.push(['depth', I32]);
    if (plan.frames === 'spill') {
      hooks.push('room');
      numbers.push(['top', I32], ['limit', { ...I32, zero: [0x41, ...FRAME_LIMIT] }]);
    }
    if (plan.breaks || plan.steps) hooks.push('stop');
    if (plan.steps) numbers.push(['armed', I32]);
    if (plan.deepest) {
      hooks.push('deep');
      numbers.push(['deepest', I32]);
    }
    const wide = layout.memories[plan.memory ?? 0]?.address64 ?? false;
    const address = wide ? I64 : I32;
    if (plan.watch) hooks.push('wrote');
    if (plan.reads) hooks.push('read');
    if (plan.watch || plan.reads) {
      for (const width of WIDTHS) {
        numbers.push([`watchFrom${width}`, address], [`watchLength${width}`, address]);
      }
    }
    if (plan.calls) hooks.push('entered', 'left');
    let index = layout.globals;
    this.globals = [
      ...hooks.map((name) => {
        const type = signedLeb(this.typeOf(hookParams(name), []));
        return { name, index: index++, type: [0x63, ...type], init: [0xd0, ...type] };
      }),
      ...numbers.map(([name, { type, zero }]) => ({ name, index: index++, type, init: zero })),
    ];
    for (const one of this.globals) this.byName.set(one.name, one);
    this.firstFunction = layout.functions.length;
    this.functions = addedFunctions(plan, wide, {
      global: (name) => this.global(name),
      hookType: (name) => this.hookType(name),
      typeOf: (...type) => this.typeOf(...type),
    });
    for (const [i, { name }] of this.functions.entries()) {
      this.functionIndices.set(name, this.firstFunction + i);
    }
    const memories: AddedMemoryLayout[] = [];
    let memory = layout.memories.length;
    if (plan.frames === 'spill') {
      memories.push({ name: 'frames', index: memory++, initial: FRAME_PAGES });
    }
    if (plan.dirty) {
      if (layout.memories.length > MAX_DIRTY_MEMORIES) throw tooManyMemories();
      for (const [of, { address64 }] of layout.memories.entries()) {
        const initial = address64 ? DIRTY_PAGES_64 : DIRTY_PAGES;
        memories.push({ name: dirtyMap(of), index: memory++, initial });
      }
    }
    if (plan.counts) {
      const initial = Math.ceil((8 * plan.counts.size) / 65536);
      memories.push({ name: 'counts', index: memory++, initial });
    }
    const shared = plan.patchable ? sharedParts(layout) : undefined;
    if (shared) {
      this.patching = { shared, table: shared.tables.length, memory };
      const initial = Math.ceil(layout.functions.length / 65536);
      memories.push({ name: 'patched', index: memory, initial });
    }
    this.memories = memories;
  }

  global(name: GlobalName | HookName): number {
    const found = this.byName.get(name);
    invariant(found, `global ${name}, which the plan does not add`);
    return found.index;
  }

  func(name: FunctionName): number {
    const found = this.functionIndices.get(name);
    invariant(found !== undefined, `function ${name}, which the plan does not add`);
    return found;
  }

  memory(name: AddedMemoryLayout['name']): number {
    const found = this.memories.find((one) => one.name === name);
    invariant(found, `memory ${name}, which the plan does not add`);
    return found.index;
  }

  /** Index of the type of a hook. */
  hookType(hook: HookName): number {
    let index = this.hookTypes.get(hook);
    if (index === undefined) {
      index = this.typeOf(hookParams(hook), []);
      this.hookTypes.set(hook, index);
    }
    return index;
  }

  /** Index of an added function type, made if there is none yet. @param results as they are encoded */
  typeOf(params: readonly number[], resultBytes: ArrayLike<number>, results = 0): number {
    const bytes = [0x60, params.length, ...params, ...unsignedLeb(results)];
    bytes.push(...Array.from(resultBytes));
    const key = bytes.join();
    let index = this.typeIndices.get(key);
    if (index === undefined) {
      index = this.firstType + this.types.length;
      this.types.push(bytes);
      this.typeIndices.set(key, index);
    }
    return index;
  }
}

/** @returns undefined for a module whose functions cannot be replaced */
function sharedParts({ bytes, sections, globals }: ModuleLayout): SharedParts | undefined {
  return globals > MAX_OWN_GLOBALS ? undefined : readSharedParts(bytes, sections);
}

function tooManyMemories(): WasiRrError {
  return new WasiRrError(
    'MODULE_UNSUPPORTED',
    `the module has more than ${MAX_DIRTY_MEMORIES} memories: what it writes to them cannot be followed. Recording and replaying it work.`,
  );
}

/** Bytes that the memory for frames has in the beginning, as the operand of `i32.const`. */
const FRAME_LIMIT = signedLeb((FRAME_PAGES << 16) - RESULT_ROOM);

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let left = value >>> 0;
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  bytes.push(left);
  return bytes;
}

/** Of a number from -2^31 to 2^31 - 1. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let left = value | 0;
  for (;;) {
    const low = left & 0x7f;
    left >>= 7;
    if ((left === 0 && (low & 0x40) === 0) || (left === -1 && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}
