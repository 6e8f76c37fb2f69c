/**
 * The types of a component's functions, in a form that goes into a trace: plain data, where a type that
 * is no primitive is the number of its definition. After the component model's `Explainer.md`.
 */

const PRIMITIVES = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
  'error-context',
] as const;

export type Primitive = (typeof PRIMITIVES)[number];

/** A primitive, or an index into {@link WitTypes.types}. */
export type TypeRef = Primitive | number;

export interface Named<T> {
  readonly name: string;
  readonly type: T;
}

/** How a type is built of others, and its name where it has one. */
export type WitType = TypeShape & { readonly name?: string };

/** Handles name a resource by its index in {@link WitTypes.resources}. */
type TypeShape =
  | { readonly kind: 'record'; readonly fields: readonly Named<TypeRef>[] }
  | { readonly kind: 'variant'; readonly cases: readonly Named<TypeRef | null>[] }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'tuple'; readonly items: readonly TypeRef[] }
  /** `length` only where it is fixed. */
  | { readonly kind: 'list'; readonly of: TypeRef; readonly length?: number }
  | { readonly kind: 'option'; readonly of: TypeRef }
  | { readonly kind: 'result'; readonly ok: TypeRef | null; readonly err: TypeRef | null }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  /** Without `of` nothing is passed on but its end. */
  | { readonly kind: 'stream' | 'future'; readonly of?: TypeRef | null };

export interface WitResource {
  /** With its version; '' for a resource of the component's own. */
  readonly interface: string;
  readonly name: string;
}

export interface WitFunction {
  /** With its version; '' for a function that stands in no interface. */
  readonly interface: string;
  /** `open-at` of the resource `descriptor` is `descriptor.open-at`. */
  readonly name: string;
  readonly params: readonly Named<TypeRef>[];
  readonly result: TypeRef | null;
}

/** All that is needed to read the values of some functions. */
export interface WitTypes {
  readonly types: readonly WitType[];
  readonly resources: readonly WitResource[];
  readonly functions: readonly WitFunction[];
}

/** An export of a core module that is a function of the component. */
export interface LiftedFunction {
  /** Index into {@link WitTypes.functions}. */
  readonly func: number;
  /** Id of the core module. */
  readonly module: number;
  readonly name: string;
  /** Of an asynchronous one, which gives its result with `task.return`. */
  readonly async?: boolean;
  /** Name of what that module exports to be called until an asynchronous one is done. */
  readonly callback?: string;
  /** Of strings; UTF-8 unless given. */
  readonly encoding?: StringEncoding;
}

/** A core instance, as a component makes it. */
export interface MadeInstance {
  /** Id of the core module. */
  readonly module: number;
  /** Which of the components within makes it, in the order in which they are made; 0 is the outermost. */
  readonly component: number;
}

/** What a component says of its functions, as it stands in a trace. */
export interface ComponentWords extends WitTypes {
  readonly lifted: readonly LiftedFunction[];
  /** In the order in which they are made. Not in traces made before. */
  readonly instances?: readonly MadeInstance[];
}

/** How strings lie in memory, in the order of the binary format. */
export const ENCODINGS = ['utf8', 'utf16', 'latin1+utf16'] as const;

export type StringEncoding = (typeof ENCODINGS)[number];

export function isPrimitive(value: unknown): value is Primitive {
  return PRIMITIVES.some((one) => one === value);
}

/** `[method]descriptor.open-at` → `descriptor.open-at`; `[constructor]fields` → `fields.constructor`. */
export function plainName(name: string): string {
  const [, kind, rest = name] = /^\[(constructor|method|static)\](.*)$/s.exec(name) ?? [];
  return kind === 'constructor' ? `${rest}.constructor` : rest;
}
