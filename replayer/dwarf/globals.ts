/** Variables that belong to no function, by name. Units are gone over when something is looked for in them. */
import { type Entry, entriesBelow } from './entry.ts';
import { AT, TAG } from './names.ts';
import type { Types } from './types.ts';
import type { Unit } from './unit.ts';

export class Globals {
  private readonly units: readonly Unit[];
  private readonly types: Types;
  private readonly indexes = new Map<Unit, ReadonlyMap<string, Entry>>();

  constructor(units: readonly Unit[], types: Types) {
    this.units = units;
    this.types = types;
  }

  /**
   * @param name with its namespaces and classes: `zoo::Animal::count`
   * @param unit where it is looked for first
   * @throws RangeError where entries do not hold together
   */
  find(name: string, unit?: Unit): Entry | undefined {
    for (const one of unit === undefined ? this.units : [unit, ...this.units]) {
      const found = this.indexOf(one).get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** All of them, of one name but the first of each unit. @throws as {@link find} */
  *all(): Generator<{ readonly name: string; readonly entry: Entry }, undefined> {
    for (const unit of this.units) {
      for (const [name, entry] of this.indexOf(unit)) yield { name, entry };
    }
  }

  private indexOf(unit: Unit): ReadonlyMap<string, Entry> {
    let index = this.indexes.get(unit);
    if (index === undefined) {
      index = this.read(unit);
      this.indexes.set(unit, index);
    }
    return index;
  }

  private read(unit: Unit): ReadonlyMap<string, Entry> {
    const found = new Map<string, Entry>();
    /** Depth of the function that is being gone over. */
    let inside = Number.POSITIVE_INFINITY;
    for (const { entry, depth } of entriesBelow(unit.root)) {
      if (depth <= inside) inside = entry.tag === TAG.subprogram ? depth : Number.POSITIVE_INFINITY;
      if (inside !== Number.POSITIVE_INFINITY || entry.tag !== TAG.variable) continue;
      if (!entry.has(AT.location) && !entry.has(AT.constValue)) continue;
      const named = entry.originWith(AT.name);
      if (named?.name === undefined) continue;
      const name = this.types.prefixOf(named) + named.name;
      if (!found.has(name)) found.set(name, entry);
    }
    return found;
  }
}
