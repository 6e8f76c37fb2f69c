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
 * Gives a module another name. The names of its functions go: V8 takes the first section only, and whoever
 * has the module as it was has them too.
 * @param module bytes that V8 compiles
 * @throws RangeError where the sections do not hold together
 */
export function withModuleName(module: Uint8Array, name: string): NamedModule {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  let dropped = 0;
  let shift = 0;
  for (const { id, start, body, end } of sectionsOf(module)) {
    if (id === CODE) shift = -dropped;
    if (id === 0 && new BinaryInput(module, body, end).name() === 'name') dropped += end - start;
    else parts.push(module.subarray(start, end));
  }
  parts.push(nameSection(name));
  return { bytes: Buffer.concat(parts), shift };
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

function nameSection(name: string): Uint8Array {
  const text = sized(Buffer.from(name));
  const contents = [sized(Buffer.from('name')), Uint8Array.of(MODULE_NAME), sized(text)];
  return Buffer.concat([Uint8Array.of(0), sized(Buffer.concat(contents))]);
}

/** A vector of bytes: their number, and they. */
function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([leb(bytes.length), bytes]);
}
