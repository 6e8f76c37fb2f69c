/** The functions of a component that can be called from outside, one by one, with values of its interfaces. */
import { WasiRrError } from '../../errors.ts';
import { escapeText } from '../../wasi/escape.ts';
import type { ComponentSurface } from '../../wasm/component/surface.ts';
import type { TypeRef, WitFunction, WitType, WitTypes } from '../../wasm/component/types.ts';
import { JsValues } from './js-values.ts';

/**
 * A value of a WIT type as JavaScript has it: u64 and s64 are bigints, `list<u8>` is a Uint8Array, a record an object
 * (`read-only` is `readOnly`), a variant and a result `{tag, val}`, an enum its case's name, flags an object of booleans,
 * an option its value or undefined.
 */
export type WitValue =
  | boolean
  | number
  | bigint
  | string
  | null
  | undefined
  | ArrayBufferView
  | readonly WitValue[]
  | { readonly [name: string]: WitValue };

export interface ComponentFunction {
  /** With its version; '' for none. */
  readonly interface: string;
  readonly name: string;
  readonly returns: boolean;
  /** Its result is `result<…>`: an error of that is no end of the guest. */
  readonly fallible: boolean;
}

/** What a component exports besides what it is run by. */
export interface ComponentExports {
  /** By `interface#name`, or `name` alone. */
  readonly callable: ReadonlyMap<string, WitFunction>;
  /** Why others cannot be called. */
  readonly others: ReadonlyMap<string, string>;
  readonly types: WitTypes;
}

/** What no value can stand for outside of the thread in which the component runs. */
const KEPT: Partial<Record<WitType['kind'], string>> = {
  own: 'a handle of a resource',
  borrow: 'a handle of a resource',
  stream: 'a stream',
  future: 'a future',
};

export function exportsOf({ exports, types }: ComponentSurface): ComponentExports {
  const callable = new Map<string, WitFunction>();
  const others = new Map<string, string>();
  for (const { func } of exports) {
    const wit = types.functions[func];
    if (wit === undefined) continue;
    const name = wit.interface === '' ? wit.name : `${wit.interface}#${wit.name}`;
    const why = unsupported(wit, types);
    if (why === undefined) callable.set(name, wit);
    else others.set(name, why);
  }
  return { callable, others, types };
}

function unsupported({ name, params, result }: WitFunction, { types }: WitTypes) {
  if (name.includes('.')) return 'is a function of a resource';
  const seen = new Set<number>();
  const kept = (ref: TypeRef | null): string | undefined => {
    if (ref === 'error-context') return 'an error-context';
    const type = typeof ref === 'number' && !seen.has(ref) ? types[ref] : undefined;
    if (type === undefined) return undefined;
    seen.add(ref as number);
    return KEPT[type.kind] ?? partsOf(type).map(kept).find(Boolean);
  };
  const found = [...params.map(({ type }) => type), result].map(kept).find(Boolean);
  return found && `takes or gives ${found}`;
}

function partsOf(type: WitType): readonly (TypeRef | null)[] {
  switch (type.kind) {
    case 'record':
      return type.fields.map((field) => field.type);
    case 'variant':
      return type.cases.map((one) => one.type);
    case 'tuple':
      return type.items;
    case 'list':
    case 'option':
      return [type.of];
    case 'result':
      return [type.ok, type.err];
    default:
      return [];
  }
}

/**
 * @param label the component's name
 * @throws WasiRrError EXPORT_MISSING, EXPORT_UNSUPPORTED, OPTION_INVALID (arguments that do not fit)
 */
export function checkedCall(
  label: string,
  { callable, others, types }: ComponentExports,
  name: string,
  args: readonly unknown[],
): ComponentFunction {
  const func = callable.get(name);
  const why = others.get(name);
  if (why !== undefined) {
    throw new WasiRrError(
      'EXPORT_UNSUPPORTED',
      `${label}: ${escapeText(name)} ${why}, which lives in the component's thread only. Compose the component with one that calls it (wac plug), and record that.`,
    );
  }
  if (func === undefined) {
    const names = [...callable.keys()].map((one) => escapeText(one)).join(', ');
    throw new WasiRrError(
      'EXPORT_MISSING',
      `${label} exports no function ${escapeText(name)}. It exports: ${names || 'none that can be called'}.`,
    );
  }
  const { params, result } = func;
  if (args.length !== params.length) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `${escapeText(name)} takes ${params.length} arguments (${params.map((one) => one.name).join(', ')}), and was given ${args.length}.`,
    );
  }
  const values = new JsValues(types.types);
  for (const [i, { name: param, type }] of params.entries()) {
    const problem = values.problem(type, args[i]);
    if (problem === undefined) continue;
    throw new WasiRrError(
      'OPTION_INVALID',
      `${escapeText(name)}: its parameter ${param} was given ${problem}.`,
    );
  }
  const given = typeof result === 'number' ? types.types[result] : undefined;
  return {
    interface: func.interface,
    name: func.name,
    returns: result !== null,
    fallible: given?.kind === 'result',
  };
}
