/**
 * More exports for a module, at the end of its export section: every index stays what it was. Only the
 * code section moves, by as many bytes as were added before it.
 */
import { BinaryInput, readDeclarations } from './binary.ts';

const SECTION = { export: 7, start: 8, code: 10 } as const;

/** Sections come in the order of these ids; custom sections (0) anywhere. */
const BEFORE_EXPORTS = new Set([1, 2, 3, 4, 5, 13, 6]);

const KIND = { function: 0, memory: 2, global: 3 } as const;

export interface AddedExport {
  /** No other export's. */
  readonly name: string;
  readonly kind: keyof typeof KIND;
  readonly index: number;
}

export interface WithExports {
  readonly bytes: Uint8Array;
  /** How many bytes further back code stands now. Function indices are the same. */
  readonly shift: number;
}

export interface Section {
  readonly id: number;
  /** Offsets in the module: of the id, of the contents, and of what follows. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/**
 * @param module bytes that V8 compiles
 * @param change `dropStart` leaves the start section out
 * @throws RangeError where the sections do not hold together
 */
export function withExports(
  module: Uint8Array,
  added: readonly AddedExport[],
  change: { readonly dropStart?: boolean } = {},
): WithExports {
  const sections = sectionsOf(module);
  const written = exportSection(
    module,
    sections.find(({ id }) => id === SECTION.export),
    added,
  );
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  let length = 8;
  const put = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  let placed = false;
  let shift = 0;
  for (const section of sections) {
    const { id } = section;
    if (!placed && id !== 0 && !BEFORE_EXPORTS.has(id)) {
      put(written);
      placed = true;
    }
    if (id === SECTION.export || (id === SECTION.start && change.dropStart)) continue;
    if (id === SECTION.code) shift = length - section.start;
    put(module.subarray(section.start, section.end));
  }
  if (!placed) put(written);
  return { bytes: Buffer.concat(parts), shift };
}

/**
 * A text with which no export's name begins.
 * @param wish is lengthened until it is one
 */
export function unusedPrefix(module: Uint8Array, wish: string): string {
  const names = readDeclarations(module).exports.map(({ name }) => name);
  let prefix = wish;
  while (names.some((name) => name.startsWith(prefix))) prefix += '$';
  return prefix;
}

/** The index that the start section names; undefined for a module without one. */
export function startFunction(module: Uint8Array): number | undefined {
  const start = sectionsOf(module).find(({ id }) => id === SECTION.start);
  return start && new BinaryInput(module, start.body, start.end).u32();
}

function exportSection(
  module: Uint8Array,
  old: Section | undefined,
  added: readonly AddedExport[],
): Uint8Array {
  let count = 0;
  let entries = module.subarray(0, 0);
  if (old !== undefined) {
    const input = new BinaryInput(module, old.body, old.end);
    count = input.u32();
    entries = module.subarray(input.position, old.end);
  }
  const more = added.flatMap(({ name, kind, index }) => {
    const text = Buffer.from(name);
    return [leb(text.length), text, Uint8Array.of(KIND[kind]), leb(index)];
  });
  const contents = Buffer.concat([leb(count + added.length), entries, ...more]);
  return Buffer.concat([Uint8Array.of(SECTION.export), leb(contents.length), contents]);
}

/** @throws RangeError where they do not hold together */
export function sectionsOf(module: Uint8Array): Section[] {
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

/** Unsigned LEB128. */
export function leb(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  do {
    const more = left >= 0x80;
    bytes.push((left & 0x7f) | (more ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Uint8Array.from(bytes);
}
