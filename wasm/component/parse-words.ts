/** Reads what a component says of its functions out of a trace, which may claim anything. */
import {
  type ComponentWords,
  ENCODINGS,
  isPrimitive,
  type LiftedFunction,
  type MadeInstance,
  type Named,
  type TypeRef,
  type WitFunction,
  type WitResource,
  type WitType,
} from './types.ts';

/** @returns undefined for what does not hold together: a trace is whole without it */
export function parseComponentWords(value: unknown): ComponentWords | undefined {
  if (!isObject(value)) return undefined;
  const { types, resources, functions, lifted, instances } = value;
  if (!Array.isArray(types) || !Array.isArray(resources)) return undefined;
  if (!Array.isArray(functions) || !Array.isArray(lifted)) return undefined;
  const limits = { types: types.length, resources: resources.length };
  // a definition may name those before it only, so none holds itself
  const whole =
    types.every((type, i): type is WitType => isType(type, { ...limits, types: i })) &&
    resources.every(isResource) &&
    functions.every((func): func is WitFunction => isFunction(func, limits)) &&
    lifted.every((one): one is LiftedFunction => isLifted(one, functions.length));
  if (!whole) return undefined;
  const words = { types, resources, functions, lifted };
  if (instances === undefined) return words;
  return Array.isArray(instances) && instances.every(isMade) ? { ...words, instances } : undefined;
}

/** How many there are that may be named. */
interface Limits {
  readonly types: number;
  readonly resources: number;
}

function isType(value: unknown, limits: Limits): boolean {
  if (!isObject(value) || !isMaybeText(value.name)) return false;
  const isRefHere = (ref: unknown) => isRef(ref, limits);
  switch (value.kind) {
    case 'record':
      return isNamed(value.fields, isRefHere);
    case 'variant':
      return isNamed(value.cases, (ref) => ref === null || isRefHere(ref));
    case 'enum':
    case 'flags':
      return Array.isArray(value.names) && value.names.every(isText);
    case 'tuple':
      return Array.isArray(value.items) && value.items.every(isRefHere);
    case 'list':
      return isRefHere(value.of) && (value.length === undefined || isIndex(value.length, 2 ** 32));
    case 'option':
      return isRefHere(value.of);
    case 'result':
      return [value.ok, value.err].every((ref) => ref === null || isRefHere(ref));
    case 'own':
    case 'borrow':
      return isIndex(value.resource, limits.resources);
    case 'stream':
    case 'future':
      return value.of === undefined || value.of === null || isRefHere(value.of);
    default:
      return false;
  }
}

function isResource(value: unknown): value is WitResource {
  return isObject(value) && isText(value.interface) && isText(value.name);
}

function isFunction(value: unknown, limits: Limits): boolean {
  return (
    isObject(value) &&
    isText(value.interface) &&
    isText(value.name) &&
    isNamed(value.params, (ref) => isRef(ref, limits)) &&
    (value.result === null || isRef(value.result, limits))
  );
}

function isLifted(value: unknown, functions: number): boolean {
  return (
    isObject(value) &&
    isIndex(value.func, functions) &&
    isIndex(value.module, Number.MAX_SAFE_INTEGER) &&
    isText(value.name) &&
    (value.async === undefined || typeof value.async === 'boolean') &&
    isMaybeText(value.callback) &&
    (value.encoding === undefined || ENCODINGS.some((one) => one === value.encoding))
  );
}

function isMade(value: unknown): value is MadeInstance {
  const most = Number.MAX_SAFE_INTEGER;
  return isObject(value) && isIndex(value.module, most) && isIndex(value.component, most);
}

function isNamed(value: unknown, isHeld: (type: unknown) => boolean): value is Named<TypeRef>[] {
  return (
    Array.isArray(value) &&
    value.every((one: unknown) => isObject(one) && isText(one.name) && isHeld(one.type))
  );
}

function isRef(value: unknown, { types }: Limits): value is TypeRef {
  return isPrimitive(value) || isIndex(value, types);
}

function isIndex(value: unknown, end: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < end;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isMaybeText(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
