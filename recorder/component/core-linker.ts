/**
 * Makes the core instances of a component when jco's generated program asks for them: wraps what they
 * import of their host and what that gets of their exports, and says how they are linked. What an
 * instance imports of another is linked directly and never seen at the boundary.
 */
import { invariant } from '../../errors.ts';
import {
  type CoreValue,
  hostCallType,
  type LoggedFunction,
  type LoggedType,
  loggedType,
} from '../../traces/events.ts';
import type { BuiltinLink, CoreInstance, Link, LoweredLink } from '../../traces/instances.ts';
import { builtinReads } from '../../wasi/component/builtin-reads.ts';
import type { FunctionType, ModuleDeclarations } from '../../wasm/binary.ts';
import { Lifter } from '../../wasm/component/lifter.ts';
import type {
  BuiltinImport,
  CorePlace,
  LiftedExport,
  LoweredImport,
} from '../../wasm/component/surface.ts';
import type { WitTypes } from '../../wasm/component/types.ts';
import { CallReader, type ReadArguments } from './call-reads.ts';
import type { CoreBoundary, CoreFunction } from './core-boundary.ts';
import { GIVEN } from './generated-patches.ts';
import type { HostChanges } from './host-changes.ts';
import type { LiveTasks, TaskFunctions } from './live-tasks.ts';
import type { FramedModule } from './module-frames.ts';
import { PassedFunctions } from './passed-functions.ts';
import { quickGlobal } from './quick-global.ts';
import { type ResultReader, resultReader } from './result-reads.ts';

/** A core module as it was taken out of the component. */
export interface CoreModule extends FramedModule {
  readonly module: WebAssembly.Module;
  readonly declarations: ModuleDeclarations;
}

/** What a component says of its functions, where that could be read. */
export interface LinkedSurface {
  readonly types: WitTypes;
  /** In the order in which they are made; the runtime makes some of its own in between. */
  readonly instances: readonly {
    /** Id of the core module. */
    readonly module: number;
    readonly imports: readonly LoweredImport[];
    readonly builtins: readonly BuiltinImport[];
    /** Which of its exports return results of functions of the component. */
    readonly lifted: readonly LiftedExport[];
  }[];
  readonly tasks: readonly TaskFunctions[];
}

export interface CoreLinkerOptions {
  readonly boundary: CoreBoundary;
  readonly changes: HostChanges;
  readonly tasks: LiveTasks;
  readonly modules: readonly CoreModule[];
  readonly surface: LinkedSurface | undefined;
  /** Bytes of what the host reads that are kept of a call. */
  readonly payload: number;
  /** Told what the guest keeps for a task, and asks for when it goes on with it. */
  readonly onContext: ((what: 'get' | 'set', kept: number) => void) | undefined;
  /** Told when the guest gives what a task of it was called for. */
  readonly onReturn: (() => void) | undefined;
  /** Called for what answers a function of an interface. @returns what is to answer in its place */
  readonly onLowered: (name: string, host: CoreFunction) => CoreFunction;
  /** Told of each stream that a host gets. @returns it */
  readonly onLifted: (stream: object, end: object | undefined) => object;
  /** Makes an instance and its functions known to the trace, before any event names them. */
  readonly announce: (instance: CoreInstance, functions: readonly LoggedFunction[]) => void;
}

interface ExportedFunction {
  readonly instance: number;
  readonly name: string;
  readonly func: LoggedFunction | undefined;
}

export class CoreLinker {
  private readonly options: CoreLinkerOptions;
  private readonly lifter: Lifter | undefined;
  private readonly instances: WebAssembly.Instance[] = [];
  /** Of an instance of the surface that was made: its number in the trace. */
  private readonly made = new Map<number, number>();
  /** What an instance exports → where from. */
  private readonly exported = new Map<unknown, ExportedFunction>();
  /** What the runtime was given in place of an exported function → that function. */
  private readonly realOf = new Map<unknown, CoreFunction>();
  private readonly passed = new PassedFunctions();
  private readonly suspendingOf = new WeakMap<object, CoreFunction>();
  private readonly results = new Map<LoggedFunction, ResultReader | undefined>();
  private nextFunction = 0;

