/**
 * Turns a module's start function into an export. V8 runs a start function while it instantiates, before
 * it hands out the memory, and lets nothing suspend in it; an export can be called like any other.
 */
import { startFunction, type WithExports, withExports } from './added-exports.ts';
import { readDeclarations } from './binary.ts';

export interface StartFunction extends WithExports {
  /** Name of the new export. */
  readonly name: string;
}

/**
 * @param module bytes that V8 compiles
 * @returns undefined for a module without a start function
 * @throws RangeError where the sections do not hold together
 */
export function exportStart(module: Uint8Array): StartFunction | undefined {
  const index = startFunction(module);
  if (index === undefined) return undefined;
  const names = new Set(readDeclarations(module).exports.map(({ name }) => name));
  // the empty name makes the entry as long as the start section was: mostly no code moves
  let name = '';
  while (names.has(name)) name += '$';
  return { ...withExports(module, [{ name, kind: 'function', index }], { dropStart: true }), name };
}
