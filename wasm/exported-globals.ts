/** Makes every global of a module one that JavaScript can see: it sees those that are exported. */
import { unusedPrefix, type WithExports, withExports } from './added-exports.ts';
import { readDeclarations } from './binary.ts';
import { globalNames } from './names.ts';

/** Names of the exports that are added begin so. */
const PREFIX = 'wasi-rr:global:';

/** Globals that are made visible; no compiler that we know makes more than a few hundred. */
const MOST = 1024;

export interface VisibleGlobal {
  /** In the module's global index space: imported ones first. */
  readonly index: number;
  /** Under which name the changed module exports it. */
  readonly exportName: string;
  /** For people: as the module exports it, else from its name section; undefined where it has neither. */
  readonly name: string | undefined;
  /** Whether the module exports it by itself. */
  readonly exported: boolean;
}

export interface WithGlobals extends WithExports {
  /** By index. */
  readonly globals: readonly VisibleGlobal[];
  /** How many more the module has. */
  readonly hidden: number;
}

/**
 * @param module bytes that V8 compiles
 * @param most globals that are made visible; those that the module exports are in any case
 * @throws RangeError where the sections do not hold together
 */
export function exportGlobals(module: Uint8Array, most = MOST): WithGlobals {
  const { globals: count, exports } = readDeclarations(module);
  const given = new Map<number, string>();
  for (const { kind, index, name } of exports) {
    if (kind === 'global' && !given.has(index)) given.set(index, name);
  }
  const names = globalNames(module);
  const prefix = unusedPrefix(module, PREFIX);
  const shown = new Set([...given.keys()].filter((index) => index < count));
  // the count is what the module claims: it may be billions
  for (let index = 0; index < count && shown.size < most; index++) shown.add(index);
  const globals = [...shown]
    .sort((left, right) => left - right)
    .map((index): VisibleGlobal => {
      const own = given.get(index);
      const name = own ?? names.get(index);
      return {
        index,
        exportName: own ?? `${prefix}${index}`,
        name,
        exported: own !== undefined,
      };
    });
  const added = globals
    .filter(({ exported }) => !exported)
    .map(({ exportName, index }) => ({ name: exportName, kind: 'global' as const, index }));
  const changed = added.length === 0 ? { bytes: module, shift: 0 } : withExports(module, added);
  return { ...changed, globals, hidden: count - globals.length };
}
