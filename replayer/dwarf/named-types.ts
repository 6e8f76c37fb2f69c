/** Types by name. Units are gone over when something is looked for in them. */
import { entriesBelow } from './entry.ts';
import { TAG } from './names.ts';
import type { Type } from './type.ts';
import type { Types } from './types.ts';
import type { Unit } from './unit.ts';

const NAMED: ReadonlySet<number> = new Set([
  ...[TAG.structureType, TAG.classType, TAG.unionType, TAG.enumerationType],
  ...[TAG.typedef, TAG.baseType],
]);

export class NamedTypes {
  private readonly units: readonly Unit[];
  private readonly types: Types;
  private readonly indexes = new Map<Unit, ReadonlyMap<string, Type>>();

  constructor(units: readonly Unit[], types: Types) {
    this.units = units;
    this.types = types;
  }

  /**
   * @param name with its namespaces: `zoo::Animal`; without `struct` and the like
   * @param unit where it is looked for first
   * @throws RangeError where entries do not hold together
   */
  find(name: string, unit?: Unit): Type | undefined {
    for (const one of unit === undefined ? this.units : [unit, ...this.units]) {
      const found = this.indexOf(one).get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private indexOf(unit: Unit): ReadonlyMap<string, Type> {
    let index = this.indexes.get(unit);
    if (index === undefined) {
      const found = new Map<string, Type>();
      for (const { entry } of entriesBelow(unit.root)) {
        if (!NAMED.has(entry.tag)) continue;
        const { name } = entry;
        if (name === undefined) continue;
        const full = this.types.prefixOf(entry) + name;
        const known = found.get(full);
        // a declaration says less than a definition
        if (known === undefined || isOnlyDeclared(known)) found.set(full, this.types.of(entry));
      }
      index = found;
      this.indexes.set(unit, index);
    }
    return index;
  }
}

function isOnlyDeclared(type: Type): boolean {
  return type.kind === 'structure' && type.size === undefined;
}
