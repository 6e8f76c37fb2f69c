/** The values of a guest's globals, and the module in which JavaScript can see all of them. */
import type { VisibleGlobal } from '../../wasm/exported-globals.ts';
import type { GlobalContent } from './messages.ts';

/** @param globals by which names the guest exports them; none of them is lacking where it is instantiated */
export function readGlobals(
  globals: readonly VisibleGlobal[],
  exports: WebAssembly.Exports | undefined,
): GlobalContent[] {
  return globals.map(({ exportName }) => {
    const global = exports?.[exportName];
    return global instanceof WebAssembly.Global ? readGlobal(global) : 'not there';
  });
}

export function readGlobal(global: WebAssembly.Global): GlobalContent {
  let value: unknown;
  try {
    value = global.value;
  } catch {
    // the JavaScript interface throws a TypeError for v128 (and for exnref)
    return 'v128 or exnref: JavaScript cannot read it';
  }
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value === null) return 'null';
  // functions are named by their index
  return typeof value === 'function' ? `function ${value.name}` : `a reference (${typeof value})`;
}
