/** What a JavaScript module gives to a component, checked at every call: it may return anything. */
import type { WitFunction, WitTypes } from '../../wasm/component/types.ts';
import { camel, JsValues } from './js-values.ts';

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Functions = Record<string, unknown>;

/**
 * Puts checks around functions. Methods are changed where they are, in their class: jco asks for that class.
 * @param given what the module exports, which is changed
 * @param functions those of the interface that the component calls
 */
export function checkFunctions(
  given: Functions,
  functions: readonly WitFunction[],
  types: WitTypes,
): void {
  const values = new JsValues(types.types);
  for (const func of functions) {
    const [holder, name] = placeOf(given, func);
    const real = holder?.[name];
    if (holder !== undefined && typeof real === 'function') {
      holder[name] = checked(func, real as Callable, values, types);
    }
  }
}

/** What has the function as its property, and the property's name; nothing for a constructor. */
function placeOf(
  given: Functions,
  { interface: from, name }: WitFunction,
): [Functions | undefined, string] {
  if (from === '') return [given, 'default'];
  const [resource = '', method] = name.split('.');
  if (method === undefined) return [given, camel(resource)];
  const made = given[camel(`-${resource}`)] as (Functions & { prototype?: Functions }) | undefined;
  const key = camel(method);
  if (made === undefined || method === 'constructor') return [undefined, key];
  return [Object.hasOwn(made, key) ? made : made.prototype, key];
}

function checked({ result }: WitFunction, real: Callable, values: JsValues, { types }: WitTypes) {
  const type = typeof result === 'number' ? types[result] : undefined;
  const fallible = type?.kind === 'result' ? type : undefined;
  const wanted = fallible ? fallible.ok : result;
  return function (this: unknown, ...args: unknown[]): unknown {
    let value: unknown;
    try {
      value = real.apply(this, args);
    } catch (thrown) {
      const error = payloadOf(thrown);
      if (fallible && fallible.err !== null && error !== undefined) {
        expect(values.problem(fallible.err, error.payload), 'it threw');
      }
      throw thrown;
    }
    if (isPromise(value)) {
      throw new TypeError(
        'it returned a promise, and has to answer at once: it is no async function',
      );
    }
    if (wanted !== null) expect(values.problem(wanted, value), 'it returned');
    return value;
  };
}

/** What is thrown for the error of a result: all but an Error without `payload`. */
function payloadOf(thrown: unknown): { readonly payload: unknown } | undefined {
  if (typeof thrown === 'object' && thrown !== null && Object.hasOwn(thrown, 'payload')) {
    return thrown as { payload: unknown };
  }
  return thrown instanceof Error ? undefined : { payload: thrown };
}

function expect(problem: string | undefined, did: string): void {
  if (problem !== undefined) throw new TypeError(`${did} ${problem}`);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}
