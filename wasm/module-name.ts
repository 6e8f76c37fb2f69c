/**
 * A module's own name, which stands in V8's stack traces: `wasm://wasm/NAME-0123abcd:wasm-function[1]:0x2a`.
 * Where several modules run together, it tells whose frame one is.
 */
import { leb, sectionsOf } from './added-exports.ts';
import { BinaryInput } from './binary.ts';

/** Id of the module's name in the name section (core spec, appendix A.4.1). */
const MODULE_NAME = 0;

export interface NamedModule {
  readonly bytes: Uint8Array;
  /** How many bytes further back code stands now. Function indices are the same. */
  readonly shift: number;
}

/**
 * Gives a module another name.
 * @param module bytes that V8 compiles
 * @throws RangeError where the sections do not hold together
 */
export function withModuleName(module: Uint8Array, name: string): NamedModule {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  let others: Uint8Array = new Uint8Array(0);
  let dropped = 0;
  let shift = 0;
  for (const { id, start, body, end } of sectionsOf(module)) {
    if (id === CODE) shift = -dropped;
    const section = new BinaryInput(module, body, end);
    if (id !== 0 || section.name() !== 'name') {
      parts.push(module.subarray(start, end));
      continue;
    }
    // V8 takes the first section only
    if (dropped === 0) others = otherNames(module, section, end);
    dropped += end - start;
  }
  parts.push(nameSection(name, others));
  return { bytes: Buffer.concat(parts), shift };
}

/** All of a name section but the name of the module, which comes first if it is there. */
function otherNames(module: Uint8Array, section: BinaryInput, end: number): Uint8Array {
  if (section.peek() === MODULE_NAME && !section.atEnd()) {
    section.byte();
    section.slice(section.u32());
  }
  return module.subarray(Math.min(section.position, end), end);
}

/** @returns undefined for a module without one, and where it cannot be read */
export function moduleName(module: Uint8Array): string | undefined {
  try {
    for (const { id, body, end } of sectionsOf(module)) {
      if (id !== 0) continue;
      const section = new BinaryInput(module, body, end);
      if (section.name() !== 'name') continue;
      if (section.byte() !== MODULE_NAME) return undefined;
      return section.slice(section.u32()).name() || undefined;
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return undefined;
}

const CODE = 10;

function nameSection(name: string, others: Uint8Array): Uint8Array {
  const text = sized(Buffer.from(name));
  const contents = [sized(Buffer.from('name')), Uint8Array.of(MODULE_NAME), sized(text), others];
  return Buffer.concat([Uint8Array.of(0), sized(Buffer.concat(contents))]);
}

/** A vector of bytes: their number, and they. */
function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([leb(bytes.length), bytes]);
}
