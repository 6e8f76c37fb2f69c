/**
 * What a component is at its border: the functions that its core code calls and those that are called,
 * with their types, and where in the core instances they are.
 */
import { readDeclarations } from '../binary.ts';
import { Linking } from './linking.ts';
import { type CoreInstanceItem, type CoreItem, type InstanceItem, World } from './scope.ts';
import { plainName, type StringEncoding, type TypeRef, type WitTypes } from './types.ts';
import { UsedTypes } from './used-types.ts';

/** An export of a core instance; instances count from 0 in the order in which they are made. */
export interface CorePlace {
  readonly instance: number;
  readonly name: string;
}

/** An import of a core instance that is a function of the component's host. */
export interface LoweredImport {
  readonly module: string;
  readonly name: string;
  /** Index into the functions of {@link ComponentSurface.types}. */
  readonly func: number;
  /** Where pointers point. */
  readonly memory: CorePlace | undefined;
  readonly encoding: StringEncoding;
  /** Whether the caller goes on before the function has returned, or the function may suspend. */
  readonly async: boolean;
  /** Whether the component imports it: it is no function of a component within, nor drops a handle. */
  readonly imported: boolean;
}

export interface SurfaceInstance {
  /** Bytes of the core module. */
  readonly module: Uint8Array;
  /** Which of the components within makes it, in the order in which they are made; 0 is the outermost. */
  readonly component: number;
  readonly imports: readonly LoweredImport[];
  readonly builtins: readonly BuiltinImport[];
}

/** An import of a core instance that the component runtime does itself. */
export interface BuiltinImport {
  readonly module: string;
  readonly name: string;
  /** `stream.write`. */
  readonly builtin: string;
  /** The type of what a stream or a future holds, or of what is returned. */
  readonly type: TypeRef | null;
  /** Where pointers point. */
  readonly memory: CorePlace | undefined;
  readonly encoding: StringEncoding;
  readonly async: boolean;
  /** Of what is kept for a task. */
  readonly slot: number | undefined;
}

/** A function that the component exports. */
export interface LiftedExport {
  readonly func: number;
  readonly core: CorePlace;
  /** What is called until an asynchronous function has returned. */
  readonly callback: CorePlace | undefined;
  readonly async: boolean;
  /** Where pointers point. */
  readonly memory: CorePlace | undefined;
  readonly encoding: StringEncoding;
}

/** A function that may go on after it has returned. */
export interface AsyncEntry {
  readonly core: CorePlace;
  readonly callback: CorePlace | undefined;
}

export interface ComponentSurface {
  readonly types: WitTypes;
  readonly instances: readonly SurfaceInstance[];
  readonly exports: readonly LiftedExport[];
  /** Those of components within as well. */
  readonly tasks: readonly AsyncEntry[];
  /** Whether anything in it is asynchronous, as WASI 0.3 has it. */
  readonly async: boolean;
}

/**
 * @param bytes a valid component
 * @throws RangeError for what is not known here
 */
export function readSurface(bytes: Uint8Array): ComponentSurface {
  const world = new World();
  const linking = new Linking(world);
  const root = linking.root(bytes);
  const used = new UsedTypes(world);
  const instances = linking.instances.map(({ module, component, imports }) => {
    if (module === undefined) throw new RangeError('a core module is imported');
    return {
      module,
      component,
      imports: loweredImports(module, imports, used),
      builtins: builtinImports(module, imports, used),
    };
  });
  const exports = liftedExports('', root, used);
  const async =
    exports.some((one) => one.async) ||
    instances.some(
      ({ imports, builtins }) =>
        imports.some((one) => one.async) ||
        builtins.some(({ builtin }) => !builtin.startsWith('resource.')),
    );
  const tasks = world.lifted.flatMap(({ core, callback, async: waits }) => {
    const place = waits ? placeOf(core) : undefined;
    return place ? [{ core: place, callback: placeOf(callback) }] : [];
  });
  return { types: used.types, instances, exports, tasks, async };
}

function loweredImports(
  module: Uint8Array,
  given: ReadonlyMap<string, CoreInstanceItem>,
  used: UsedTypes,
): LoweredImport[] {
  return readDeclarations(module).imports.flatMap(({ module: from, name, kind }) => {
    const item = kind === 'function' ? given.get(from)?.get(name) : undefined;
    const place = { module: from, name, async: false };
    if (item?.kind === 'drop') {
      const func = used.drop(item.resource);
      return [{ ...place, func, memory: undefined, encoding: 'utf8' as const, imported: false }];
    }
    if (item?.kind !== 'lowered') return [];
    const { func, memory, encoding, async } = item;
    const { source, type } = func;
    // a function of another component within has the name by which it is called
    const imported = source.kind === 'import';
    const number = imported
      ? used.func(source.from, plainName(source.name), type)
      : used.func(from, plainName(name), type);
    return [{ ...place, func: number, memory: placeOf(memory), encoding, async, imported }];
  });
}

function builtinImports(
  module: Uint8Array,
  given: ReadonlyMap<string, CoreInstanceItem>,
  used: UsedTypes,
): BuiltinImport[] {
  return readDeclarations(module).imports.flatMap(({ module: from, name, kind }) => {
    const item = kind === 'function' ? given.get(from)?.get(name) : undefined;
    if (item?.kind !== 'builtin') return [];
    const { name: builtin, type, memory, ...rest } = item.builtin;
    const held = type === null ? null : used.ref(type);
    return [{ ...rest, module: from, name, builtin, type: held, memory: placeOf(memory) }];
  });
}

function liftedExports(from: string, of: InstanceItem, used: UsedTypes): LiftedExport[] {
  return [...of.exports].flatMap(([name, item]) => {
    if (item.kind === 'instance') return liftedExports(name, item, used);
    if (item.kind !== 'function' || item.source.kind !== 'lifted') return [];
    const { core, callback, async, memory, encoding } = item.source;
    const place = placeOf(core);
    if (place === undefined) return [];
    const func = used.func(from, plainName(name), item.type);
    const places = { core: place, callback: placeOf(callback), memory: placeOf(memory) };
    return [{ func, ...places, async, encoding }];
  });
}

function placeOf(item: CoreItem | undefined): CorePlace | undefined {
  return item?.kind === 'export' ? { instance: item.instance, name: item.name } : undefined;
}
