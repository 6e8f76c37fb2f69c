/** Makes types out of entries; each once. Parts of a type are read when they are asked for. */
import { Definitions } from './definitions.ts';
import { Enclosing } from './enclosing.ts';
import type { Entry } from './entry.ts';
import { lazily } from './lazily.ts';
import { readMembers, readMethods, readVariants } from './members.ts';
import { AT, TAG } from './names.ts';
import {
  type AliasType,
  type BaseType,
  type EnumerationType,
  type Language,
  type PointerType,
  resolved,
  type StructureType,
  type Type,
} from './type.ts';
import { elementCount, typeName } from './type-name.ts';
import type { Unit, UnitFile } from './unit.ts';

/** DW_ATE_*. */
const ENCODINGS: Readonly<Record<number, BaseType['encoding']>> = {
  1: 'address',
  2: 'boolean',
  3: 'complex',
  4: 'float',
  5: 'signed',
  6: 'signed character',
  7: 'unsigned',
  8: 'unsigned character',
  16: 'code unit',
};

const ALIASES: Readonly<Record<number, AliasType['form']>> = {
  [TAG.typedef]: 'typedef',
  [TAG.constType]: 'const',
  [TAG.volatileType]: 'volatile',
  [TAG.restrictType]: 'restrict',
  [TAG.atomicType]: 'atomic',
};

const POINTERS: Readonly<Record<number, PointerType['form']>> = {
  [TAG.pointerType]: '*',
  [TAG.referenceType]: '&',
  [TAG.rvalueReferenceType]: '&&',
};

const STRUCTURES: Readonly<Record<number, StructureType['form']>> = {
  [TAG.structureType]: 'struct',
  [TAG.classType]: 'class',
  [TAG.unionType]: 'union',
};

/** DW_LANG_*. */
const LANGUAGES: Readonly<Record<number, Language>> = { 28: 'rust', 39: 'zig' };

const MAX_DIMENSIONS = 30;
/** Bytes of the largest number. */
const MAX_SCALAR = 16;

/** What a type is made of, given when it is asked for. */
interface Source {
  readonly entry: Entry;
  readonly name: string;
  /** What it points to, is made of, is another name for. */
  readonly target: () => Type | undefined;
}

export class Types {
  private readonly known = new Map<UnitFile, Map<number, Type>>();
  private readonly scopes = new Map<Unit, Enclosing>();
  private readonly definitions: Definitions;

  /** @param units where declarations find their definitions */
  constructor(units: readonly Unit[]) {
    this.definitions = new Definitions(units, (entry) => this.prefixOf(entry));
  }

  /** The type of a variable, a member, …; undefined for one that has none, which is `void`. */
  typeOf(entry: Entry): Type | undefined {
    const type = entry.originWith(AT.type)?.reference(AT.type);
    return type && this.of(type);
  }

  /** The type that an entry describes. */
  of(entry: Entry): Type {
    const { file } = entry.unit;
    const types = this.known.get(file) ?? new Map<number, Type>();
    this.known.set(file, types);
    let type = types.get(entry.offset);
    if (type === undefined) {
      type = this.make(entry);
      types.set(entry.offset, type);
    }
    return type;
  }

  /** As it is written in the source, with the namespaces and classes that it stands in. */
  nameOf(entry: Entry | undefined): string {
    return typeName(entry, (inner) => this.prefixOf(inner));
  }

  /** What stands before the name of an entry: `zoo::Animal::`. */
  prefixOf(entry: Entry): string {
    const { unit } = entry;
    let scopes = this.scopes.get(unit);
    if (scopes === undefined) {
      scopes = new Enclosing(unit);
      this.scopes.set(unit, scopes);
    }
    return scopes.prefixOf(entry);
  }

