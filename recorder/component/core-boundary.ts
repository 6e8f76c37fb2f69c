/**
 * The boundary of a component: stands between its core instances and jco's runtime. Every function that
 * an instance imports from no other instance is a host call; every exported function that the runtime
 * calls is an entry. What an instance imports of another is linked directly and never seen here.
 * Hot path. Knows no WASI: to it jco's runtime and the shims behind are one host.
 */
import { invariant, messageOf } from '../../errors.ts';
import {
  type CoreValue,
  type LoggedFunction,
  type LoggedType,
  loggedType,
} from '../../traces/events.ts';
import type { CoreInstance, Link } from '../../traces/instances.ts';
import type { Outcome } from '../../traces/outcome.ts';
import type { FunctionType, ModuleDeclarations } from '../../wasm/binary.ts';
import { trapFrom } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { ParanoidWatch } from '../paranoid.ts';
import type { RingWriter } from '../ring.ts';
import { ComponentLog, type PendingCall } from './component-log.ts';
import { WriteTracker } from './write-tracker.ts';

type CoreFunction = (...args: CoreValue[]) => unknown;

/** A core module as it was taken out of the component. */
export interface CoreModule {
  /** Id in the trace. */
  readonly id: number;
  readonly module: WebAssembly.Module;
  readonly declarations: ModuleDeclarations;
}

export interface CoreBoundaryOptions {
  readonly ring: RingWriter;
  readonly modules: readonly CoreModule[];
  readonly paranoid: boolean;
  /** Makes an instance and its functions known to the trace, before any event names them. */
  readonly announce: (instance: CoreInstance, functions: readonly LoggedFunction[]) => void;
}

interface HostGlobal {
  readonly global: WebAssembly.Global;
  readonly type: LoggedType;
  last: CoreValue;
}

interface ExportedFunction {
  readonly instance: number;
  readonly name: string;
  readonly func: LoggedFunction | undefined;
}

export class CoreBoundary {
  readonly log: ComponentLog;
  private readonly options: CoreBoundaryOptions;
  private readonly tracker = new WriteTracker();
  private readonly instances: WebAssembly.Instance[] = [];
  private readonly linkLists: (readonly Link[])[] = [];
  private readonly memoryList: WebAssembly.Memory[] = [];
  private readonly watches: ParanoidWatch[] = [];
  private readonly globals: HostGlobal[] = [];
  /** What an instance exports → where from. */
  private readonly exported = new Map<unknown, ExportedFunction>();
  /** What the runtime was given in place of an exported function → that function. */
  private readonly realOf = new Map<unknown, CoreFunction>();
  private readonly suspendingOf = new WeakMap<object, CoreFunction>();
  private nextFunction = 0;
  /** Why the guest was ended from inside a call; set before the uncatchable throw. */
  ending: Outcome | undefined;
  /** How the last entry that did not return ended. */
  unwoundAs: Outcome | undefined;

  constructor(options: CoreBoundaryOptions) {
    this.options = options;
    this.log = new ComponentLog(options.ring, () => this.pages());
  }

  /** What jco's generated code is to use in place of the globals of these names. */
  get hooks(): Readonly<Record<string, unknown>> {
    return { ...this.tracker.globals, WebAssembly: this.webAssembly() };
  }

  /** All memories that the host can see, in the order in which instances exported them. */
  get memories(): readonly WebAssembly.Memory[] {
    return this.memoryList;
  }

  /** An id for the function dictionary. */
  newFunctionId(): number {
    return this.nextFunction++;
  }

  /** Ends the guest. Never returns. */
  end(outcome: Outcome): never {
    this.ending ??= outcome;
    return throwUncatchable();
  }

