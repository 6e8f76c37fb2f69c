/**
 * Whether what answers a component has what it calls: a later WASI 0.2.x may add functions to an interface, and
 * a module that gives one may lack some.
 */
import type { WitFunction } from '../../wasm/component/types.ts';
import { camel } from './js-values.ts';
import { programName } from './provided-interfaces.ts';

/** What answers the generated program: interfaces without versions, functions in JavaScript's spelling. */
export type ShimInterfaces = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** @returns the functions that are not there */
export function missingFunctions(
  functions: Iterable<WitFunction>,
  shim: ShimInterfaces,
): readonly WitFunction[] {
  return [...functions].filter(({ interface: from, name }) =>
    // one of no interface is the default export of its own name
    from === '' ? !has(shim[name], 'default') : !has(shim[programName(from)], name),
  );
}

/** A resource is a class; its methods and static functions are those of that. */
function has(of: ShimInterfaces[string] | undefined, name: string): boolean {
  const [first = '', method] = name.split('.');
  if (method === undefined) return typeof of?.[camel(first)] === 'function';
  const made: unknown = of?.[camel(`-${first}`)];
  if (typeof made !== 'function') return false;
  const found = camel(method);
  return method === 'constructor' || found in made || found in Object(made.prototype);
}
