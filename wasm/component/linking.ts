/**
 * Follows how a component is put together: which core modules are instantiated in which order, and what
 * each import of theirs is. Nothing is run. The order is that of the definitions, with those of a nested
 * component where that is instantiated, as component runtimes have it.
 */
import { BinaryInput, binaryKind } from '../binary.ts';
import { readCanonical } from './canonical.ts';
import {
  type CoreInstanceItem,
  type CoreItem,
  type InstanceItem,
  type Item,
  present,
  Scope,
  type World,
} from './scope.ts';
import { described, readAlias, readImportName, readType } from './type-reader.ts';

/** Instances of components and of core modules that are followed: a file can ask for 2^n. */
const MAX_INSTANCES = 1000;

const SECTION = {
  coreModule: 1,
  coreInstance: 2,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canonical: 8,
  start: 9,
  import: 10,
  export: 11,
} as const;

/** An instantiation of a core module. */
export interface LinkedInstance {
  readonly module: Uint8Array | undefined;
  /** Which of the components makes it, in the order in which they are made. */
  readonly component: number;
  readonly imports: ReadonlyMap<string, CoreInstanceItem>;
}

export class Linking {
  private readonly world: World;
  private components = 0;
  /** The one whose definitions are read. */
  private current = 0;
  /** In the order in which they are made. */
  readonly instances: LinkedInstance[] = [];
  /** What the component imports. */
  readonly imports = new Map<string, Item>();

  constructor(world: World) {
    this.world = world;
  }

  /**
   * @param bytes a component
   * @returns its exports
   * @throws RangeError where the definitions do not hold together, or are not known here
   */
  root(bytes: Uint8Array): InstanceItem {
    return this.component(bytes, undefined, undefined);
  }

  private component(
    bytes: Uint8Array,
    outer: Scope | undefined,
    args: ReadonlyMap<string, Item> | undefined,
  ): InstanceItem {
    if (binaryKind(bytes) !== 'component') throw new RangeError('this is no component');
    if (this.components === MAX_INSTANCES) throw new RangeError('there are too many components');
    const around = this.current;
    this.current = this.components++;
    const scope = new Scope(this.world, outer);
    const exports = new Map<string, Item>();
    const input = new BinaryInput(bytes, 8, bytes.length);
    while (!input.atEnd()) {
      const id = input.byte();
      const size = input.u32();
      const start = input.position;
      this.section(
        id,
        input.slice(size),
        bytes.subarray(start, start + size),
        scope,
        args,
        exports,
      );
    }
    this.current = around;
    return { kind: 'instance', exports };
  }

  private section(
    id: number,
    input: BinaryInput,
    bytes: Uint8Array,
    scope: Scope,
    args: ReadonlyMap<string, Item> | undefined,
    exports: Map<string, Item>,
  ): void {
    switch (id) {
      case SECTION.coreModule:
        scope.modules.push({ kind: 'module', bytes });
        break;
      case SECTION.coreInstance:
        input.list(() => scope.coreInstances.push(this.coreInstance(input, scope)));
        break;
      case SECTION.component:
        scope.components.push({
          kind: 'component',
          instantiate: (given) => this.component(bytes, scope, given),
        });
        break;
      case SECTION.instance:
        input.list(() => scope.instances.push(this.instance(input, scope)));
        break;
      case SECTION.alias:
        input.list(() => readAlias(input, scope));
        break;
      case SECTION.type:
        input.list(() => scope.types.push(readType(input, scope)));
        break;
      case SECTION.canonical:
        input.list(() => readCanonical(input, scope));
        break;
      case SECTION.start:
        throw new RangeError('start functions of components are not supported');
      case SECTION.import:
        input.list(() => this.import(input, scope, args));
        break;
      case SECTION.export:
        input.list(() => readExport(input, scope, exports));
    }
  }

  /** What a nested component imports is what it was given. */
  private import(
    input: BinaryInput,
    scope: Scope,
    args: ReadonlyMap<string, Item> | undefined,
  ): void {
    const name = readImportName(input);
    const item = described(name, input, scope, '');
    scope.add(args?.get(name) ?? item);
    if (args === undefined) this.imports.set(name, item);
  }

  private coreInstance(input: BinaryInput, scope: Scope): CoreInstanceItem {
    if (input.byte() === 1) {
      const exports = new Map<string, CoreItem>();
      input.list(() => {
        const name = input.name();
        const sort = input.byte();
        exports.set(name, scope.coreItem(sort, input.u32()));
      });
      return { get: (name) => present(exports.get(name), 'core export') };
    }
    const module = present(scope.modules[input.u32()], 'core module');
    const imports = new Map<string, CoreInstanceItem>();
    input.list(() => {
      const name = input.name();
      input.byte();
      imports.set(name, present(scope.coreInstances[input.u32()], 'core instance'));
    });
    const made = { module: module.bytes, component: this.current, imports };
    const instance = this.instances.push(made) - 1;
    if (instance >= MAX_INSTANCES) throw new RangeError('there are too many core instances');
    return { get: (name) => ({ kind: 'export', instance, name }) };
  }

  private instance(input: BinaryInput, scope: Scope): InstanceItem {
    if (input.byte() === 1) {
      const exports = new Map<string, Item>();
      input.list(() => {
        const name = readImportName(input);
        exports.set(name, readItem(input, scope));
      });
      return { kind: 'instance', exports };
    }
    const component = present(scope.components[input.u32()], 'component');
    const args = new Map<string, Item>();
    input.list(() => {
      const name = input.name();
      args.set(name, readItem(input, scope));
    });
    return present(component.instantiate, 'component within')(args);
  }
}

function readItem(input: BinaryInput, scope: Scope): Item {
  const sort = input.byte();
  const core = sort === 0 ? input.byte() : undefined;
  return scope.item(sort, core, input.u32());
}

function readExport(input: BinaryInput, scope: Scope, exports: Map<string, Item>): void {
  const name = readImportName(input);
  const item = readItem(input, scope);
  // the type that is ascribed may hide some of the item; whose functions are whose stays the same
  if (input.byte() === 1) described(name, input, scope, '');
  if (item.kind === 'type' && item.type.kind === 'resource') {
    scope.world.nameResource(item.type.resource, name);
  }
  exports.set(name, scope.add(item));
}