  constructor(options: CoreLinkerOptions) {
    this.options = options;
    this.lifter = options.surface && new Lifter(options.surface.types);
  }

  /** What jco's generated code is to use in place of the globals of these names. */
  get hooks(): Readonly<Record<string, unknown>> {
    const { changes, onLifted } = this.options;
    const webAssembly = this.webAssembly();
    return {
      ...changes.tracker.globals,
      WebAssembly: webAssembly,
      globalThis: quickGlobal(webAssembly),
      liftedStream: onLifted,
      ...GIVEN,
    };
  }

  /** What is made from here on is another instance of the component. */
  startAnew(): void {
    this.made.clear();
  }

  /** Stands in for `new WebAssembly.Instance`. */
  instantiate(
    module: WebAssembly.Module,
    given: WebAssembly.Imports = {},
  ): { exports: WebAssembly.Exports } {
    const { boundary, announce, modules } = this.options;
    const core = modules.find((one) => one.module === module);
    invariant(core, 'a core module that is none of the component');
    const id = this.instances.length;
    const { imports: lowered = [], builtins = [], lifted } = this.surfaceOf(id, core.id) ?? {};
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
        const meant = lowered.find((one) => one.module === from && one.name === name);
        const builtin = builtins.find((one) => one.module === from && one.name === name);
        const real = this.watched(value, builtin?.builtin);
        const host = this.hostFunction(id, place, type, real, meant, builtin);
        functions.push(host.func);
        links.push({ ...place, ...host.link });
        imports[from][name] = host.stub;
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
    announce({ id, module: core.id, links }, functions);
    const instance = boundary.instantiate(id, module, imports as WebAssembly.Imports);
    this.instances.push(instance);
    const result = this.wrapExports(id, instance, exports, lifted);
    boundary.toHost();
    return { exports: result };
  }

  /** What the component says of the imports of the next instance of a module. */
  private surfaceOf(id: number, module: number): LinkedSurface['instances'][number] | undefined {
    const instances = this.options.surface?.instances ?? [];
    const next = instances.findIndex((one, i) => one.module === module && !this.made.has(i));
    if (next < 0) return undefined;
    this.made.set(next, id);
    return instances[next];
  }

  /** Of which task the guest goes on is known by what it keeps for the task. */
  private watched(value: unknown, builtin: string | undefined): unknown {
    const { onContext, onReturn } = this.options;
    if (onContext === undefined) return value;
    if (builtin === 'task.return') {
      return (...args: CoreValue[]) => {
        onReturn?.();
        return (value as CoreFunction)(...args);
      };
    }
    if (builtin === 'context.get') {
      return () => {
        const kept = (value as CoreFunction)();
        onContext('get', Number(kept));
        return kept;
      };
    }
    if (builtin === 'context.set') {
      return (kept: CoreValue) => {
        onContext('set', Number(kept));
        return (value as CoreFunction)(kept);
      };
    }
    return value;
  }