  private make(entry: Entry): Type {
    const { tag } = entry;
    const name = this.nameOf(entry);
    const target = lazily(() => this.typeOf(entry));
    const source = { entry, name, target };
    const pointer = POINTERS[tag];
    if (pointer !== undefined) return pointerOf(source, pointer);
    const alias = ALIASES[tag];
    if (alias !== undefined) return aliasOf(source, alias);
    const structure = STRUCTURES[tag];
    if (structure !== undefined) return this.structure(source, structure);
    const size = entry.number(AT.byteSize);
    switch (tag) {
      case TAG.baseType: {
        const encoding = ENCODINGS[entry.number(AT.encoding) ?? 0] ?? 'unknown';
        return { kind: 'base', name, size: size ?? 0, encoding };
      }
      case TAG.arrayType:
        return arrayOf(source);
      case TAG.enumerationType:
        return this.enumeration(source);
      case TAG.subroutineType:
        return { kind: 'function', name };
      case TAG.ptrToMemberType:
        return { kind: 'memberPointer', name, size: size ?? entry.unit.addressSize };
      default:
        return { kind: 'other', name, size };
    }
  }

  private structure({ entry, name }: Source, form: StructureType['form']): StructureType {
    const types = {
      typeOf: (member: Entry) => this.typeOf(member),
      prefixOf: (member: Entry) => this.prefixOf(member),
    };
    const whole = lazily(() => this.definitions.of(entry));
    const members = lazily(() => readMembers(whole(), types));
    const variants = lazily(() => readVariants(whole(), types));
    const methods = lazily(() =>
      languageOf(entry.unit) === 'c' ? readMethods(whole(), types) : [],
    );
    const typeArguments = lazily(() =>
      [...whole().children()]
        .filter(({ tag }) => tag === TAG.templateTypeParameter)
        .map((argument) => this.typeOf(argument)),
    );
    return {
      kind: 'structure',
      form,
      name,
      language: languageOf(entry.unit),
      get size() {
        return whole().number(AT.byteSize);
      },
      get members() {
        return members();
      },
      get variants() {
        return variants();
      },
      get methods() {
        return methods();
      },
      get typeArguments() {
        return typeArguments();
      },
    };
  }

  private enumeration({ entry, name, target }: Source): EnumerationType {
    const whole = lazily(() => this.definitions.of(entry));
    const size = () => Math.min(whole().number(AT.byteSize) ?? entry.unit.addressSize, MAX_SCALAR);
    const isSigned = lazily(() => {
      const type = resolved(target());
      return type?.kind === 'base' && type.encoding.startsWith('signed');
    });
    const enumerators = lazily(() =>
      [...whole().children()].flatMap((child) => {
        const value = child.tag === TAG.enumerator ? child.integer(AT.constValue) : undefined;
        if (value === undefined) return [];
        const wrap = isSigned() ? BigInt.asIntN : BigInt.asUintN;
        return [{ name: child.name ?? '', value: wrap(8 * size(), BigInt(value)) }];
      }),
    );
    return {
      kind: 'enumeration',
      name,
      isScoped: whole().flag(AT.enumClass),
      language: languageOf(entry.unit),
      get size() {
        return size();
      },
      get isSigned() {
        return isSigned();
      },
      get enumerators() {
        return enumerators();
      },
    };
  }
}

function pointerOf({ entry, name, target }: Source, form: PointerType['form']): PointerType {
  return {
    kind: 'pointer',
    form,
    name,
    size: entry.number(AT.byteSize) ?? entry.unit.addressSize,
    get target() {
      return target();
    },
  };
}

function aliasOf({ name, target }: Source, form: AliasType['form']): AliasType {
  return {
    kind: 'alias',
    form,
    name,
    get target() {
      return target();
    },
  };
}

/** Of several dimensions: arrays of arrays, the last dimension innermost. */
function arrayOf({ entry, name, target }: Source): Type {
  const counts: (number | undefined)[] = [];
  for (const range of entry.children()) {
    if (range.tag !== TAG.subrangeType) continue;
    if (counts.length === MAX_DIMENSIONS) break;
    counts.push(elementCount(range));
  }
  const dimension = (level: number): Type => ({
    kind: 'array',
    name: level === 0 ? name : `${name}, dimension ${level + 1}`,
    count: counts[level],
    language: languageOf(entry.unit),
    get element() {
      return level + 1 < counts.length ? dimension(level + 1) : target();
    },
  });
  return dimension(0);
}

/** Zig says that it is C. */
export function languageOf({ language, producer }: Unit): Language {
  if (producer?.startsWith('zig ')) return 'zig';
  return LANGUAGES[language ?? 0] ?? 'c';
}
