/**
 * Reads the type definitions of a component (component-model/design/mvp/Binary.md). What is imported by
 * the type of an instance becomes that instance, with resources of its own.
 */
import type { BinaryInput } from '../binary.ts';
import type { InstanceItem, Item, Scope, TypeItem } from './scope.ts';
import type { Named, Primitive, TypeRef, WitType } from './types.ts';

/** By their code, from 0x73 up to 0x7f. */
const PRIMITIVES: readonly Primitive[] = [
  'string',
  'char',
  'f64',
  'f32',
  'u64',
  's64',
  'u32',
  's32',
  'u16',
  's16',
  'u8',
  's8',
  'bool',
];

const ERROR_CONTEXT = 0x64;

/** A definition of the type section. */
export function readType(input: BinaryInput, scope: Scope): TypeItem {
  const code = input.byte();
  switch (code) {
    case 0x3f:
    case 0x3e:
      // the representation, i32; then its destructors
      input.byte();
      if (code === 0x3e) input.u32();
      optional(input, () => input.u32());
      return { kind: 'resource', resource: scope.world.resource('', '') };
    case 0x40:
    case 0x43:
      return { kind: 'function', type: readFunction(input, scope, code === 0x43) };
    case 0x41:
      readDeclarations(input, scope, '');
      return { kind: 'component' };
    case 0x42: {
      const body = input.fork();
      // to get past it; who imports it by this type reads it again
      readDeclarations(input, scope, '');
      return { kind: 'instance', make: (name) => readDeclarations(body.fork(), scope, name) };
    }
    default:
      return { kind: 'value', type: readDefinition(code, input, scope) };
  }
}

function readDefinition(code: number, input: BinaryInput, scope: Scope): TypeRef {
  const primitive = primitiveOf(code);
  if (primitive !== undefined) return primitive;
  const value = () => readValueType(input, scope);
  const maybe = () => optional(input, value) ?? null;
  return scope.world.type(definition());

  function definition(): WitType {
    switch (code) {
      case 0x72:
        return { kind: 'record', fields: readNamed(input, value) };
      case 0x71:
        return {
          kind: 'variant',
          cases: readNamed(input, () => {
            const type = maybe();
            input.byte();
            return type;
          }),
        };
      case 0x70:
        return { kind: 'list', of: value() };
      case 0x67:
        return { kind: 'list', of: value(), length: input.u32() };
      case 0x6f:
        return { kind: 'tuple', items: collect(input, value) };
      case 0x6e:
        return { kind: 'flags', names: collect(input, () => input.name()) };
      case 0x6d:
        return { kind: 'enum', names: collect(input, () => input.name()) };
      case 0x6b:
        return { kind: 'option', of: value() };
      case 0x6a:
        return { kind: 'result', ok: maybe(), err: maybe() };
      case 0x69:
        return { kind: 'own', resource: scope.resource(input.u32()) };
      case 0x68:
        return { kind: 'borrow', resource: scope.resource(input.u32()) };
      case 0x66:
      case 0x65:
        return { kind: code === 0x66 ? 'stream' : 'future', of: maybe() };
      default:
        throw new RangeError(`unknown type 0x${code.toString(16)}`);
    }
  }
}

function primitiveOf(code: number): Primitive | undefined {
  return code === ERROR_CONTEXT ? 'error-context' : PRIMITIVES[code - 0x73];
}

/** A primitive's code, which is a negative number of one byte, or the index of a type. */
export function readValueType(input: BinaryInput, scope: Scope): TypeRef {
  const next = input.peek() ?? 0;
  if ((next & 0xc0) !== 0x40) return scope.valueType(input.u32());
  const primitive = primitiveOf(input.byte());
  if (primitive === undefined) throw new RangeError(`unknown type 0x${next.toString(16)}`);
  return primitive;
}

function readFunction(input: BinaryInput, scope: Scope, async: boolean) {
  const value = () => readValueType(input, scope);
  const params = readNamed(input, value);
  const none = input.byte() === 1;
  if (none) input.byte();
  return { params, result: none ? null : value(), async };
}

/** The declarations of an instance's or a component's type. @returns what it exports */
function readDeclarations(input: BinaryInput, outer: Scope, name: string): InstanceItem {
  const scope = outer.within();
  const exports = new Map<string, Item>();
  input.list(() => {
    scope.world.count();
    const kind = input.byte();
    if (kind === 1) scope.types.push(readType(input, scope));
    else if (kind === 2) readAlias(input, scope);
    else if (kind === 3) scope.add(described(readImportName(input), input, scope, ''));
    else if (kind === 4) {
      const exported = readImportName(input);
      exports.set(exported, scope.add(described(exported, input, scope, name)));
    } else throw new RangeError(`unknown declaration ${kind}`);
  });
  return { kind: 'instance', exports };
}

/**
 * What is imported or declared by its type only.
 * @param from name of the interface that it belongs to
 */
export function described(name: string, input: BinaryInput, scope: Scope, from: string): Item {
  const sort = input.byte();
  switch (sort) {
    case 0x00:
      input.byte();
      input.u32();
      return { kind: 'module', bytes: undefined };
    case 0x01: {
      const type = scope.types[input.u32()];
      if (type?.kind !== 'function') throw new RangeError(`${name} has no function type`);
      return { kind: 'function', type: type.type, source: { kind: 'import', from, name } };
    }
    case 0x02:
      throw new RangeError('values are not supported');
    case 0x03: {
      const type: TypeItem =
        input.byte() === 0
          ? scope.typeAt(input.u32())
          : { kind: 'resource', resource: scope.world.resource(from, name) };
      if (type.kind === 'value') scope.world.nameType(type.type, name);
      return { kind: 'type', type };
    }
    case 0x04:
      input.u32();
      return { kind: 'component', instantiate: undefined };
    case 0x05: {
      const type = scope.types[input.u32()];
      if (type?.kind !== 'instance') throw new RangeError(`${name} has no instance type`);
      return type.make(name);
    }
    default:
      throw new RangeError(`unknown kind of import ${sort}`);
  }
}

/** Puts what an alias names into its index space. */
export function readAlias(input: BinaryInput, scope: Scope): void {
  const sort = input.byte();
  const core = sort === 0 ? input.byte() : undefined;
  const target = input.byte();
  if (target === 0) {
    const instance = scope.instances[input.u32()];
    const name = input.name();
    const item = instance?.exports.get(name);
    if (item === undefined) throw new RangeError(`there is no export ${name}`);
    scope.add(item);
  } else if (target === 1) {
    const instance = scope.coreInstances[input.u32()];
    if (instance === undefined) throw new RangeError('there is no such core instance');
    scope.addCore(core ?? 0, instance.get(input.name()));
  } else {
    const depth = input.u32();
    scope.addOuter(sort, core, depth, input.u32());
  }
}

/** Of an import or an export; what some carry besides is not needed. */
export function readImportName(input: BinaryInput): string {
  const form = input.byte();
  if (form > 1) throw new RangeError(`unknown form ${form} of a name`);
  return input.name();
}

function readNamed<T>(input: BinaryInput, read: () => T): Named<T>[] {
  return collect(input, () => ({ name: input.name(), type: read() }));
}

function collect<T>(input: BinaryInput, read: () => T): T[] {
  const all: T[] = [];
  input.list(() => {
    all.push(read());
  });
  return all;
}

function optional<T>(input: BinaryInput, read: () => T): T | undefined {
  return input.byte() === 0 ? undefined : read();
}
