/** The globals that a guest exports; JavaScript cannot see any other. */
import type { GlobalValue } from './messages.ts';

export function exportedGlobals(exports: WebAssembly.Exports): GlobalValue[] {
  return Object.entries(exports).flatMap(([name, value]) =>
    value instanceof WebAssembly.Global ? [{ name, value: readGlobal(value) }] : [],
  );
}

function readGlobal(global: WebAssembly.Global): GlobalValue['value'] {
  let value: unknown;
  try {
    value = global.value;
  } catch {
    // v128 has no JavaScript value
    return 'v128';
  }
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value === null) return 'null';
  return typeof value === 'function' ? `function ${value.name}` : typeof value;
}
