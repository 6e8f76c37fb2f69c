/**
 * The addresses that an entry covers: `.debug_ranges`, `.debug_rnglists`, low and high pc. What a linker
 * threw away is marked by impossible addresses and left out (https://lld.llvm.org/ELF/start-stop-gc,
 * tombstones: -1, -2, and 0 of old linkers).
 */
import type { Entry } from './entry.ts';
import { DwarfInput } from './input.ts';
import { AT, RANGE } from './names.ts';
import type { Unit } from './unit.ts';

/** From `low` up to, not including, `high`. */
export interface AddressRange {
  readonly low: number;
  readonly high: number;
}

/** Whether an address is what linkers put in place of one that is gone. */
export function isTombstone(address: number, addressSize: number): boolean {
  return address === 0 || address >= 2 ** (8 * addressSize) - 2;
}

export function contains(ranges: readonly AddressRange[], address: number): boolean {
  return ranges.some(({ low, high }) => low <= address && address < high);
}

/**
 * Live ranges of an entry, as the file has them; empty for one without code.
 * @throws RangeError where a list does not hold together
 */
export function rangesOf(entry: Entry): AddressRange[] {
  const { unit } = entry;
  const list = entry.attribute(AT.ranges);
  if (list !== undefined) {
    const offset = unit.listOffset('rnglists', list);
    if (offset === undefined) return [];
    return unit.version >= 5 ? readNewRanges(unit, offset) : readOldRanges(unit, offset);
  }
  const low = entry.address(AT.lowPc);
  const end = entry.attribute(AT.highPc);
  if (low === undefined || end === undefined || isTombstone(low, unit.addressSize)) return [];
  // an address, or how many bytes
  const high = end.kind === 'constant' ? low + Number(end.value) : (unit.address(end) ?? low);
  return high > low ? [{ low, high }] : [];
}

/** What offsets of a unit's lists are added to. */
export function baseAddress(unit: Unit): number {
  return (unit.skeleton ?? unit).root.address(AT.lowPc) ?? 0;
}

function readOldRanges(unit: Unit, offset: number): AddressRange[] {
  // a split unit's ranges are in the module
  const holder = unit.skeleton ?? unit;
  const section = holder.file.sections.ranges;
  if (section === undefined) throw new RangeError('the section .debug_ranges is missing');
  const { addressSize } = unit;
  const input = new DwarfInput(section, offset + (unit.skeleton ? unit.bases.ranges : 0));
  const selectsBase = 2 ** (8 * addressSize) - 1;
  const ranges: AddressRange[] = [];
  let base = baseAddress(unit);
  for (;;) {
    const low = input.unsigned(addressSize);
    const high = input.unsigned(addressSize);
    if (low === 0 && high === 0) return ranges;
    if (low === selectsBase) base = high;
    else if (!isTombstone(low, addressSize) || base !== 0) {
      push(ranges, base + low, base + high, base, unit);
    }
  }
}

function readNewRanges(unit: Unit, offset: number): AddressRange[] {
  const section = unit.section('rnglists');
  if (section === undefined) throw new RangeError('the section .debug_rnglists is missing');
  const { addressSize } = unit;
  const input = new DwarfInput(section, offset);
  const ranges: AddressRange[] = [];
  let base = baseAddress(unit);
  for (;;) {
    const kind = input.u8();
    switch (kind) {
      case RANGE.end:
        return ranges;
      case RANGE.baseAddressx:
        base = unit.indexedAddress(input.uleb());
        break;
      case RANGE.baseAddress:
        base = input.unsigned(addressSize);
        break;
      case RANGE.offsetPair: {
        const low = base + input.uleb();
        push(ranges, low, base + input.uleb(), base, unit);
        break;
      }
      case RANGE.startxEndx: {
        const low = unit.indexedAddress(input.uleb());
        push(ranges, low, unit.indexedAddress(input.uleb()), low, unit);
        break;
      }
      case RANGE.startxLength: {
        const low = unit.indexedAddress(input.uleb());
        push(ranges, low, low + input.uleb(), low, unit);
        break;
      }
      case RANGE.startEnd: {
        const low = input.unsigned(addressSize);
        push(ranges, low, input.unsigned(addressSize), low, unit);
        break;
      }
      case RANGE.startLength: {
        const low = input.unsigned(addressSize);
        push(ranges, low, low + input.uleb(), low, unit);
        break;
      }
      default:
        throw new RangeError(`a list of ranges has an entry of kind ${kind}`);
    }
  }
}

/** @param base the address that the range came from: gone if that is */
function push(ranges: AddressRange[], low: number, high: number, base: number, unit: Unit): void {
  const size = unit.addressSize;
  if (high <= low || isTombstone(low, size)) return;
  // 0 is a base like any other for the offsets of a list
  if (base !== 0 && isTombstone(base, size)) return;
  ranges.push({ low, high });
}