  /** Stands in for `new WebAssembly.Instance`. */
  instantiateCore(
    module: WebAssembly.Module,
    given: WebAssembly.Imports = {},
  ): {
    exports: WebAssembly.Exports;
  } {
    const core = this.options.modules.find((one) => one.module === module);
    invariant(core, 'a core module that is none of the component');
    const id = this.instances.length;
    const functions: LoggedFunction[] = [];
    const links: Link[] = [];
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name, kind, type, global } of core.declarations.imports) {
      const value = (given[from] as Record<string, unknown> | undefined)?.[name];
      imports[from] ??= {};
      const place = { module: from, name };
      const source = this.exported.get(this.realOf.get(value) ?? value);
      if (source !== undefined) {
        links.push({ ...place, kind: 'instance', instance: source.instance, export: source.name });
        imports[from][name] = this.realOf.get(value) ?? value;
      } else if (kind === 'function') {
        const called = this.calledAs(given, from, name);
        const func = this.logged('import', id, called.module, called.name, type);
        functions.push(func);
        const suspending = this.suspendingOf.get(value as object);
        links.push({ ...place, kind: 'host', func: func.id, suspending: suspending !== undefined });
        const host = this.hostCall(func, suspending ?? (value as CoreFunction), !!suspending);
        imports[from][name] = suspending ? suspendingImport(host) : host;
      } else {
        invariant(
          value instanceof WebAssembly.Global && global,
          `${from}.${name}: a ${kind} of the host`,
        );
        links.push({ ...place, kind: 'global', ...this.hostGlobal(value, global) });
        imports[from][name] = value;
      }
    }
    const exports = this.exportedFunctions(id, core, functions);
    this.linkLists.push(links);
    this.options.announce({ id, module: core.id, links }, functions);
    const made = this.log.instantiate(id, () => this.changes());
    let instance: WebAssembly.Instance;
    try {
      instance = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    } catch (thrown) {
      if (thrown instanceof WebAssembly.LinkError) throw thrown;
      return this.unwound(made, thrown);
    }
    this.instances.push(instance);
    const result = this.wrapExports(id, instance, exports);
    this.toHost();
    return { exports: result };
  }

  /**
   * How a host function is called by who calls it. Functions that need a memory which does not exist yet
   * go into the table of a shim instance, whose export of the same number the caller imports
   * (wit-component, encoding/shim.rs); the instance that fills the table knows them by number only.
   */
  private calledAs(
    given: WebAssembly.Imports,
    module: string,
    name: string,
  ): { readonly module: string; readonly name: string } {
    if (!/^\d+$/.test(name)) return { module, name };
    for (const interfaces of Object.values(given)) {
      const table = this.exported.get(interfaces.$imports);
      if (table === undefined) continue;
      for (const links of this.linkLists) {
        const caller = links.find(
          (link) =>
            link.kind === 'instance' && link.instance === table.instance && link.export === name,
        );
        if (caller !== undefined) return { module: caller.module, name: caller.name };
      }
    }
    return { module, name };
  }

  private exportedFunctions(
    instance: number,
    { declarations }: CoreModule,
    functions: LoggedFunction[],
  ): Map<string, LoggedFunction> {
    const exports = new Map<string, LoggedFunction>();
    for (const { name, kind, type } of declarations.exports) {
      if (kind !== 'function' || !type || !loggedType(type)) continue;
      const func = this.logged('export', instance, '', name, type);
      functions.push(func);
      exports.set(name, func);
    }
    return exports;
  }

  private wrapExports(
    id: number,
    instance: WebAssembly.Instance,
    functions: ReadonlyMap<string, LoggedFunction>,
  ): WebAssembly.Exports {
    const exports: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(instance.exports)) {
      exports[name] = value;
      // what is exported twice, or again by another instance, is the one that came first
      if (!this.exported.has(value)) {
        this.exported.set(value, { instance: id, name, func: functions.get(name) });
      }
      const source = this.exported.get(value) as ExportedFunction;
      if (typeof value === 'function' && source.func !== undefined) {
        exports[name] = this.entry(source.func, value as CoreFunction);
      } else if (value instanceof WebAssembly.Memory && !this.memoryList.includes(value)) {
        this.memoryList.push(value);
        if (this.options.paranoid) this.watches.push(new ParanoidWatch());
      }
    }
    return exports as WebAssembly.Exports;
  }

  private logged(
    direction: 'import' | 'export',
    instance: number,
    module: string,
    name: string,
    type: FunctionType | undefined,
  ): LoggedFunction {
    const logged = type && loggedType(type);
    invariant(logged, `${module}.${name}: takes or gives what no log can hold`);
    return { id: this.nextFunction++, direction, instance, module, name, ...logged };
  }

  private hostGlobal(
    global: WebAssembly.Global,
    { type, mutable }: { readonly type: string; readonly mutable: boolean },
  ) {
    const logged = type as LoggedType;
    let index = this.globals.findIndex((one) => one.global === global);
    const value = global.value as CoreValue;
    if (index < 0) {
      index = this.globals.length;
      this.globals.push({ global, type: logged, last: value });
    }
    return { global: index, type: logged, mutable, value: String(value) };
  }

  private hostCall(func: LoggedFunction, host: CoreFunction, suspending: boolean): CoreFunction {
    return (...args) => {
      if (this.ending !== undefined) return throwUncatchable();
      this.toHost();
      const call = this.log.begin(func, args);
      let result: unknown;
      try {
        result = host(...args);
      } catch (thrown) {
        return this.hostThrew(call, thrown);
      }
      if (!suspending || !isPromise(result)) {
        this.answered(call, result);
        return result;
      }
      this.log.suspended(call);
      return result.then(
        (value) => {
          if (this.ending !== undefined) return throwUncatchable();
          this.answered(call, value);
          return value;
        },
        (thrown: unknown) => this.hostThrew(call, thrown),
      );
    };
  }

  private answered(call: PendingCall, result: unknown): void {
    this.log.answered(call, result, () => this.changes());
    // where something is written to memory that the log does not know
    if (this.ending !== undefined) throwUncatchable();
  }

  private hostThrew(call: PendingCall, thrown: unknown): never {
    if (this.ending === undefined) this.log.threw(call, messageOf(thrown), () => this.changes());
    else this.log.settle();
    throw thrown;
  }

  private entry(func: LoggedFunction, real: CoreFunction): CoreFunction {
    const entry: CoreFunction = (...args) => {
      if (this.ending !== undefined) return throwUncatchable();
      const entered = this.log.enter(func, args, false, () => this.changes());
      let returned: unknown;
      try {
        returned = real(...args);
      } catch (thrown) {
        return this.unwound(entered, thrown);
      }
      this.log.leave(entered, func.results, returned);
      this.toHost();
      return returned;
    };
    this.realOf.set(entry, real);
    return entry;
  }

  private promising(given: unknown): unknown {
    const real = this.realOf.get(given) ?? (given as CoreFunction);
    const func = this.exported.get(real)?.func;
    const promising = WebAssembly.promising(real as () => unknown) as (
      ...args: CoreValue[]
    ) => Promise<unknown>;
    if (func === undefined) return promising;
    return (...args: CoreValue[]) => {
      if (this.ending !== undefined) return throwUncatchable();
      const entered = this.log.enter(func, args, true, () => this.changes());
      return promising(...args).then(
        (returned) => {
          if (this.ending !== undefined) return throwUncatchable();
          this.log.leave(entered, func.results, returned);
          this.toHost();
          return returned;
        },
        (thrown: unknown) => this.unwound(entered, thrown),
      );
    };
  }

  private unwound(entered: number, thrown: unknown): never {
    const outcome: Outcome = this.ending ?? { kind: 'trap', trap: trapFrom(thrown) };
    this.unwoundAs = outcome;
    this.log.unwind(entered, JSON.stringify(outcome));
    this.toHost();
    throw thrown;
  }

  /** jco's generated code makes suspending imports and promising exports itself. */
  private webAssembly(): typeof WebAssembly {
    const { suspendingOf } = this;
    function Suspending(target: CoreFunction): object {
      const made = suspendingImport(target);
      suspendingOf.set(made, target);
      return made;
    }
    return new Proxy(WebAssembly, {
      get: (target, key) => {
        if (key === 'Suspending') return Suspending;
        if (key === 'promising') return (given: unknown) => this.promising(given);
        return Reflect.get(target, key);
      },
    });
  }

  /** The guest has stopped and its host goes on: what changes from here on, the host changes. */
  private toHost(): void {
    for (const one of this.globals) one.last = one.global.value as CoreValue;
    for (const [i, watch] of this.watches.entries()) watch.before(this.bytes(i));
  }

  /** Logs what the host changed, before the event at which the guest goes on. */
  private changes(): void {
    const { log, memoryList, watches } = this;
    const written: [number, number][][] = watches.map(() => []);
    this.tracker.take((buffer, offset, length) => {
      const memory = memoryList.findIndex((one) => one.buffer === buffer);
      if (memory < 0) return;
      log.writeChange(memory, new Uint8Array(buffer), offset, offset + length);
      written[memory]?.push([offset, length]);
    });
    for (const [i, one] of this.globals.entries()) {
      const value = one.global.value as CoreValue;
      if (!Object.is(value, one.last)) log.globalChange(i, one.type, value);
    }
    for (const [i, watch] of watches.entries()) {
      const untracked = watch.after(this.bytes(i), written[i] ?? []);
      if (untracked === undefined) continue;
      const message = `the host wrote to memory ${i} of the component where the log says nothing: ${untracked}`;
      this.ending ??= { kind: 'failed', message };
    }
  }

  private bytes(memory: number): Uint8Array {
    return new Uint8Array((this.memoryList[memory] as WebAssembly.Memory).buffer);
  }

  private pages(): number {
    let bytes = 0;
    for (const memory of this.memoryList) bytes += memory.buffer.byteLength;
    return bytes / 65536;
  }
}

function suspendingImport(target: CoreFunction): object {
  return new WebAssembly.Suspending(target as () => unknown);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
