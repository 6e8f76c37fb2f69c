/**
 * Where the functions of the module's code are, in DWARF's addresses. Debug information is believed only
 * where it agrees with this: a tool that changes code and leaves its DWARF alone (wasm-opt without -g, at
 * the end of a clang -O2 link) makes every line a wrong one.
 */
import { type FunctionStarts, functionAt, functionStarts } from '../../wasm/function-starts.ts';

/** Bytes by which tools may differ about where a body ends: its final `end` counts or does not. */
const END_SLACK = 1;

export class CodeLayout {
  /** Byte offset in the module of address 0. */
  readonly codeStart: number;
  private readonly starts: FunctionStarts;
  private readonly bodies: ReadonlyMap<number, number>;

  /** @throws RangeError where the module's sections do not hold together */
  constructor(module: Uint8Array, codeStart: number) {
    this.codeStart = codeStart;
    this.starts = functionStarts(module);
    const { offsets, ends } = this.starts;
    this.bodies = new Map(
      offsets.map((offset, i) => [offset - codeStart, (ends[i] ?? offset) - codeStart]),
    );
  }

  /** Address at which the body begins that holds an address; undefined for none. */
  bodyAt(address: number): { readonly low: number; readonly high: number } | undefined {
    const index = functionAt(this.starts, address + this.codeStart) - this.starts.imported;
    const offset = this.starts.offsets[index];
    if (offset === undefined) return undefined;
    const low = offset - this.codeStart;
    const high = this.bodies.get(low) ?? low;
    return address < high ? { low, high } : undefined;
  }

  /** Index in the function index space; an address outside of all bodies gives a neighbour's. */
  functionAt(address: number): number {
    return functionAt(this.starts, address + this.codeStart);
  }

  /** Address of the body of a function that is defined; undefined for others. */
  bodyOf(func: number): { readonly low: number; readonly high: number } | undefined {
    const offset = this.starts.offsets[func - this.starts.imported];
    if (offset === undefined) return undefined;
    const low = offset - this.codeStart;
    return { low, high: this.bodies.get(low) ?? low };
  }

  /** Whether a stretch of code is one whole function, or several. */
  fits(low: number, high: number): boolean {
    if (!this.bodies.has(low)) return false;
    const last = this.bodyAt(high - 1);
    if (last !== undefined) return high >= last.high - END_SLACK;
    return false;
  }
}
