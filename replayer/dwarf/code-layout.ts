/**
 * Where the functions of the module's code are, in DWARF's addresses. Debug information is believed only
 * where it agrees with this: a tool that changes code and leaves its DWARF alone (wasm-opt without -g, at
 * the end of a clang -O2 link) makes every line a wrong one.
 */
import { BinaryInput } from '../../wasm/binary.ts';
import { type FunctionStarts, functionAt, functionStarts } from '../../wasm/function-starts.ts';

/** Bytes by which tools may differ about where a body ends: its final `end` counts or does not. */
const END_SLACK = 1;

const NULLABLE_REFERENCE = 0x63;
const REFERENCE = 0x64;

export class CodeLayout {
  /** Byte offset in the module of address 0. */
  readonly codeStart: number;
  private readonly module: Uint8Array;
  private readonly starts: FunctionStarts;
  private readonly bodies: ReadonlyMap<number, number>;

  /** @throws RangeError where the module's sections do not hold together */
  constructor(module: Uint8Array, codeStart: number) {
    this.module = module;
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

  /**
   * Whether a stretch of code is one whole function, or several. It may leave out what stands before the
   * first instruction: the linker gives no line to the declarations of locals where the compiler had none.
   */
  fits(low: number, high: number): boolean {
    const first = this.bodyAt(low);
    const last = this.bodyAt(high - 1);
    if (first === undefined || last === undefined || high < last.high - END_SLACK) return false;
    return low === first.low || low <= this.firstInstruction(first.low);
  }

  /** Behind the declarations of locals (core spec, 5.5.13). */
  private firstInstruction(low: number): number {
    const input = new BinaryInput(this.module, low + this.codeStart, this.module.length);
    for (let groups = input.u32(); groups > 0; groups--) {
      input.u32();
      const type = input.byte();
      // a reference to a heap type of its own
      if (type === NULLABLE_REFERENCE || type === REFERENCE) input.u32();
    }
    return input.position - this.codeStart;
  }
}
