/**
 * Turns a module's start function into an export. V8 runs a start function while it instantiates, before
 * it hands out the memory, and lets nothing suspend in it; an export can be called like any other.
 */
import { BinaryInput } from './binary.ts';

const SECTION = { export: 7, start: 8, code: 10 } as const;

/** Sections come in the order of these ids; custom sections (0) anywhere. */
const BEFORE_EXPORTS = new Set([1, 2, 3, 4, 5, 13, 6]);

export interface StartFunction {
  /** The module, without a start section. */
  readonly bytes: Uint8Array;
  /** Name of the new export. */
  readonly name: string;
  /** How many bytes further back code stands now; mostly 0. Function indices are the same. */
  readonly shift: number;
}

interface Section {
  readonly id: number;
  /** Offsets in the module: of the id, of the contents, and of what follows. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/**
 * @param module bytes that V8 compiles
 * @returns undefined for a module without a start function
 * @throws RangeError where the sections do not hold together
 */
export function exportStart(module: Uint8Array): StartFunction | undefined {
  const sections = sectionsOf(module);
  const start = sections.find(({ id }) => id === SECTION.start);
  if (start === undefined) return undefined;
  const func = new BinaryInput(module, start.body, start.end).u32();
  const exports = sections.find(({ id }) => id === SECTION.export);
  const { count, entriesAt, names } = exports ? exportsOf(module, exports) : NO_EXPORTS;
  // the empty name makes the entry as long as the start section was
  let name = '';
  while (names.has(name)) name += '$';
  const entries = exports ? module.subarray(entriesAt, exports.end) : new Uint8Array(0);
  const entry = [...leb(name.length), ...Buffer.from(name), 0, ...leb(func)];
  const contents = Buffer.concat([
    Uint8Array.from(leb(count + 1)),
    entries,
    Uint8Array.from(entry),
  ]);
  const added = Buffer.concat([
    Uint8Array.from([SECTION.export, ...leb(contents.length)]),
    contents,
  ]);
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  let placed = false;
  let shift = 0;
  for (const section of sections) {
    const { id } = section;
    if (!placed && id !== 0 && !BEFORE_EXPORTS.has(id)) {
      parts.push(added);
      placed = true;
    }
    if (id === SECTION.export || id === SECTION.start) continue;
    if (id === SECTION.code) {
      shift = parts.reduce((sum, part) => sum + part.length, 0) - section.start;
    }
    parts.push(module.subarray(section.start, section.end));
  }
  return { bytes: Buffer.concat(parts), name, shift };
}

const NO_EXPORTS = { count: 0, entriesAt: 0, names: new Set<string>() };

function sectionsOf(module: Uint8Array): Section[] {
  const input = new BinaryInput(module, 8, module.length);
  const sections: Section[] = [];
  while (!input.atEnd()) {
    const start = input.position;
    const id = input.byte();
    const size = input.u32();
    const body = input.position;
    input.slice(size);
    sections.push({ id, start, body, end: body + size });
  }
  return sections;
}

function exportsOf(module: Uint8Array, section: Section) {
  const input = new BinaryInput(module, section.body, section.end);
  const count = input.u32();
  const entriesAt = input.position;
  const names = new Set<string>();
  for (let left = count; left > 0; left--) {
    names.add(input.name());
    input.byte();
    input.u32();
  }
  return { count, entriesAt, names };
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    const more = left >= 0x80;
    bytes.push((left & 0x7f) | (more ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return bytes;
}
