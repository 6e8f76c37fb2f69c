/** What a plan adds to the sections of a module that are no code: entries behind those that there are. */
import { BinaryInput } from '../../wasm/binary.ts';
import { type Additions, ownGlobal, sharedName } from './additions.ts';
import { type ModuleLayout, SECTION, type Section } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import { EXTERN, type SharedKind } from './shared-parts.ts';
import { WasmOutput } from './wasm-output.ts';

/** A type of reference. */
export const FUNCREF = 0x70;
/** Kind of a segment: for a memory or table that is named; and of elements. */
export const PLACED = 2;
export const FUNCTIONS = 0;

export interface Entries {
  count: number;
  readonly bytes: WasmOutput;
}

export function addedEntries(id: number, layout: ModuleLayout, added: Additions): Entries {
  const entries: Entries = { count: 0, bytes: new WasmOutput(256) };
  const { bytes } = entries;
  const entry = () => {
    entries.count++;
    return bytes;
  };
  if (id === SECTION.type) for (const type of added.types) entry().put(type);
  if (id === SECTION.function) for (const { type } of added.functions) entry().u32(type);
  const { patching } = added;
  if (id === SECTION.table && patching) {
    entry().put([FUNCREF, 0]);
    // divert-snippet.ts has their places
    bytes.u32(2 * layout.functions.length);
  }
  if (id === SECTION.element && patching) {
    entry().byte(PLACED);
    bytes.u32(patching.table);
    bytes.put([OP.i32Const, 0, OP.end, FUNCTIONS]);
    bytes.u32(layout.functions.length);
    for (let func = 0; func < layout.functions.length; func++) bytes.u32(func);
  }
  if (id === SECTION.memory) {
    for (const { initial } of added.memories) {
      entry().byte(0);
      bytes.u32(initial);
    }
  }
  if (id === SECTION.global) {
    for (const { type, init } of added.globals) entry().put([...type, 1, ...init, 0x0b]);
  }
  if (id === SECTION.export) {
    const add = (name: string, kind: number, index: number) => {
      entry().name(added.prefix + name);
      bytes.byte(kind);
      bytes.u32(index);
    };
    for (const { name, index } of added.globals) add(name, 3, index);
    for (const { name, index } of added.memories) add(name, 2, index);
    if (layout.start !== undefined) add('start', 0, layout.start);
    for (let index = 0; index < added.ownGlobals; index++) add(ownGlobal(index), 3, index);
    if (patching) {
      add(sharedName('tables', patching.table), EXTERN.tables, patching.table);
      const kinds = ['tables', 'memories', 'tags'] as const satisfies readonly SharedKind[];
      for (const kind of kinds) {
        for (const index of patching.shared[kind].keys()) {
          add(sharedName(kind, index), EXTERN[kind], index);
        }
      }
      for (let func = 0; func < layout.importedFunctions; func++) {
        add(sharedName('functions', func), EXTERN.function, func);
      }
    }
  }
  return entries;
}

/** What the code section has behind the guest's functions. */
export function putAddedBodies(code: WasmOutput, { functions }: Additions): void {
  for (const { body } of functions) {
    code.u32(body.length);
    code.put(body);
  }
}

/** A section that is a vector, with entries behind those that it has. */
export function extended(
  bytes: Uint8Array,
  section: Section | undefined,
  more: Entries,
): WasmOutput {
  const size = section === undefined ? 0 : section.end - section.body;
  const contents = new WasmOutput(size + more.bytes.length + 8);
  if (section === undefined) contents.u32(more.count);
  else {
    const input = new BinaryInput(bytes, section.body, section.end);
    contents.u32(input.u32() + more.count);
    contents.copy(bytes, input.position, section.end);
  }
  contents.copy(more.bytes.bytes, 0, more.bytes.length);
  return contents;
}

export function copySection(out: WasmOutput, bytes: Uint8Array, { id, body, end }: Section): void {
  out.byte(id);
  out.u32(end - body);
  out.copy(bytes, body, end);
}
