/** Of all types of a component those that some functions need, numbered anew. */
import type { FunctionShape, World } from './scope.ts';
import type { Named, TypeRef, WitFunction, WitResource, WitType, WitTypes } from './types.ts';

export class UsedTypes {
  private readonly world: World;
  private readonly typeList: WitType[] = [];
  private readonly resourceList: WitResource[] = [];
  private readonly functionList: WitFunction[] = [];
  private readonly newTypes = new Map<number, number>();
  private readonly newResources = new Map<number, number>();
  private readonly newFunctions = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  get types(): WitTypes {
    return { types: this.typeList, resources: this.resourceList, functions: this.functionList };
  }

  /** @returns the function's number */
  func(from: string, name: string, { params, result }: FunctionShape): number {
    const func = {
      interface: from,
      name,
      params: params.map((param) => this.named(param)),
      result: result === null ? null : this.ref(result),
    };
    const key = JSON.stringify(func);
    const known = this.newFunctions.get(key);
    if (known !== undefined) return known;
    const number = this.functionList.push(func) - 1;
    this.newFunctions.set(key, number);
    return number;
  }

  /** The function that drops a handle. */
  drop(resource: number): number {
    const { interface: from, name } = this.world.resources[resource] as WitResource;
    const type = this.world.type({ kind: 'own', resource });
    return this.func(from, `${name}.drop`, {
      params: [{ name: 'self', type }],
      result: null,
      async: false,
    });
  }

  private named({ name, type }: Named<TypeRef>): Named<TypeRef> {
    return { name, type: this.ref(type) };
  }

  /** A type that is used by no function. */
  ref(ref: TypeRef): TypeRef {
    if (typeof ref === 'string') return ref;
    const known = this.newTypes.get(ref);
    if (known !== undefined) return known;
    const type = this.world.types[ref] as WitType;
    const moved = this.moved(type);
    const named = type.name === undefined ? moved : { ...moved, name: type.name };
    const number = this.typeList.push(named) - 1;
    this.newTypes.set(ref, number);
    return number;
  }

  private moved(type: WitType): WitType {
    const maybe = (ref: TypeRef | null) => (ref === null ? null : this.ref(ref));
    switch (type.kind) {
      case 'record':
        return { kind: 'record', fields: type.fields.map((field) => this.named(field)) };
      case 'variant': {
        const cases = type.cases.map((one) => ({ name: one.name, type: maybe(one.type) }));
        return { kind: 'variant', cases };
      }
      case 'tuple':
        return { kind: 'tuple', items: type.items.map((item) => this.ref(item)) };
      case 'list':
      case 'option':
        return { ...type, of: this.ref(type.of) };
      case 'result':
        return { kind: 'result', ok: maybe(type.ok), err: maybe(type.err) };
      case 'stream':
      case 'future':
        return { kind: type.kind, of: maybe(type.of ?? null) };
      case 'own':
      case 'borrow':
        return { kind: type.kind, resource: this.resource(type.resource) };
      default:
        return type;
    }
  }

  private resource(resource: number): number {
    const known = this.newResources.get(resource);
    if (known !== undefined) return known;
    const number = this.resourceList.push(this.world.resources[resource] as WitResource) - 1;
    this.newResources.set(resource, number);
    return number;
  }
}
