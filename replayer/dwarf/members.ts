/** What structs, classes, unions and Rust enums consist of. */
import type { Entry } from './entry.ts';
import { evaluate } from './expression.ts';
import { DwarfInput } from './input.ts';
import { NOTHING, Unreadable } from './machine.ts';
import { AT, TAG } from './names.ts';
import {
  type Member,
  resolved,
  sizeOf,
  type Type,
  type Variant,
  type VariantPart,
} from './type.ts';
import { declaration, signature } from './type-name.ts';

/** What an entry says with its type. */
export interface TypesOf {
  readonly typeOf: (entry: Entry) => Type | undefined;
  /** What stands before the name of an entry in a namespace or class. */
  readonly prefixOf: (entry: Entry) => string;
}

/** Methods of a class that are written. */
const MAX_METHODS = 500;

/** Entries of `DW_AT_discr_list`. */
const DISCRIMINANT = { value: 0, range: 1 } as const;

/** Those that each object has, bases first. */
export function readMembers(entry: Entry, types: TypesOf): Member[] {
  const bases: Member[] = [];
  const members: Member[] = [];
  for (const child of entry.children()) {
    if (child.tag === TAG.inheritance) bases.push(memberOf(child, types));
    // a static member is declared here and stands elsewhere
    else if (child.tag === TAG.member && !child.has(AT.declaration) && !child.has(AT.external)) {
      members.push(memberOf(child, types));
    }
  }
  return [...bases, ...members];
}

export function readVariants(entry: Entry, types: TypesOf): VariantPart | undefined {
  for (const child of entry.children()) {
    if (child.tag !== TAG.variantPart) continue;
    const discriminant = child.reference(AT.discr);
    return {
      discriminant: discriminant && memberOf(discriminant, types),
      variants: [...child.children()]
        .filter(({ tag }) => tag === TAG.variant)
        .map((variant) => ({
          values: discriminantValues(variant),
          members: readMembers(variant, types),
        })),
    };
  }
  return undefined;
}

/** Functions of a class, in the order of the source. */
export function readMethods(entry: Entry, { prefixOf }: TypesOf): string[] {
  const methods: string[] = [];
  const className = entry.name?.replace(/<.*$/s, '');
  for (const child of entry.children()) {
    if (child.tag !== TAG.subprogram || child.flag(AT.artificial)) continue;
    if (methods.length === MAX_METHODS) {
      methods.push('…');
      break;
    }
    const name = child.name ?? '';
    const isMade = name.startsWith('~') || name.replace(/<.*$/s, '') === className;
    const text = signature(child, name, !isMade && !CONVERSION.test(name), prefixOf);
    const [first] = child.children();
    const isStatic = first?.flag(AT.artificial) !== true;
    const isVirtual = (child.number(AT.virtuality) ?? 0) > 0;
    methods.push(`${isStatic ? 'static ' : isVirtual ? 'virtual ' : ''}${text}`);
  }
  return methods;
}

/** `operator bool`: its name is its result. */
const CONVERSION = /^operator [A-Za-z_]/;

function memberOf(entry: Entry, types: TypesOf): Member {
  const offset = byteOffset(entry);
  return {
    name: entry.name,
    kind: entry.tag === TAG.inheritance ? 'base' : 'member',
    isArtificial: entry.flag(AT.artificial),
    get declaration() {
      return declaration(entry.reference(AT.type), entry.name ?? '', types.prefixOf).trimEnd();
    },
    offset,
    get bits() {
      return bitsOf(entry, offset, this.type);
    },
    get type() {
      return types.typeOf(entry);
    },
  };
}

/** Where a member begins; undefined for one whose place depends on the object. */
function byteOffset(entry: Entry): number | undefined {
  const value = entry.attribute(AT.dataMemberLocation);
  if (value === undefined) return 0;
  if (value.kind === 'constant') return Number(value.value);
  if (value.kind !== 'expression' && value.kind !== 'block') return undefined;
  const context = { unit: entry.unit, machine: NOTHING, initial: 0n };
  try {
    const place = evaluate(value.value, context);
    return place.kind === 'memory' ? place.address : undefined;
  } catch (thrown) {
    if (thrown instanceof Unreadable) return undefined;
    throw thrown;
  }
}

function bitsOf(entry: Entry, offset: number | undefined, type: Type | undefined): Member['bits'] {
  const size = entry.number(AT.bitSize);
  if (size === undefined || offset === undefined) return undefined;
  const fromStart = entry.number(AT.dataBitOffset);
  if (fromStart !== undefined) return { offset: 8 * offset + fromStart, size };
  // of DWARF 2 and 3: counted from the highest bit of the unit that holds it
  const fromTop = entry.number(AT.bitOffset);
  if (fromTop === undefined) return { offset: 8 * offset, size };
  const holder = entry.number(AT.byteSize) ?? sizeOf(resolved(type)) ?? 0;
  return { offset: 8 * (offset + holder) - fromTop - size, size };
}

function discriminantValues(variant: Entry): Variant['values'] {
  const value = variant.integer(AT.discrValue);
  if (value !== undefined) return [{ low: BigInt(value), high: BigInt(value) }];
  const list = variant.attribute(AT.discrList);
  if (list?.kind !== 'block') return [];
  const input = new DwarfInput(list.value);
  const values: { low: bigint; high: bigint }[] = [];
  while (!input.atEnd) {
    const isRange = input.u8() === DISCRIMINANT.range;
    const low = BigInt(input.ulebInteger());
    values.push({ low, high: isRange ? BigInt(input.ulebInteger()) : low });
  }
  return values;
}
