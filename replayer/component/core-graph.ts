/** The core instances of a recorded component, linked as they were linked, with their memories and globals. */
import { messageOf, WasiRrError } from '../../errors.ts';
import type { CoreValue, HostChange, LoggedFunction } from '../../traces/events.ts';
import { type CoreInstance, globalValue } from '../../traces/instances.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { type MemoryHasher, memoryHasher } from '../../wasm/xxh64.ts';
import { Impossible } from './log-cursor.ts';

export type CoreFunction = (...args: CoreValue[]) => unknown;

/** What a host function is to be answered by. */
export type HostStub = (func: LoggedFunction) => CoreFunction;

/** A memory that an imported function's pointers point into. */
export interface PointedMemory {
  readonly memory: WebAssembly.Memory;
  readonly hash: MemoryHasher;
}

export class CoreGraph {
  private readonly trace: TraceReader;
  private readonly plan: readonly CoreInstance[];
  private readonly stub: HostStub;
  private readonly modules = new Map<number, WebAssembly.Module>();
  private readonly instances: WebAssembly.Instance[] = [];
  private readonly globals: WebAssembly.Global[] = [];
  private readonly hashers = new Map<WebAssembly.Memory, MemoryHasher>();
  /** Of an imported function: the number of the memory that it points into. */
  private readonly pointed = new Map<number, number>();
  /** In the order in which instances export them. */
  readonly memories: WebAssembly.Memory[] = [];

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(trace: TraceReader, stub: HostStub) {
    this.trace = trace;
    this.plan = trace.instances();
    this.stub = stub;
  }

  /** Size of all memories, in 64 KiB. */
  pages(): number {
    let bytes = 0;
    for (const memory of this.memories) bytes += memory.buffer.byteLength;
    return bytes / 65536;
  }

  /** The imports of an instance that is to be made next. @throws Impossible */
  imports(id: number): { readonly module: number; readonly imports: WebAssembly.Imports } {
    const plan = this.plan[id];
    if (plan === undefined || id !== this.instances.length) {
      throw new Impossible('an instance that the trace does not list');
    }
    const imports: Record<string, Record<string, unknown>> = Object.create(null);
    for (const link of plan.links) {
      imports[link.module] ??= Object.create(null) as Record<string, unknown>;
      (imports[link.module] as Record<string, unknown>)[link.name] = this.linked(link);
    }
    return { module: plan.module, imports: imports as WebAssembly.Imports };
  }

  /**
   * Makes an instance; its start function may call.
   * @throws WasiRrError REPLAY_FAILED, and what the start function throws
   */
  make(module: number, imports: WebAssembly.Imports): void {
    const compiled = this.module(module);
    let instance: WebAssembly.Instance;
    try {
      instance = new WebAssembly.Instance(compiled, imports);
    } catch (thrown) {
      const unlinked = thrown instanceof WebAssembly.LinkError || thrown instanceof TypeError;
      throw unlinked ? this.cannotRun(thrown) : thrown;
    }
    this.instances.push(instance);
    for (const value of Object.values(instance.exports)) {
      if (value instanceof WebAssembly.Memory && !this.memories.includes(value)) {
        this.memories.push(value);
      }
    }
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
    const memory = this.memories[this.pointed.get(func.id) ?? -1];
    if (memory === undefined) return undefined;
    const known = this.hashers.get(memory);
    const hash = known ?? memoryHasher(memory);
    if (known === undefined) this.hashers.set(memory, hash);
    return { memory, hash };
  }

  private module(id: number): WebAssembly.Module {
    const known = this.modules.get(id);
    if (known !== undefined) return known;
    const bytes = this.trace.module(id);
    let module: WebAssembly.Module;
    try {
      module = new WebAssembly.Module(bytes);
    } catch (cause) {
      throw this.cannotRun(cause);
    }
    this.modules.set(id, module);
    return module;
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
        const memory = link.lowered?.memory;
        if (memory !== undefined) this.pointed.set(func.id, memory);
        const stub = this.stub(func);
        return link.suspending ? new WebAssembly.Suspending(stub as () => unknown) : stub;
      }
    }
  }

  private cannotRun(cause: unknown): WasiRrError {
    const { runtime } = this.trace.meta;
    return new WasiRrError(
      'REPLAY_FAILED',
      `the component does not run here: ${messageOf(cause)}. It was recorded with Node ${runtime.node} ` +
        `(V8 ${runtime.v8}); this is Node ${process.version}.`,
      { cause },
    );
  }
}
