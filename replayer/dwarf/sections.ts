/**
 * Where debug information stands in a module: custom sections by name, and where the code is that they
 * speak of. Reads no DWARF. https://yurydelendik.github.io/webassembly-dwarf/
 */
import { BinaryInput } from '../../wasm/binary.ts';

const CUSTOM = 0;
const CODE = 10;

/** The sections that are read, without `.debug_` before the name and `.dwo` behind it. */
const NAMES = [
  'abbrev',
  'addr',
  'cu_index',
  'info',
  'line',
  'line_str',
  'loc',
  'loclists',
  'ranges',
  'rnglists',
  'str',
  'str_offsets',
  'types',
] as const;

export type SectionName = (typeof NAMES)[number];

export type DebugSections = Readonly<Partial<Record<SectionName, Uint8Array>>>;

export interface ModuleDebug {
  readonly sections: DebugSections;
  /** Sections of a split file (`.dwo`, `.dwp`). */
  readonly split: DebugSections;
  /** Byte offset in the module of what DWARF calls address 0: the contents of the code section. */
  readonly codeStart: number;
  /** Bytes of the code section. */
  readonly codeSize: number;
  /** URL or path of the file that holds the debug information instead. */
  readonly external: string | undefined;
  /** URL of a source map. */
  readonly sourceMap: string | undefined;
}

/**
 * @param module a wasm file: a program, an object or a `.dwo`
 * @throws RangeError where the sections do not hold together
 */
export function findDebugSections(module: Uint8Array): ModuleDebug {
  const sections: Partial<Record<SectionName, Uint8Array>> = {};
  const split: Partial<Record<SectionName, Uint8Array>> = {};
  let codeStart = 0;
  let codeSize = 0;
  let external: string | undefined;
  let sourceMap: string | undefined;
  const input = new BinaryInput(module, 8, module.length);
  while (!input.atEnd()) {
    const id = input.byte();
    const size = input.u32();
    const start = input.position;
    const section = input.slice(size);
    if (id === CODE) {
      codeStart = start;
      codeSize = size;
    }
    if (id !== CUSTOM) continue;
    const name = section.name();
    if (name === 'external_debug_info') external = section.name();
    else if (name === 'sourceMappingURL') sourceMap = section.name();
    else {
      const [, kind, dwo] = /^\.debug_([a-z_]+)(\.dwo)?$/.exec(name) ?? [];
      if (!isSectionName(kind)) continue;
      // the index of a .dwp is called like no other section of it
      const into = dwo === undefined && kind !== 'cu_index' ? sections : split;
      into[kind] = module.subarray(section.position, start + size);
    }
  }
  return { sections, split, codeStart, codeSize, external, sourceMap };
}

function isSectionName(name: string | undefined): name is SectionName {
  return NAMES.includes(name as SectionName);
}
