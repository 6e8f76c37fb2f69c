/** Which function of a module a byte offset lies in: from the code section, without reading its code. */
import { BinaryInput, readDeclarations } from './binary.ts';

const CODE = 10;

export interface FunctionStarts {
  /** How many functions are imported; those that are defined follow. */
  readonly imported: number;
  /** Byte offset in the module at which each defined function's body begins, ascending. */
  readonly offsets: readonly number[];
  /** Byte offset behind each body. */
  readonly ends: readonly number[];
}

/** @param module its bytes; @throws RangeError where the sections do not hold together */
export function functionStarts(module: Uint8Array): FunctionStarts {
  const { imports } = readDeclarations(module);
  const imported = imports.filter(({ kind }) => kind === 'function').length;
  const offsets: number[] = [];
  const ends: number[] = [];
  const input = new BinaryInput(module, 8, module.length);
  while (!input.atEnd()) {
    const id = input.byte();
    const section = input.slice(input.u32());
    if (id !== CODE) continue;
    section.list(() => {
      const size = section.u32();
      offsets.push(section.position);
      section.slice(size);
      ends.push(section.position);
    });
  }
  return { imported, offsets, ends };
}

/** Index in the function index space of the function whose body holds the byte at `offset`. */
export function functionAt(starts: FunctionStarts, offset: number): number {
  let low = 0;
  let high = starts.offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts.offsets[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  return starts.imported + low - 1;
}
