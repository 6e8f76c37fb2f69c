/**
 * Turns the rows of preview1.ts, written as the witx has them, into core-level functions: a witx string
 * or list is two core parameters (pointer and length), a witx result a pointer parameter at the end.
 * What the host reads and writes follows from that, so no row counts indexes by hand.
 */
import type { ReadRule, WriteRule } from './call.ts';
import { SCALARS, type ScalarType } from './scalars.ts';
import { STRUCTURES, type StructureType } from './structures.ts';

/** What a parameter is, or what it points to. */
export type WasiType =
  | ScalarType
  | StructureType
  | 'path'
  | 'bytes'
  | 'iovec_array'
  | 'ciovec_array'
  | 'subscriptions'
  | 'events'
  | 'dirents'
  | 'pointers'
  | 'strings';

/**
 * One core parameter. `value`: the argument itself, always a scalar; `in`, `out`: a pointer to what the
 * host reads or writes.
 */
export type Preview1Param = {
  readonly name: string;
  readonly core: 'i32' | 'i64';
  /** For a path that the host resolves: index of the parameter that holds the directory. */
  readonly relativeTo?: number;
} & (
  | { readonly passing: 'value'; readonly type: ScalarType }
  | { readonly passing: 'in' | 'out'; readonly type: WasiType }
);

export interface Preview1Function {
  readonly name: string;
  readonly params: readonly Preview1Param[];
  /** Core type as text, e.g. `(i32, i64, i32) -> i32`, `(i32) -> ()`. */
  readonly signature: string;
  readonly result: 'errno' | 'noreturn';
  /** In the order of the parameters, as `writes`. */
  readonly reads: readonly ReadRule[];
  readonly writes: readonly WriteRule[];
  /** Index of the parameter that says how many bytes passed; absent where the call moves no data. */
  readonly transferred?: number;
}

type IndexOf = (name: string) => number;

/** What one witx parameter or result becomes. `first` is the index of its first core parameter. */
interface Declaration {
  readonly params: readonly Preview1Param[];
  /** For a path: name of the parameter that holds its directory. */
  readonly directory?: string;
  readonly read?: (first: number, indexOf: IndexOf) => ReadRule;
  readonly write?: (first: number, indexOf: IndexOf) => WriteRule;
}

function pointer(name: string, type: WasiType, passing: 'in' | 'out'): Preview1Param {
  return { name, type, passing, core: 'i32' };
}

export function value(name: string, type: ScalarType): Declaration {
  return { params: [{ name, type, passing: 'value', core: SCALARS[type] === 8 ? 'i64' : 'i32' }] };
}

/** A result, or a structure that the host fills: `fixed` bytes behind a pointer. */
export function out(name: string, type: ScalarType | StructureType): Declaration {
  const size =
    type in STRUCTURES ? STRUCTURES[type as StructureType].size : SCALARS[type as ScalarType];
  return {
    params: [pointer(name, type, 'out')],
    write: (first) => ({ kind: 'fixed', pointer: first, size }),
  };
}

/** @param directory name of the fd that it is resolved against; absent where it is only text */
export function path(name: string, directory?: string): Declaration {
  return {
    params: [pointer(name, 'path', 'in'), ...value(`${name}_len`, 'size').params],
    read: (first) => ({ kind: 'bytes', pointer: first, length: first + 1, unit: 1 }),
    ...(directory === undefined ? {} : { directory }),
  };
}

/** Buffers that the host reads (writev). */
export function gather(name: string): Declaration {
  return {
    params: [pointer(name, 'ciovec_array', 'in'), ...value(`${name}_len`, 'size').params],
    read: (first) => ({ kind: 'vector', pointer: first, contents: true }),
  };
}

/** Buffers that the host fills (readv) up to the count in the result called `count`. */
export function scatter(name: string, count: string): Declaration {
  return {
    params: [pointer(name, 'iovec_array', 'in'), ...value(`${name}_len`, 'size').params],
    read: (first) => ({ kind: 'vector', pointer: first, contents: false }),
    write: (first, indexOf) => ({ kind: 'scatter', pointer: first, count: indexOf(count) }),
  };
}

/** One buffer that the host fills: wholly, or up to the count in the result called `count`. */
export function buffer(
  name: string,
  type: 'bytes' | 'path' | 'dirents',
  count?: string,
): Declaration {
  return {
    params: [pointer(name, type, 'out'), ...value(`${name}_len`, 'size').params],
    write: (first, indexOf) =>
      count === undefined
        ? { kind: 'buffer', pointer: first, length: first + 1 }
        : { kind: 'counted', pointer: first, capacity: first + 1, unit: 1, count: indexOf(count) },
  };
}

/** A table of pointers and the strings that they point to: two parameters, two effects, one rule. */
export function strings(table: string, text: string, of: 'args' | 'environ'): Declaration {
  return {
    params: [pointer(table, 'pointers', 'out'), pointer(text, 'strings', 'out')],
    write: (first) => ({ kind: 'strings', pointer: first, of }),
  };
}

/** poll_oneoff alone has lists whose shared length is a later parameter. */
export function subscriptions(name: string, length: string): Declaration {
  const unit = STRUCTURES.subscription.size;
  return {
    params: [pointer(name, 'subscriptions', 'in')],
    read: (first, indexOf) => ({ kind: 'bytes', pointer: first, length: indexOf(length), unit }),
  };
}

export function events(name: string, capacity: string, count: string): Declaration {
  const unit = STRUCTURES.event.size;
  return {
    params: [pointer(name, 'events', 'out')],
    write: (first, indexOf) => ({
      kind: 'counted',
      pointer: first,
      capacity: indexOf(capacity),
      unit,
      count: indexOf(count),
    }),
  };
}

/**
 * @param transferred name of the parameter that says how many bytes passed
 * @throws RangeError where a declaration names a parameter that the function does not have
 */
export function declare(
  name: string,
  declarations: readonly Declaration[],
  transferred?: string,
  result: 'errno' | 'noreturn' = 'errno',
): Preview1Function {
  const names = declarations.flatMap(({ params }) => params.map((param) => param.name));
  const indexOf = (param: string): number => {
    const index = names.indexOf(param);
    if (index < 0) throw new RangeError(`${name} has no parameter ${param}`);
    return index;
  };
  const params = declarations.flatMap((declaration) => {
    const { directory } = declaration;
    if (directory === undefined) return declaration.params;
    const relativeTo = indexOf(directory);
    return declaration.params.map((param) =>
      param.type === 'path' ? { ...param, relativeTo } : param,
    );
  });
  const reads: ReadRule[] = [];
  const writes: WriteRule[] = [];
  let first = 0;
  for (const declaration of declarations) {
    if (declaration.read !== undefined) reads.push(declaration.read(first, indexOf));
    if (declaration.write !== undefined) writes.push(declaration.write(first, indexOf));
    first += declaration.params.length;
  }
  const signature = `(${params.map((param) => param.core).join(', ')}) -> ${result === 'errno' ? 'i32' : '()'}`;
  const described = { name, params, signature, result, reads, writes };
  return transferred === undefined
    ? described
    : { ...described, transferred: indexOf(transferred) };
}
