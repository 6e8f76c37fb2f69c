/** Where each unit's share of each section of a `.dwp` begins: `.debug_cu_index` (DWARF 5, section 7.3.5.3). */
import { DwarfInput } from './input.ts';
import type { SectionName } from './sections.ts';
import type { Contributions } from './unit.ts';

/** DW_SECT_*: of DWARF 5, and of GNU's before it, whose index has version 2. */
const COLUMNS: Readonly<Record<number, Readonly<Record<number, SectionName>>>> = {
  5: { 1: 'info', 3: 'abbrev', 4: 'line', 5: 'loclists', 6: 'str_offsets', 8: 'rnglists' },
  2: { 1: 'info', 2: 'types', 3: 'abbrev', 4: 'line', 5: 'loc', 6: 'str_offsets' },
};

/**
 * @returns by the offset of a unit in `.debug_info.dwo`
 * @throws RangeError where the index does not hold together
 */
export function readUnitIndex(section: Uint8Array): ReadonlyMap<number, Contributions> {
  const input = new DwarfInput(section, 0);
  // two bytes and padding, or four
  const version = input.u32() & 0xffff;
  const names = COLUMNS[version];
  if (names === undefined) throw new RangeError(`a package of units has version ${version}`);
  const columns = input.u32();
  const units = input.u32();
  const slots = input.u32();
  // more than the section has
  if (4 * (3 * slots + columns * (1 + 2 * units)) > section.length) {
    throw new RangeError('the index of a package of units reaches beyond its section');
  }
  // the hash table, and where its entries lead
  input.block(12 * slots);
  const columnNames = Array.from({ length: columns }, () => names[input.u32()]);
  const found = new Map<number, Contributions>();
  for (let unit = 0; unit < units; unit++) {
    const own: Partial<Record<SectionName, number>> = {};
    for (const name of columnNames) {
      const offset = input.u32();
      if (name !== undefined) own[name] = offset;
    }
    if (own.info !== undefined) found.set(own.info, own);
  }
  return found;
}
