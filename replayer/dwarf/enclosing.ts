/** In which namespace, class or enumeration entries stand: `zoo::` of `zoo::Dog`. Entries know only their children. */
import { type Entry, entriesBelow } from './entry.ts';
import { TAG } from './names.ts';
import type { Unit } from './unit.ts';

const SCOPES: ReadonlySet<number> = new Set([
  TAG.namespace,
  TAG.structureType,
  TAG.classType,
  TAG.unionType,
  TAG.enumerationType,
]);

/** Deeper ones are named without what is around them. */
const MAX_DEPTH = 50;

export class Enclosing {
  /** Of what stands in a scope: the scope. */
  private readonly scopes = new Map<number, Entry>();
  private readonly prefixes = new Map<number, string>();

  /** Goes over the whole unit once. @throws RangeError where its entries do not hold together */
  constructor(unit: Unit) {
    const open: (Entry | undefined)[] = [undefined];
    for (const { entry, depth } of entriesBelow(unit.root)) {
      const parent = open[depth - 1];
      const isScope = SCOPES.has(entry.tag);
      if (parent !== undefined) this.scopes.set(entry.offset, parent);
      open[depth] = isScope ? entry : undefined;
    }
  }

  /** With `::` at its end; empty for what stands in no scope. */
  prefixOf(entry: Entry, depth = 0): string {
    const parent = this.scopes.get(entry.offset);
    if (parent === undefined || depth > MAX_DEPTH) return '';
    let prefix = this.prefixes.get(parent.offset);
    if (prefix === undefined) {
      prefix = `${this.prefixOf(parent, depth + 1)}${scopeName(parent)}::`;
      this.prefixes.set(parent.offset, prefix);
    }
    return prefix;
  }
}

function scopeName(scope: Entry): string {
  return scope.name ?? (scope.tag === TAG.namespace ? '(anonymous namespace)' : '(anonymous)');
}
