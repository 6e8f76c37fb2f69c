/** Whether the shim has what a component calls: a later WASI 0.2.x may add functions to an interface. */
import type { WitFunction } from '../../wasm/component/types.ts';

/** What answers the generated program: interfaces without versions, functions in JavaScript's spelling. */
export type ShimInterfaces = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** @returns the functions that are not there, as `interface function` */
export function missingFunctions(
  functions: Iterable<WitFunction>,
  shim: ShimInterfaces,
): readonly string[] {
  return [...functions]
    .filter(({ interface: from, name }) => !has(shim[from.replace(/@.*/, '')], name))
    .map(({ interface: from, name }) => `${from} ${name}`);
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

/** `read-via-stream` → `readViaStream`; `-descriptor` → `Descriptor`. */
function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
