/** The core instances of a recorded component, linked as they were linked, with their memories and globals. */
import {
  type CoreValue,
  type HostChange,
  type LoggedFunction,
  NO_FUNCTION,
} from '../../traces/events.ts';
import { type CoreInstance, globalValue } from '../../traces/instances.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { type MemoryHasher, memoryHasher } from '../../wasm/xxh64.ts';
import {
  type CoreFrame,
  cannotRun,
  coreFrames,
  type RunnableOf,
  sharedModules,
  withInstances,
} from './core-modules.ts';
import { Impossible } from './log-cursor.ts';

export type CoreFunction = (...args: CoreValue[]) => unknown;

/** What an instance is to import for a host function. @param suspending whether its answer may be a promise */
export type HostStub = (func: LoggedFunction, suspending: boolean) => unknown;

/** A memory that an imported function's pointers point into. */
export interface PointedMemory {
  readonly memory: WebAssembly.Memory;
  readonly hash: MemoryHasher;
}

/** In no log: what is no function of an instance's differs from whatever was recorded. */
const UNKNOWN_FUNCTION = -2;

export class CoreGraph {
  private readonly trace: TraceReader;
  private readonly plan: readonly CoreInstance[];
  private readonly shared: readonly number[];
  private readonly stub: HostStub;
  private readonly runnable: RunnableOf;
  private readonly globals: WebAssembly.Global[] = [];
  private readonly hashers = new Map<WebAssembly.Memory, MemoryHasher>();
  /** Of an imported function: the number of the memory that it points into. */
  private readonly pointed = new Map<number, number>();
  /** Of a function that guests may pass to their host: its number in the dictionary. */
  private readonly passed = new Map<unknown, number>();
  /** By instance: its exports in the dictionary, where any function is passed. */
  private readonly passable: ReadonlyMap<number, readonly LoggedFunction[]>;
  /** Those that were made, by id. */
  readonly instances: WebAssembly.Instance[] = [];
  /** In the order in which instances export them. */
  readonly memories: WebAssembly.Memory[] = [];

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(trace: TraceReader, stub: HostStub, runnable: RunnableOf) {
    this.trace = trace;
    this.plan = trace.instances();
    this.shared = sharedModules(this.plan);
    this.stub = stub;
    this.runnable = runnable;
    this.passable = passableFunctions(trace);
  }

  /** Size of all memories, in 64 KiB. */
  pages(): number {
    let bytes = 0;
    for (const memory of this.memories) bytes += memory.buffer.byteLength;
    return bytes / 65536;
  }

  /** The imports of an instance that is to be made next. @throws Impossible */
  imports(id: number): WebAssembly.Imports {
    const plan = this.plan[id];
    if (plan === undefined || id !== this.instances.length) {
      throw new Impossible('an instance that the trace does not list');
    }
    const imports: Record<string, Record<string, unknown>> = Object.create(null);
    for (const link of plan.links) {
      imports[link.module] ??= Object.create(null) as Record<string, unknown>;
      (imports[link.module] as Record<string, unknown>)[link.name] = this.linked(link);
    }
    return imports as WebAssembly.Imports;
  }

  /**
   * Makes an instance; its start function may call.
   * @returns the start function, where that was made an export: to be called before {@link add}; and as
   *   RunnableCore's `counts`
   * @throws WasiRrError REPLAY_FAILED, and what the start function throws
   */
  make(
    id: number,
    imports: WebAssembly.Imports,
  ): {
    readonly instance: WebAssembly.Instance;
    readonly start: CoreFunction | undefined;
    readonly counts: string | undefined;
  } {
    const { module, start, counts } = this.runnable(this.plan[id] as CoreInstance);
    try {
      const instance = new WebAssembly.Instance(module, imports);
      const called = start === undefined ? undefined : (instance.exports[start] as CoreFunction);
      return { instance, start: called, counts };
    } catch (thrown) {
      const unlinked = thrown instanceof WebAssembly.LinkError || thrown instanceof TypeError;
      throw unlinked ? cannotRun(this.trace, thrown) : thrown;
    }
  }

