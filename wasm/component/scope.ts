/** The index spaces of a component, or of a type that declares: what its definitions name by number. */
import type { Builtin } from './canonical.ts';
import type { Named, StringEncoding, TypeRef, WitResource, WitType } from './types.ts';

export interface FunctionShape {
  readonly params: readonly Named<TypeRef>[];
  readonly result: TypeRef | null;
  readonly async: boolean;
}

export type TypeItem =
  | { readonly kind: 'value'; readonly type: TypeRef }
  | { readonly kind: 'resource'; readonly resource: number }
  | { readonly kind: 'function'; readonly type: FunctionShape }
  /** `make` gives an instance of this type that is imported under a name. */
  | { readonly kind: 'instance'; readonly make: (name: string) => InstanceItem }
  | { readonly kind: 'component' };

export interface FunctionItem {
  readonly kind: 'function';
  readonly type: FunctionShape;
  readonly source: /** Of the interface `from`, or of none (''). */
  { readonly kind: 'import'; readonly from: string; readonly name: string } | LiftedItem;
}

export interface LiftedItem {
  readonly kind: 'lifted';
  readonly core: CoreItem;
  /** Called again and again until the function has returned. */
  readonly callback: CoreItem | undefined;
  readonly async: boolean;
  /** Where pointers point. */
  readonly memory: CoreItem | undefined;
  readonly encoding: StringEncoding;
}

export interface InstanceItem {
  readonly kind: 'instance';
  readonly exports: ReadonlyMap<string, Item>;
}

export interface ComponentItem {
  readonly kind: 'component';
  /** Undefined for one that is imported. */
  readonly instantiate: ((args: ReadonlyMap<string, Item>) => InstanceItem) | undefined;
}

export interface ModuleItem {
  readonly kind: 'module';
  /** Undefined for one that is imported. */
  readonly bytes: Uint8Array | undefined;
}

export type Item =
  | FunctionItem
  | InstanceItem
  | ComponentItem
  | ModuleItem
  | { readonly kind: 'type'; readonly type: TypeItem };

/** What a core instance is given, or exports. */
export type CoreItem =
  /** `instance` counts the instantiations of core modules. */
  | { readonly kind: 'export'; readonly instance: number; readonly name: string }
  | {
      readonly kind: 'lowered';
      readonly func: FunctionItem;
      readonly memory: CoreItem | undefined;
      readonly encoding: StringEncoding;
      readonly async: boolean;
    }
  | { readonly kind: 'drop'; readonly resource: number }
  /** What the component runtime does itself. */
  | { readonly kind: 'builtin'; readonly builtin: Builtin }
  /** A table, a global or a tag. */
  | { readonly kind: 'other' };

/** A core instance, whose exports are asked for by name. */
export interface CoreInstanceItem {
  get(name: string): CoreItem;
}

/** Declarations of types that are read: types of instances within each other are read again and again. */
const MAX_DECLARATIONS = 200_000;

/** All types and resources of a component and of those within. */
export class World {
  private declarations = 0;
  readonly types: WitType[] = [];
  readonly resources: WitResource[] = [];
  /** Core functions that stand for functions of a component, of those within as well. */
  readonly lifted: LiftedItem[] = [];

  count(): void {
    if (++this.declarations > MAX_DECLARATIONS) throw new RangeError('there are too many types');
  }

  type(type: WitType): TypeRef {
    return this.types.push(type) - 1;
  }

  /** One that a component defines gets its name where it is exported. */
  nameResource(resource: number, name: string): void {
    const known = this.resources[resource];
    if (known?.name === '') this.resources[resource] = { ...known, name };
  }

  /** The first name that a type is given. */
  nameType(type: TypeRef, name: string): void {
    const known = typeof type === 'number' ? this.types[type] : undefined;
    if (typeof type === 'number' && known && known.name === undefined) {
      this.types[type] = { ...known, name };
    }
  }

  resource(from: string, name: string): number {
    return this.resources.push({ interface: from, name }) - 1;
  }
}

const SORT = { core: 0, function: 1, type: 3, component: 4, instance: 5 } as const;
const CORE_SORT = { function: 0, memory: 2, type: 0x10, module: 0x11 } as const;

export class Scope {
  readonly world: World;
  readonly types: TypeItem[] = [];
  readonly functions: FunctionItem[] = [];
  readonly instances: InstanceItem[] = [];
  readonly components: ComponentItem[] = [];
  readonly modules: ModuleItem[] = [];
  readonly coreInstances: CoreInstanceItem[] = [];
  readonly coreFunctions: CoreItem[] = [];
  readonly coreMemories: CoreItem[] = [];
  private readonly parent: Scope | undefined;

  constructor(world: World, parent?: Scope) {
    this.world = world;
    this.parent = parent;
  }

  within(): Scope {
    return new Scope(this.world, this);
  }

  /** Gives an item the next index of its space. */
  add<T extends Item>(item: T): T {
    const any: Item = item;
    if (any.kind === 'type') this.types.push(any.type);
    else if (any.kind === 'function') this.functions.push(any);
    else if (any.kind === 'instance') this.instances.push(any);
    else if (any.kind === 'component') this.components.push(any);
    else this.modules.push(any);
    return item;
  }

  /** Tables, globals and tags are not followed. */
  addCore(sort: number, item: CoreItem): void {
    if (sort === CORE_SORT.function) this.coreFunctions.push(item);
    else if (sort === CORE_SORT.memory) this.coreMemories.push(item);
  }

  /** @param core the sort where `sort` is that of core items */
  addOuter(sort: number, core: number | undefined, depth: number, index: number): void {
    if (core === CORE_SORT.type) return;
    let scope: Scope = this;
    for (let i = 0; i < depth; i++) {
      if (scope.parent === undefined) throw new RangeError('an alias reaches out of the component');
      scope = scope.parent;
    }
    this.add(scope.item(sort, core, index));
  }

  /** The item of an index space. */
  item(sort: number, core: number | undefined, index: number): Item {
    const item =
      sort === SORT.function
        ? this.functions[index]
        : sort === SORT.instance
          ? this.instances[index]
          : sort === SORT.component
            ? this.components[index]
            : sort === SORT.core && core === CORE_SORT.module
              ? this.modules[index]
              : undefined;
    if (item !== undefined) return item;
    if (sort === SORT.type) return { kind: 'type', type: this.typeAt(index) };
    throw new RangeError(`nothing of sort ${sort} has number ${index}`);
  }

  coreItem(sort: number, index: number): CoreItem {
    if (sort === CORE_SORT.function) return present(this.coreFunctions[index], 'core function');
    if (sort === CORE_SORT.memory) return present(this.coreMemories[index], 'core memory');
    return { kind: 'other' };
  }

  typeAt(index: number): TypeItem {
    return present(this.types[index], 'type');
  }

  valueType(index: number): TypeRef {
    const type = this.typeAt(index);
    if (type.kind !== 'value') throw new RangeError(`type ${index} is none of values`);
    return type.type;
  }

  resource(index: number): number {
    const type = this.typeAt(index);
    if (type.kind !== 'resource') throw new RangeError(`type ${index} is no resource`);
    return type.resource;
  }
}

export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new RangeError(`there is no such ${what}`);
  return value;
}
