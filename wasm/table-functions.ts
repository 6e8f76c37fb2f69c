/** Which functions a module puts into its first table: what a pointer to a function, a number, means. */
import { BinaryInput } from './binary.ts';

const ELEMENTS = 9;
const I32_CONST = 0x41;
const END = 0x0b;

/** What of a segment stands behind its flags (core spec, 5.5.12): only what compilers write. */
const ACTIVE = 0;

/**
 * Function indices by index in table 0, as far as the module says them with numbers; what it computes when
 * it starts is left out. No program changes them afterwards, unless it loads others.
 * @param module its bytes; what does not hold together is left out
 */
export function tableFunctions(module: Uint8Array): ReadonlyMap<number, number> {
  const functions = new Map<number, number>();
  try {
    const input = new BinaryInput(module, 8, module.length);
    while (!input.atEnd()) {
      const id = input.byte();
      const section = input.slice(input.u32());
      if (id === ELEMENTS) readElements(section, functions);
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return functions;
}

function readElements(section: BinaryInput, functions: Map<number, number>): void {
  for (let left = section.u32(); left > 0; left--) {
    if (section.u32() !== ACTIVE || section.byte() !== I32_CONST) return;
    let index = section.u32();
    if (section.byte() !== END) return;
    section.list(() => functions.set(index++, section.u32()));
  }
}
