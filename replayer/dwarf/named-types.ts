/** Types and names of enumerations, by name. Units are gone over when something is looked for in them. */
import { type Entry, entriesBelow } from './entry.ts';
import { AT, TAG } from './names.ts';
import { resolved, type Type } from './type.ts';
import type { Types } from './types.ts';
import type { Unit } from './unit.ts';

const NAMED: ReadonlySet<number> = new Set([
  ...[TAG.structureType, TAG.classType, TAG.unionType, TAG.enumerationType],
  ...[TAG.typedef, TAG.baseType],
]);

/** A name of an enumeration. */
export interface Enumerator {
  readonly type: Type;
  readonly value: bigint;
}

interface Index {
  readonly types: Map<string, Type>;
  readonly enumerators: Map<string, Enumerator>;
}

export class NamedTypes {
  private readonly units: readonly Unit[];
  private readonly types: Types;
  private readonly indexes = new Map<Unit, Index>();

  constructor(units: readonly Unit[], types: Types) {
    this.units = units;
    this.types = types;
  }

  /**
   * @param name with its namespaces, or without the first of them: `zoo::Animal`, `Animal`; without `struct`
   *   and the like
   * @param unit where it is looked for first
   * @throws RangeError where entries do not hold together
   */
  find(name: string, unit?: Unit): Type | undefined {
    return this.first(unit, ({ types }) => types.get(name));
  }

  /** A name of an enumeration; of one with a scope of its own, behind its name. @throws as {@link find} */
  enumerator(name: string, unit?: Unit): Enumerator | undefined {
    return this.first(unit, ({ enumerators }) => enumerators.get(name));
  }

  /** All of them by their full names; those of several units once. @throws as {@link find} */
  all(): ReadonlyMap<string, Entry> {
    const found = new Map<string, Entry>();
    for (const unit of this.units) {
      for (const { entry } of entriesBelow(unit.root)) {
        const { name } = entry;
        if (!NAMED.has(entry.tag) || name === undefined || entry.flag(AT.declaration)) continue;
        const full = this.types.prefixOf(entry) + name;
        if (!found.has(full)) found.set(full, entry);
      }
    }
    return found;
  }

  private first<T>(unit: Unit | undefined, look: (index: Index) => T | undefined): T | undefined {
    for (const one of unit === undefined ? this.units : [unit, ...this.units]) {
      const found = look(this.indexOf(one));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private indexOf(unit: Unit): Index {
    let index = this.indexes.get(unit);
    if (index === undefined) {
      index = { types: new Map(), enumerators: new Map() };
      for (const { entry } of entriesBelow(unit.root)) {
        if (NAMED.has(entry.tag)) this.add(index, entry);
      }
      addShortNames(index.types);
      addShortNames(index.enumerators);
      this.indexes.set(unit, index);
    }
    return index;
  }

  private add({ types, enumerators }: Index, entry: Entry): void {
    const { name, tag } = entry;
    const prefix = this.types.prefixOf(entry);
    const full = name === undefined ? undefined : prefix + name;
    const known = full === undefined ? undefined : types.get(full);
    // a declaration says less than a definition
    if (full !== undefined && (known === undefined || isOnlyDeclared(known))) {
      types.set(full, this.types.of(entry));
    }
    if (tag !== TAG.enumerationType) return;
    const type = this.types.of(entry);
    const enumeration = resolved(type);
    if (enumeration?.kind !== 'enumeration') return;
    const scope = enumeration.isScoped && full !== undefined ? `${full}::` : prefix;
    for (const { name: own, value } of enumeration.enumerators) {
      if (!enumerators.has(scope + own)) enumerators.set(scope + own, { type, value });
    }
  }
}

/** What is called so in full comes first. */
function addShortNames<T>(named: Map<string, T>): void {
  for (const [name, value] of [...named]) {
    for (let at = name.indexOf('::'); at >= 0; at = name.indexOf('::', at + 2)) {
      const short = name.slice(at + 2);
      if (!named.has(short)) named.set(short, value);
    }
  }
}

function isOnlyDeclared(type: Type): boolean {
  return type.kind === 'structure' && type.size === undefined;
}
