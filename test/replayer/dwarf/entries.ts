/** Entries of debug information as records that can be compared: ours, and those of llvm-dwarfdump. */
import { readFileSync } from 'node:fs';
import { DebugFile } from '../../../replayer/dwarf/debug-file.ts';
import { type Entry, entriesBelow } from '../../../replayer/dwarf/entry.ts';
import type { RawValue } from '../../../replayer/dwarf/forms.ts';
import { DwarfInput } from '../../../replayer/dwarf/input.ts';
import { readLocationList } from '../../../replayer/dwarf/location-list.ts';
import { AT } from '../../../replayer/dwarf/names.ts';
import { operationName, readOperation } from '../../../replayer/dwarf/operations.ts';
import { findDebugSections } from '../../../replayer/dwarf/sections.ts';
import { Types } from '../../../replayer/dwarf/types.ts';
import type { Unit } from '../../../replayer/dwarf/unit.ts';
import { dwarfdump } from './dwarfdump.ts';

/** What is compared of an entry: `type`, `location` and `frame_base` as the tool writes them. */
export interface EntryRecord {
  readonly offset: number;
  readonly type: string | undefined;
  readonly location: string | undefined;
  readonly frameBase: string | undefined;
}

export function readEntries(path: string): EntryRecord[] {
  const file = new DebugFile(findDebugSections(readFileSync(path)).sections, { split: false });
  const types = new Types(file.units);
  return file.units.flatMap((unit) =>
    [unit.root, ...[...entriesBelow(unit.root)].map(({ entry }) => entry)].map((entry) => ({
      offset: entry.offset,
      type: entry.has(AT.type) ? plainRestrict(types.nameOf(entry.reference(AT.type))) : undefined,
      location: placeText(entry, AT.location),
      frameBase: placeText(entry, AT.frameBase),
    })),
  );
}

export function dumpEntries(path: string): EntryRecord[] {
  const records: EntryRecord[] = [];
  for (const part of dwarfdump('--debug-info', path).split('\n\n')) {
    const found = /^0x([0-9a-f]+): +DW_TAG/m.exec(part);
    if (!found) continue;
    const attribute = (name: string) =>
      new RegExp(`DW_AT_${name}\\t\\(((?:.|\\n(?! *DW_AT))*)\\)`).exec(part)?.[1];
    records.push({
      offset: Number.parseInt(found[1] ?? '', 16),
      type: tidyType(/^0x[0-9a-f]+ "(.*)"$/.exec(attribute('type') ?? '')?.[1]),
      location: tidy(attribute('location')),
      frameBase: tidy(attribute('frame_base')),
    });
  }
  return records;
}

/** The tool writes types without a name with what is around them, and says no more of a `restrict`. */
function tidyType(name: string | undefined): string | undefined {
  return name
    ?.replace(
      /(?:\w+::|(?:union|structure|class) ::)*\b(structure|union|class|enumeration) /g,
      '$1 {…}',
    )
    .replace(/\bstructure {…}/g, 'struct {…}')
    .replace(/\benumeration {…}/g, 'enum {…}');
}

function plainRestrict(name: string): string {
  return /\brestrict\b/.test(name) ? 'restrict ' : name;
}

/** Lists in one line, without where they stand, and without ranges that are empty or of code that is gone. */
function tidy(text: string | undefined): string | undefined {
  return text
    ?.replace(/^(indexed \(0x[0-9a-f]+\) loclist = )?0x[0-9a-f]+: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\[(?:0xfffffff[ef], \w+|(\w+), \1)\): [^[]*/g, '')
    .replace('<empty>', '')
    .replace(/DW_OP_convert \(0x([0-9a-f]+) -> \w+\) "[^"]*"/g, 'DW_OP_convert 0x$1')
    .trim();
}

function placeText(entry: Entry, name: number): string | undefined {
  const value = entry.attribute(name);
  if (value === undefined) return undefined;
  const { unit } = entry;
  if (value.kind === 'expression') return expressionText(value.value, unit);
  return [...readLocationList(unit, offsetOf(unit, value))]
    .map(({ low = 0, high = 0, expression }) => {
      const range = [low, high].map((address) => `0x${address.toString(16).padStart(8, '0')}`);
      return `[${range.join(', ')}): ${expressionText(expression, unit)}`;
    })
    .join(' ');
}

function offsetOf(unit: Unit, value: RawValue): number {
  const offset = unit.listOffset('loclists', value);
  if (offset === undefined) throw new Error('no list');
  return offset;
}

/** Operands of these are written with a sign. */
const SIGNED = new Set(['consts', 'const1s', 'const2s', 'const4s', 'const8s', 'fbreg', 'breg']);

function expressionText(expression: Uint8Array, unit: Unit): string {
  const input = new DwarfInput(expression);
  const parts: string[] = [];
  while (!input.atEnd) {
    const operation = readOperation(input, unit);
    const { name, operands, block } = operation;
    const words = operands.map((operand) => {
      if (!SIGNED.has(name)) return `0x${operand.toString(16)}`;
      return operand >= 0 ? `+${operand}` : String(operand);
    });
    if (name === 'entry_value' && block) {
      parts.push(`DW_OP_entry_value(${expressionText(block, unit)})`);
      continue;
    }
    const bytes = [...(block ?? [])].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
    if (block) words.push(`0x${block.length.toString(16)}`, ...bytes);
    parts.push([operationName(operation), ...words].join(' '));
  }
  return parts.join(', ');
}
