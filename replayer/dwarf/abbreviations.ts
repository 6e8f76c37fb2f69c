/** `.debug_abbrev`: the shapes that entries refer to (DWARF 5, section 7.5.3). */

import { DwarfInput, type Integer } from './input.ts';
import { FORM } from './names.ts';

export interface AttributeShape {
  readonly name: number;
  readonly form: number;
  /** The value itself, of form `implicit_const`. */
  readonly constant: Integer | undefined;
}

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeShape[];
}

export type AbbreviationTable = ReadonlyMap<number, Abbreviation>;

/** @throws RangeError where the table does not end */
export function readAbbreviations(section: Uint8Array, offset: number): AbbreviationTable {
  const input = new DwarfInput(section, offset);
  const table = new Map<number, Abbreviation>();
  for (;;) {
    const code = input.uleb();
    if (code === 0) return table;
    const tag = input.uleb();
    const hasChildren = input.u8() !== 0;
    const attributes: AttributeShape[] = [];
    for (;;) {
      const name = input.uleb();
      const form = input.uleb();
      if (name === 0 && form === 0) break;
      const constant = form === FORM.implicitConst ? input.slebInteger() : undefined;
      attributes.push({ name, form, constant });
    }
    table.set(code, { tag, hasChildren, attributes });
  }
}
