/**
 * What people see of a call: its parameters and results as named fields, computed once a function from
 * the Preview 1 table. Decoder, index and formatter walk these lists.
 */
import { PREVIEW1, type Preview1Function, type Preview1Param, type WasiType } from './preview1.ts';
import type { ScalarType } from './scalars.ts';

/** Pointer tables are no field: where each string lies is of no interest beside the strings. */
export type PointeeType = Exclude<WasiType, 'pointers'>;

/**
 * `source` is where the value is: the argument, what the host read behind it, the gathered contents of
 * the iovec array behind it, or what the host wrote behind it.
 */
export type Field = {
  readonly name: string;
  /** Index of the parameter. */
  readonly param: number;
} & (
  | { readonly source: 'arg'; readonly type: ScalarType }
  | { readonly source: 'read' | 'contents' | 'effect'; readonly type: PointeeType }
);

export interface CallShape {
  readonly fn: Preview1Function;
  /** Fields that the guest passes, in the order of the parameters; a list's length is the list's. */
  readonly args: readonly Field[];
  /** Fields that the host answers with. */
  readonly results: readonly Field[];
  /** Both, in the order in which a line of `log` shows them. */
  readonly all: readonly Field[];
  /** Index of the first fd parameter. */
  readonly fd: number | undefined;
  /** Index of the first path that the host resolves. */
  readonly path: number | undefined;
}

/** The name of what passes through iovecs, whichever way: witx has none. */
const CONTENTS = 'contents';

/** File contents, random bytes, directory listings: shown as a preview, left out of the calls index. */
export function isPayload(field: Field): boolean {
  return field.type === 'bytes' || field.type === 'dirents';
}

/** @returns undefined for a function that Preview 1 does not have */
export function shapeOf(name: string): CallShape | undefined {
  return SHAPES.get(name);
}

const SHAPES: ReadonlyMap<string, CallShape> = new Map(
  [...PREVIEW1.values()].map((fn) => [fn.name, shape(fn)]),
);

function shape(fn: Preview1Function): CallShape {
  const implied = impliedLengths(fn);
  const all = fn.params.flatMap((param, index) =>
    implied.has(index) ? [] : fieldsOf(fn, param, index),
  );
  const answers = (field: Field) => field.source === 'effect';
  const first = (test: (param: Preview1Param) => boolean) => {
    const index = fn.params.findIndex(test);
    return index < 0 ? undefined : index;
  };
  return {
    fn,
    all,
    args: all.filter((field) => !answers(field)),
    results: all.filter(answers),
    fd: first((param) => param.type === 'fd' && param.passing === 'value'),
    path: first((param) => param.relativeTo !== undefined),
  };
}

/** Parameters that only say how long an input is: the decoded input says so itself. */
function impliedLengths(fn: Preview1Function): ReadonlySet<number> {
  return new Set(fn.reads.map((rule) => (rule.kind === 'vector' ? rule.pointer + 1 : rule.length)));
}

function fieldsOf(fn: Preview1Function, param: Preview1Param, index: number): readonly Field[] {
  const { name } = param;
  if (param.passing === 'value') return [{ name, type: param.type, source: 'arg', param: index }];
  const { type } = param;
  if (type === 'pointers') return [];
  if (param.passing === 'out') return [{ name, type, source: 'effect', param: index }];
  const list: Field = { name, type, source: 'read', param: index };
  if (type === 'ciovec_array') {
    return [{ name: CONTENTS, type: 'bytes', source: 'contents', param: index }, list];
  }
  const scattered = fn.writes.some((rule) => rule.kind === 'scatter' && rule.pointer === index);
  return scattered
    ? [{ name: CONTENTS, type: 'bytes', source: 'effect', param: index }, list]
    : [list];
}