  private hostFunction(
    instance: number,
    { module, name }: { readonly module: string; readonly name: string },
    type: FunctionType | undefined,
    value: unknown,
    meant: LoweredImport | undefined,
    builtin: BuiltinImport | undefined,
  ) {
    const { boundary, surface } = this.options;
    const wit = meant && surface?.types.functions[meant.func];
    const lowered = meant && this.loweredLink(meant);
    const ofRuntime = builtin && this.builtinLink(builtin);
    const from = wit?.interface ?? (ofRuntime ? '' : module);
    const func = this.logged('import', instance, from, wit?.name ?? ofRuntime?.name ?? name, type);
    const suspending = this.suspendingOf.get(value as object);
    const reader = lowered ? this.reader(lowered) : ofRuntime && this.builtinReader(ofRuntime);
    const real = suspending ?? (value as CoreFunction);
    const answering = wit ? this.options.onLowered(wit.name, real) : real;
    const host = this.passed.given(func, answering, () =>
      boundary.end({
        kind: 'failed',
        message: `${from} ${name} is passed a function that no core module exports`,
      }),
    );
    const call = this.passed.taken(
      func,
      boundary.hostCall(func, host, reader, suspending !== undefined),
    );
    const link = {
      kind: 'host' as const,
      func: func.id,
      suspending: suspending !== undefined,
      ...(lowered && { lowered }),
      ...(ofRuntime && { builtin: ofRuntime }),
    };
    return { func, link, stub: suspending ? suspendingImport(call) : call };
  }

  private loweredLink({ func, memory, encoding, async }: LoweredImport): LoweredLink {
    return { func, encoding, ...this.pointedMemory(memory), ...(async && { async }) };
  }

  private builtinLink(given: BuiltinImport): BuiltinLink {
    const { builtin: name, type, memory, encoding, async, slot } = given;
    return {
      name,
      type,
      encoding,
      ...this.pointedMemory(memory),
      ...(async && { async }),
      ...(slot !== undefined && { slot }),
    };
  }

  private pointedMemory(memory: CorePlace | undefined): { readonly memory?: number } {
    const number = memory && this.memoryNumber(memory);
    return number === undefined ? {} : { memory: number };
  }

  private memoryNumber({ instance, name }: CorePlace): number | undefined {
    const made = this.made.get(instance);
    const memory = made === undefined ? undefined : this.instances[made]?.exports[name];
    if (!(memory instanceof WebAssembly.Memory)) return undefined;
    const number = this.options.changes.memories.indexOf(memory);
    return number < 0 ? undefined : number;
  }

  private reader({ func, memory, encoding, async = false }: LoweredLink): CallReader | undefined {
    const { lifter } = this;
    const wit = this.options.surface?.types.functions[func];
    if (lifter === undefined || wit === undefined || !lifter.pointsIn(wit, async)) return undefined;
    const passing = { encoding, async };
    return this.readerOf(memory, (args, notes) => lifter.params(wit, args, notes, passing));
  }

  private builtinReader(link: BuiltinLink): CallReader | undefined {
    const { lifter } = this;
    const read = lifter && builtinReads(link, lifter);
    return read && this.readerOf(link.memory, read);
  }

  private readerOf(memory: number | undefined, read: ReadArguments): CallReader | undefined {
    const { changes, payload } = this.options;
    const found = memory === undefined ? undefined : changes.memory(memory);
    return found && new CallReader(read, found.memory, found.hash, payload);
  }

  private resultReader(lifted: LiftedExport | undefined): ResultReader | undefined {
    const { lifter, options } = this;
    const func = lifted && options.surface?.types.functions[lifted.func];
    if (lifter === undefined || lifted === undefined || func === undefined) return undefined;
    const { memory: place, encoding } = lifted;
    return resultReader(lifter, func, encoding, (read) => {
      const memory = place && this.memoryNumber(place);
      const reader = this.readerOf(memory, read);
      return memory === undefined || reader === undefined ? undefined : { memory, reader };
    });
  }

  private exportedFunctions(
    instance: number,
    { id, declarations }: CoreModule,
    functions: LoggedFunction[],
  ): Map<string, LoggedFunction> {
    const { tasks, surface } = this.options;
    const ofModule = surface?.tasks.filter(({ module }) => module === id) ?? [];
    const exports = new Map<string, LoggedFunction>();
    for (const { name, kind, type } of declarations.exports) {
      if (kind !== 'function' || !type || !loggedType(type)) continue;
      const func = this.logged('export', instance, '', name, type);
      functions.push(func);
      tasks.know(func, ofModule);
      exports.set(name, func);
    }
    return exports;
  }

