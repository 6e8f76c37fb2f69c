/** Makes every memory of a module one that JavaScript can see: it sees those that are exported. */
import { unusedPrefix, type WithExports, withExports } from './added-exports.ts';
import { readDeclarations } from './binary.ts';

/** Names of the exports that are added begin so. */
const PREFIX = 'wasi-rr:memory:';

export interface WithMemories extends WithExports {
  /** By index, imported ones first: under which name the changed module exports the memory. */
  readonly names: readonly string[];
}

/**
 * @param module bytes that V8 compiles
 * @throws RangeError where the sections do not hold together
 */
export function exportMemories(module: Uint8Array): WithMemories {
  const { memories, exports } = readDeclarations(module);
  const own = new Map<number, string>();
  for (const { kind, index, name } of exports) if (kind === 'memory') own.set(index, name);
  const prefix = unusedPrefix(module, PREFIX);
  const names = memories.map((_, index) => own.get(index) ?? `${prefix}${index}`);
  const added = names.flatMap((name, index) =>
    own.has(index) ? [] : [{ name, kind: 'memory' as const, index }],
  );
  const changed = added.length === 0 ? { bytes: module, shift: 0 } : withExports(module, added);
  return { ...changed, names };
}
