/** What a function returned, as a value of the type that the source gives it. */
import type { Entry } from '../dwarf/entry.ts';
import { type Machine, Unreadable } from '../dwarf/machine.ts';
import { AT } from '../dwarf/names.ts';
import { resolved, sizeOf } from '../dwarf/type.ts';
import type { Types } from '../dwarf/types.ts';
import { TYPE } from '../instrument/module-layout.ts';
import type { Returned } from '../timetravel/returned.ts';
import { baseType } from './expressions/base-types.ts';
import { computed, type Source, type Value, valueAt } from './value.ts';
import { WASM_TYPES } from './wasm-types.ts';

/** DW_CC_nocall: the function was changed so that it does not take or return what the source says. */
const CHANGED = 3;

/** Bytes of what is returned on the stack of WebAssembly; larger ones go through memory. */
const MAX_SCALAR = 8;

/**
 * @param entry of the function; undefined for one without debug information
 * @param keepsFirst whether its first parameter is what it was when the function began
 * @returns undefined for a function that returns nothing, or where that is not known
 */
export function returnedValue(
  { result, first }: Returned,
  entry: Entry | undefined,
  types: Types | undefined,
  machine: Machine,
  keepsFirst: boolean,
): Value | undefined {
  const raw = result && computed(baseType(WASM_TYPES[result.type] ?? ''), result.bytes);
  const isChanged =
    entry?.originWith(AT.callingConvention)?.number(AT.callingConvention) === CHANGED;
  if (entry === undefined || types === undefined) return raw;
  const type = types.typeOf(entry);
  const size = sizeOf(type);
  if (isChanged && (raw !== undefined || type === undefined)) return raw;
  // what has no type returns nothing; an optimizer may have it return something all the same
  if (size === undefined || size === 0) return undefined;
  if (result !== undefined) {
    const core = resolved(type);
    const isFloat = result.type === TYPE.f32 || result.type === TYPE.f64;
    const fits =
      size <= result.bytes.length &&
      (core?.kind === 'base' || core?.kind === 'pointer' || core?.kind === 'enumeration'
        ? (core.kind === 'base' && core.encoding === 'float') === isFloat
        : true);
    // it returns something else than it says
    return fits ? computed(type, result.bytes.slice(0, size)) : raw;
  }
  const core = resolved(type);
  const isAggregate = core?.kind === 'structure' || core?.kind === 'array' || size > MAX_SCALAR;
  const isThere = isAggregate && first !== undefined && keepsFirst && !isChanged;
  if (isThere) return valueAt(machine, type, first);
  return { type, source: optimizedOut, bits: undefined };
}

const optimizedOut: Source = {
  address: undefined,
  missing: 'optimized out',
  read: () => {
    throw new Unreadable('optimized out');
  },
};