  private wrapExports(
    id: number,
    instance: WebAssembly.Instance,
    functions: ReadonlyMap<string, LoggedFunction>,
    lifted: readonly LiftedExport[] = [],
  ): WebAssembly.Exports {
    const { boundary, changes } = this.options;
    const exports: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(instance.exports)) {
      exports[name] = value;
      // what is exported twice, or again by another instance, is the one that came first
      if (!this.exported.has(value)) {
        this.exported.set(value, { instance: id, name, func: functions.get(name) });
      }
      const source = this.exported.get(value) as ExportedFunction;
      if (typeof value === 'function' && source.func !== undefined) {
        const results = this.resultReader(lifted.find(({ core }) => core.name === name));
        this.results.set(source.func, results);
        const entry = boundary.entry(source.func, value as CoreFunction, results);
        this.passed.know(source.func, value as CoreFunction, entry);
        this.realOf.set(entry, value as CoreFunction);
        exports[name] = entry;
      } else if (value instanceof WebAssembly.Memory) changes.addMemory(value);
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
    const logged = type && (direction === 'import' ? hostCallType(type) : loggedType(type));
    invariant(logged, `${module}.${name}: takes or gives what no log can hold`);
    return { id: this.nextFunction++, direction, instance, module, name, ...logged };
  }

  private hostGlobal(
    global: WebAssembly.Global,
    { type, mutable }: { readonly type: string; readonly mutable: boolean },
  ) {
    const logged = type as LoggedType;
    const value = String(global.value as CoreValue);
    return { global: this.options.changes.addGlobal(global, logged), type: logged, mutable, value };
  }

  /** jco's generated code makes suspending imports and promising exports itself. */
  private webAssembly(): typeof WebAssembly {
    const { suspendingOf } = this;
    function Suspending(target: CoreFunction): object {
      const made = suspendingImport(target);
      suspendingOf.set(made, target);
      return made;
    }
    // a way of its own to suspend only where nothing is there yet: a module that calls `fast`, and `slow` where
    // that says so. The guest calls its export, and with it the boundary's function stands between: that has to
    // be what suspends.
    function Instance(module: WebAssembly.Module, imports?: WebAssembly.Imports): object {
      const made = new WebAssembly.Instance(module, imports);
      const { fast, slow } = imports?.[''] ?? {};
      const target = suspendingOf.get(Object(slow) as object);
      const { run } = made.exports;
      if (target !== undefined && typeof fast === 'function' && typeof run === 'function') {
        suspendingOf.set(run, slowWhereAsked(module, fast, target));
      }
      return made;
    }
    return new Proxy(WebAssembly, {
      get: (target, key) => {
        if (key === 'Suspending') return Suspending;
        if (key === 'Instance') return Instance;
        if (key === 'promising') return (given: unknown) => this.promising(given);
        return Reflect.get(target, key);
      },
    });
  }

  private promising(given: unknown): unknown {
    const real = this.realOf.get(given) ?? (given as CoreFunction);
    const func = this.exported.get(real)?.func;
    return func === undefined
      ? WebAssembly.promising(real as () => unknown)
      : this.options.boundary.promising(func, real, this.results.get(func));
  }
}

/** The module knows what `fast` says then: it is made once more with something that suspends nothing. */
function slowWhereAsked(
  module: WebAssembly.Module,
  fast: unknown,
  slow: CoreFunction,
): CoreFunction {
  let asked = false;
  const ask = () => {
    asked = true;
    return 0;
  };
  const imports = { '': { fast, slow: ask } } as WebAssembly.Imports;
  const { run } = new WebAssembly.Instance(module, imports).exports;
  return (...args) => {
    const result: unknown = (run as CoreFunction)(...args);
    // what is nested in it may ask as well
    const wanted = asked;
    asked = false;
    return wanted ? slow(...args) : result;
  };
}

function suspendingImport(target: CoreFunction): object {
  return new WebAssembly.Suspending(target as () => unknown);
}