  /** An instance is there. */
  add(id: number, instance: WebAssembly.Instance): void {
    this.instances[id] = instance;
    for (const name of this.runnable(this.plan[id] as CoreInstance).memories ??
      Object.keys(instance.exports)) {
      const value = instance.exports[name];
      if (value instanceof WebAssembly.Memory && !this.memories.includes(value)) {
        this.memories.push(value);
      }
    }
    for (const { id: number, name } of this.passable.get(id) ?? []) {
      const value = instance.exports[name];
      if (!this.passed.has(value)) this.passed.set(value, number);
    }
  }

  /** What a guest passes to a host function, as the log has it. */
  passedTo({ params }: LoggedFunction, args: readonly unknown[]): readonly CoreValue[] {
    if (this.passable.size === 0 || !params.includes('funcref')) return args as CoreValue[];
    const numberOf = (value: unknown) =>
      value === null ? NO_FUNCTION : (this.passed.get(value) ?? UNKNOWN_FUNCTION);
    return args.map((arg, i) => (params[i] === 'funcref' ? numberOf(arg) : (arg as CoreValue)));
  }

  /** The guests' frames in V8's stack trace, innermost first. */
  frames(stack: string): CoreFrame[] {
    return coreFrames(this.withInstances(stack), this.plan, this.runnable);
  }

  /** A stack trace of now that says of each frame whose it is. */
  withInstances(stack: string): string {
    return withInstances(stack, this.shared, this.instances.length);
  }

  /** The function of an export. @throws Impossible */
  target({ instance = 0, name }: LoggedFunction): CoreFunction {
    const target = this.instances[instance]?.exports[name];
    if (typeof target !== 'function') throw new Impossible(`an entry into no export (${name})`);
    return target as CoreFunction;
  }

  /** Puts back what the host changed. @throws Impossible */
  apply(change: HostChange): void {
    if (change.kind === 'global') {
      const global = this.globals[change.global];
      if (global === undefined) throw new Impossible('a global that is none');
      global.value = change.value;
      return;
    }
    const memory = this.memories[change.memory];
    const bytes = memory && new Uint8Array(memory.buffer);
    if (!bytes || change.address + change.bytes.length > bytes.length) {
      throw new Impossible('a write that lies outside of the memory');
    }
    bytes.set(change.bytes, change.address);
  }

  /** The memory that an imported function reads; undefined where the trace does not say. */
  memoryOf(func: LoggedFunction): PointedMemory | undefined {
    return this.memoryNumbered(this.pointed.get(func.id));
  }

  memoryNumbered(number = -1): PointedMemory | undefined {
    const memory = this.memories[number];
    if (memory === undefined) return undefined;
    const known = this.hashers.get(memory);
    const hash = known ?? memoryHasher(memory);
    if (known === undefined) this.hashers.set(memory, hash);
    return { memory, hash };
  }

  private linked(link: CoreInstance['links'][number]): unknown {
    switch (link.kind) {
      case 'instance':
        return this.instances[link.instance]?.exports[link.export];
      case 'global': {
        const { global, type, mutable, value } = link;
        this.globals[global] ??= new WebAssembly.Global(
          { value: type, mutable },
          globalValue(type, value),
        );
        return this.globals[global];
      }
      case 'host': {
        const func = this.trace.functions.get(link.func);
        if (func === undefined) {
          throw new Impossible(`function ${link.func}, which is not listed`);
        }
        const { memory } = link.lowered ?? link.builtin ?? {};
        if (memory !== undefined) this.pointed.set(func.id, memory);
        return this.stub(func, link.suspending);
      }
    }
  }
}

function passableFunctions({ functions }: TraceReader): Map<number, LoggedFunction[]> {
  const all = [...functions.values()];
  const passed = new Map<number, LoggedFunction[]>();
  if (!all.some(({ params }) => params.includes('funcref'))) return passed;
  for (const func of all) {
    if (func.direction !== 'export') continue;
    const { instance = 0 } = func;
    const known = passed.get(instance) ?? [];
    passed.set(instance, known);
    known.push(func);
  }
  return passed;
}
