/** Finds the definitions of types that are declared only: by type signature, else by name in any unit. */
import { type Entry, entriesBelow } from './entry.ts';
import { AT, TAG } from './names.ts';
import type { Unit } from './unit.ts';

const DEFINED: ReadonlySet<number> = new Set([
  TAG.structureType,
  TAG.classType,
  TAG.unionType,
  TAG.enumerationType,
]);

export class Definitions {
  private readonly units: readonly Unit[];
  private readonly prefixOf: (entry: Entry) => string;
  private byName: Map<string, Entry> | undefined;

  /** @param prefixOf what stands before the name of a type in a namespace or class */
  constructor(units: readonly Unit[], prefixOf: (entry: Entry) => string) {
    this.units = units;
    this.prefixOf = prefixOf;
  }

  /** The entry that tells most of a type; the given one where there is no better. */
  of(entry: Entry): Entry {
    const signed = entry.reference(AT.signature);
    if (signed !== undefined) return signed;
    const { name } = entry;
    if (name === undefined || !entry.flag(AT.declaration)) return entry;
    this.byName ??= this.index();
    return this.byName.get(this.prefixOf(entry) + name) ?? entry;
  }

  /** Goes over all units once. */
  private index(): Map<string, Entry> {
    const found = new Map<string, Entry>();
    for (const unit of this.units) {
      for (const { entry } of entriesBelow(unit.root)) {
        if (!DEFINED.has(entry.tag) || entry.flag(AT.declaration)) continue;
        const { name } = entry;
        if (name === undefined) continue;
        const full = this.prefixOf(entry) + name;
        if (!found.has(full)) found.set(full, entry);
      }
    }
    return found;
  }
}
