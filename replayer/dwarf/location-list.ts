/**
 * Where a variable is, by address of the code: `.debug_loc` and `.debug_loclists` (DWARF 4, section 2.6.2;
 * DWARF 5, sections 2.6.2 and 7.7.3).
 */
import { DwarfInput } from './input.ts';
import { GNU_LOCATION, LOCATION } from './names.ts';
import { baseAddress, isTombstone } from './ranges.ts';
import type { Unit } from './unit.ts';

/** An expression that holds from `low` up to, not including, `high`; anywhere else if it has no bounds. */
export interface ListedLocation {
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly expression: Uint8Array;
}

/**
 * The entries of a list, without those of code that the linker left out.
 * @throws RangeError where it does not hold together
 */
export function* readLocationList(
  unit: Unit,
  offset: number,
): Generator<ListedLocation, undefined> {
  const size = 8 * unit.addressSize;
  for (const location of entriesOf(unit, offset)) {
    const { low = 0, high = 1 } = location;
    const gone = low !== 0 && isTombstone(low % 2 ** size, unit.addressSize);
    if (high > low && !gone) yield location;
  }
}

/** The expression that holds at an address. */
export function locationAt(
  list: Iterable<ListedLocation>,
  address: number,
): Uint8Array | undefined {
  let otherwise: Uint8Array | undefined;
  for (const { low, high, expression } of list) {
    if (low === undefined || high === undefined) otherwise = expression;
    else if (low <= address && address < high) return expression;
  }
  return otherwise;
}

function entriesOf(unit: Unit, offset: number): Generator<ListedLocation, undefined> {
  if (unit.version >= 5) return readNew(unit, offset);
  return unit.skeleton === undefined ? readOld(unit, offset) : readSplit(unit, offset);
}

/** Of GNU's split DWARF 4 (https://gcc.gnu.org/wiki/DebugFission). */
function* readSplit(unit: Unit, offset: number): Generator<ListedLocation, undefined> {
  const section = unit.section('loc');
  if (section === undefined) throw new RangeError('the section .debug_loc.dwo is missing');
  const input = new DwarfInput(section, offset);
  const indexed = () => unit.indexedAddress(input.uleb());
  let base = baseAddress(unit);
  for (;;) {
    const kind = input.u8();
    if (kind === GNU_LOCATION.end) return;
    if (kind === GNU_LOCATION.baseAddressx) {
      base = indexed();
      continue;
    }
    let low: number;
    let high: number;
    if (kind === GNU_LOCATION.startxEndx) {
      low = indexed();
      high = indexed();
    } else if (kind === GNU_LOCATION.startxLength) {
      low = indexed();
      high = low + input.u32();
    } else if (kind === GNU_LOCATION.offsetPair) {
      low = base + input.u32();
      high = base + input.u32();
    } else throw new RangeError(`a list of locations has an entry of kind ${kind}`);
    yield { low, high, expression: input.block(input.u16()) };
  }
}

function* readOld(unit: Unit, offset: number): Generator<ListedLocation, undefined> {
  const section = unit.section('loc');
  if (section === undefined) throw new RangeError('the section .debug_loc is missing');
  const { addressSize } = unit;
  const input = new DwarfInput(section, offset);
  const selectsBase = 2 ** (8 * addressSize) - 1;
  let base = baseAddress(unit);
  for (;;) {
    const low = input.unsigned(addressSize);
    const high = input.unsigned(addressSize);
    if (low === 0 && high === 0) return;
    if (low === selectsBase) base = high;
    else yield { low: base + low, high: base + high, expression: input.block(input.u16()) };
  }
}

function* readNew(unit: Unit, offset: number): Generator<ListedLocation, undefined> {
  const section = unit.section('loclists');
  if (section === undefined) throw new RangeError('the section .debug_loclists is missing');
  const input = new DwarfInput(section, offset);
  const indexed = () => unit.indexedAddress(input.uleb());
  const address = () => input.unsigned(unit.addressSize);
  const length = () => input.uleb();
  const expression = () => input.block(input.uleb());
  let base = baseAddress(unit);
  for (;;) {
    const kind = input.u8();
    switch (kind) {
      case LOCATION.end:
        return;
      case LOCATION.baseAddressx:
        base = indexed();
        break;
      case LOCATION.baseAddress:
        base = address();
        break;
      case LOCATION.offsetPair: {
        const low = base + length();
        yield { low, high: base + length(), expression: expression() };
        break;
      }
      case LOCATION.startxEndx:
        yield { low: indexed(), high: indexed(), expression: expression() };
        break;
      case LOCATION.startxLength: {
        const low = indexed();
        yield { low, high: low + length(), expression: expression() };
        break;
      }
      case LOCATION.startEnd:
        yield { low: address(), high: address(), expression: expression() };
        break;
      case LOCATION.startLength: {
        const low = address();
        yield { low, high: low + length(), expression: expression() };
        break;
      }
      case LOCATION.defaultLocation:
        yield { low: undefined, high: undefined, expression: expression() };
        break;
      default:
        throw new RangeError(`a list of locations has an entry of kind ${kind}`);
    }
  }
}
