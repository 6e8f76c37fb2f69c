/** What types are, whatever language they come from. Parts are looked up when asked for: types are cyclic. */

/** Whole numbers, or what is shown as one; DW_ATE_* by what it means for reading. */
export type Encoding =
  | 'boolean'
  | 'signed'
  | 'unsigned'
  | 'signed character'
  | 'unsigned character'
  /** Of UTF-8, UTF-16 or UTF-32, by size. */
  | 'code unit'
  | 'float'
  | 'complex'
  | 'address'
  | 'unknown';

export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly encoding: Encoding;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly form: '*' | '&' | '&&';
  readonly name: string;
  readonly size: number;
  /** Undefined for `void`. */
  readonly target: Type | undefined;
}

/** `int Animal::*`: an offset, or an index and an adjustment. */
export interface MemberPointerType {
  readonly kind: 'memberPointer';
  readonly name: string;
  readonly size: number;
}

/** In whose words a value is shown. `c`: and C++, and all others. */
export type Language = 'c' | 'rust' | 'zig';

export interface FunctionType {
  readonly kind: 'function';
  readonly name: string;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly name: string;
  /** Of several dimensions: an array, too. */
  readonly element: Type | undefined;
  /** Undefined for one whose end is not known (`char data[]`). */
  readonly count: number | undefined;
  readonly language: Language;
}

export interface Member {
  /** Undefined for an anonymous struct or union. */
  readonly name: string | undefined;
  /** `base`: what a class inherits. */
  readonly kind: 'member' | 'base';
  /** Made by the compiler: a vtable's address. */
  readonly isArtificial: boolean;
  /** As C declares it: `char name[8]`. */
  readonly declaration: string;
  /** Bytes from the beginning; undefined for one that must be computed (virtual bases). */
  readonly offset: number | undefined;
  /** Of a bit field: its first bit, counted from the beginning of the struct, and how many. */
  readonly bits: { readonly offset: number; readonly size: number } | undefined;
  readonly type: Type | undefined;
}

/** A Rust enum: which of the variants it is. */
export interface VariantPart {
  /** Undefined where there is but one variant. */
  readonly discriminant: Member | undefined;
  readonly variants: readonly Variant[];
}

export interface Variant {
  /** Values of the discriminant; empty for the one that takes all others. */
  readonly values: readonly { readonly low: bigint; readonly high: bigint }[];
  readonly members: readonly Member[];
}

export interface StructureType {
  readonly kind: 'structure';
  readonly form: 'struct' | 'class' | 'union';
  readonly name: string;
  /** Undefined for one that is only declared. */
  readonly size: number | undefined;
  /** Bases first, then members, as declared. */
  readonly members: readonly Member[];
  readonly variants: VariantPart | undefined;
  /** Of a class: its functions as they are declared, without those that the compiler made. */
  readonly methods: readonly string[];
  /** Of a template or generic type: what it was made for. */
  readonly typeArguments: readonly (Type | undefined)[];
  readonly language: Language;
}

export interface EnumerationType {
  readonly kind: 'enumeration';
  readonly name: string;
  readonly size: number;
  readonly isSigned: boolean;
  /** Whether its names stand in its own scope (`enum class`, Rust). */
  readonly isScoped: boolean;
  readonly enumerators: readonly { readonly name: string; readonly value: bigint }[];
  readonly language: Language;
}

/** Another name, or another qualifier, of a type. */
export interface AliasType {
  readonly kind: 'alias';
  readonly form: 'typedef' | 'const' | 'volatile' | 'restrict' | 'atomic';
  readonly name: string;
  readonly target: Type | undefined;
}

/** `decltype(nullptr)`, or what is not known here: shown as bytes. */
export interface OtherType {
  readonly kind: 'other';
  readonly name: string;
  readonly size: number | undefined;
}

export type Type =
  | BaseType
  | PointerType
  | MemberPointerType
  | FunctionType
  | ArrayType
  | StructureType
  | EnumerationType
  | AliasType
  | OtherType;

/** Types of types that are followed; debug information may go round in circles. */
const MAX_STEPS = 100;

/** The type itself, without names and qualifiers; undefined for `void`. */
export function resolved(type: Type | undefined): Exclude<Type, AliasType> | undefined {
  let found = type;
  for (let left = MAX_STEPS; found?.kind === 'alias'; left--) {
    if (left === 0) return undefined;
    found = found.target;
  }
  return found;
}

/** Bytes; undefined for what has none or does not say. */
export function sizeOf(type: Type | undefined): number | undefined {
  let found = type;
  let count = 1;
  for (let left = MAX_STEPS; left > 0; left--) {
    if (found?.kind === 'alias') found = found.target;
    else if (found?.kind === 'array' && found.count !== undefined) {
      count *= found.count;
      found = found.element;
    } else break;
  }
  if (found === undefined || !('size' in found) || found.size === undefined) return undefined;
  return count * found.size;
}
