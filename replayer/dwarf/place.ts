/** Where the value of a variable is, at an address of the code: by expression, by list, or as a constant. */
import type { Entry } from './entry.ts';
import { evaluate, type Location, NOWHERE } from './expression.ts';
import type { RawValue } from './forms.ts';
import { locationAt, readLocationList } from './location-list.ts';
import { type Machine, Unreadable } from './machine.ts';
import { AT } from './names.ts';
import { constant, unsignedOf } from './stack-value.ts';
import type { Unit } from './unit.ts';

/** A frame of a function that has debug information. */
export interface FrameContext {
  /** The function, not what is inlined into it. */
  readonly entry: Entry;
  /** What is executed; of a caller, its call. */
  readonly address: number;
  readonly machine: Machine;
}

/**
 * @param entry of a variable or parameter
 * @param frame undefined for a variable of no function
 * @throws Unreadable, RangeError where the debug information does not hold together
 */
export function placeOfVariable(
  entry: Entry,
  machine: Machine,
  frame: FrameContext | undefined,
): Location {
  const holder = entry.originWith(AT.location);
  const value = holder?.attribute(AT.location);
  if (holder !== undefined && value !== undefined) {
    const expression = expressionAt(holder.unit, value, frame?.address);
    if (expression === undefined) return NOWHERE;
    const { unit } = holder;
    return evaluate(expression, {
      unit,
      machine,
      ...(frame && { frameBase: () => frameBase(frame) }),
    });
  }
  return constantOf(entry.originWith(AT.constValue)?.attribute(AT.constValue));
}

/** The expression that an attribute gives for an address. */
function expressionAt(
  unit: Unit,
  value: RawValue,
  address: number | undefined,
): Uint8Array | undefined {
  if (value.kind === 'expression' || value.kind === 'block') return value.value;
  const offset = unit.listOffset('loclists', value);
  if (offset === undefined || address === undefined) return undefined;
  return locationAt(readLocationList(unit, offset), address);
}

function frameBase({ entry, address, machine }: FrameContext): bigint {
  const holder = entry.originWith(AT.frameBase);
  const value = holder?.attribute(AT.frameBase);
  const expression = holder && value && expressionAt(holder.unit, value, address);
  if (holder === undefined || expression === undefined) {
    throw new Unreadable('cannot be read: the function has no frame base here');
  }
  const base = evaluate(expression, { unit: holder.unit, machine });
  if (base.kind === 'memory') return BigInt(base.address);
  if (base.kind === 'value') return unsignedOf(base.value);
  throw new Unreadable('cannot be read: the frame base is no address');
}

function constantOf(value: RawValue | undefined): Location {
  switch (value?.kind) {
    case 'constant':
      return { kind: 'value', value: constant(BigInt(value.value)) };
    case 'block':
      return { kind: 'bytes', bytes: value.value };
    case 'string':
      return { kind: 'bytes', bytes: Buffer.from(`${value.value}\0`) };
    default:
      return NOWHERE;
  }
}
