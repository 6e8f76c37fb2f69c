/**
 * Loads the JavaScript modules that give interfaces to a component, in its thread. To the boundary they are
 * one host with the shims: what they answer is recorded, and a replay does without them.
 */
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../errors.ts';
import type { WitFunction, WitTypes } from '../../wasm/component/types.ts';
import { checkFunctions } from './checked-functions.ts';
import { type GivenImport, withoutVersion } from './given-imports.ts';
import type { Interfaces } from './provided-interfaces.ts';

/**
 * @param shim what is there without them; an interface of it that a module gives in part keeps the rest
 * @param types of what the component calls; undefined where they could not be read: then nothing is checked
 * @returns all interfaces, or why a module cannot be used
 */
export async function withImportModules(
  shim: Interfaces,
  given: readonly GivenImport[],
  types: WitTypes | undefined,
): Promise<Interfaces | string> {
  const all = { ...shim };
  for (const { name, path } of given) {
    let module: Record<string, unknown>;
    try {
      module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    } catch (thrown) {
      return `${path}, which is to give ${name}, cannot be loaded: ${messageOf(thrown)}`;
    }
    const own = interfaceOf(module);
    const called = types?.functions.filter((one) => nameOf(one) === name) ?? [];
    if (types !== undefined) checkFunctions(own, called, types);
    all[name] = { ...shim[name], ...own };
  }
  return all;
}

/** Under which the generated program asks for it. */
function nameOf({ interface: from, name }: WitFunction): string {
  return from === '' ? name : withoutVersion(from);
}

/** Its exports; or what it exports by default, where that is an object. */
function interfaceOf(module: Record<string, unknown>): Record<string, unknown> {
  const { default: whole } = module;
  return typeof whole === 'object' && whole !== null
    ? { ...module, ...(whole as Record<string, unknown>) }
    : { ...module };
}
