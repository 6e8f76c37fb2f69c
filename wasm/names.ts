/**
 * Names of a module's functions and globals: from the `name` section (core spec, appendix A.4.1), else from imports
 * and exports. Mangled C++ and Rust names are made readable.
 */
import { BinaryInput, readDeclarations } from './binary.ts';
import { demangle } from './demangle.ts';

/** Ids of the lists of names in the name section. */
const FUNCTION_NAMES = 1;
/** Extended name section proposal; clang, Rust and wabt write it. */
const GLOBAL_NAMES = 7;

export interface FunctionName {
  /** For people. */
  readonly name: string;
  /** As the module has it. */
  readonly raw: string;
}

export class FunctionNames {
  private readonly raw: ReadonlyMap<number, string>;

  /** @param module its bytes; what it says may be wrong, which gives no or wrong names but no error */
  constructor(module: Uint8Array) {
    this.raw = readNames(module);
  }

  /** How many functions have a name. */
  get size(): number {
    return this.raw.size;
  }

  /** @param index in the function index space; undefined for a function without a name */
  get(index: number): FunctionName | undefined {
    const raw = this.raw.get(index);
    return raw === undefined ? undefined : { name: demangle(raw), raw };
  }
}

function readNames(module: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  try {
    const { imports, exports } = readDeclarations(module);
    const functions = imports.filter(({ kind }) => kind === 'function');
    for (const [index, { name }] of functions.entries()) names.set(index, name);
    for (const { kind, index, name } of exports) if (kind === 'function') names.set(index, name);
    const section = nameSection(module);
    if (section !== undefined) readNameMap(section, FUNCTION_NAMES, names);
  } catch (thrown) {
    // what was read so far is better than nothing
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return names;
}

/** The contents of the custom section `name`. */
function nameSection(module: Uint8Array): BinaryInput | undefined {
  const input = new BinaryInput(module, 8, module.length);
  while (!input.atEnd()) {
    const id = input.byte();
    const section = input.slice(input.u32());
    if (id === 0 && section.name() === 'name') return section;
  }
  return undefined;
}

function readNameMap(section: BinaryInput, wanted: number, names: Map<number, string>): void {
  while (!section.atEnd()) {
    const id = section.byte();
    const part = section.slice(section.u32());
    if (id !== wanted) continue;
    for (let left = part.u32(); left > 0; left--) {
      const index = part.u32();
      names.set(index, part.name());
    }
  }
}

/**
 * Names of globals by index, from the name section alone.
 * @param module its bytes; what it says may be wrong, which gives no or wrong names but no error
 */
export function globalNames(module: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  try {
    const section = nameSection(module);
    if (section !== undefined) readNameMap(section, GLOBAL_NAMES, names);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return names;
}
