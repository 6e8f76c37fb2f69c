/** Where in the recorded module the code of a rewritten one comes from. */
import type { FunctionRewriter } from './function-rewriter.ts';
import type { ModuleLayout } from './module-layout.ts';
import { WasmOutput } from './wasm-output.ts';

/**
 * Rewrites a function once more to learn where its instructions went: nobody pays who does not ask.
 * @param starts where each function's body begins in the code section, which begins at `codeAt`
 * @returns of a byte offset in the rewritten module, that of the instruction in the recorded one
 */
export function offsetMap(
  rewriterOf: (index: number) => FunctionRewriter,
  layout: ModuleLayout,
  starts: Uint32Array,
  codeAt: number,
): (offset: number) => number {
  const known = new Map<number, readonly number[]>();
  const scratch = new WasmOutput(1 << 12);
  return (offset) => {
    const index = lastUpTo(starts.length, (i) => starts[i] as number, offset - codeAt);
    if (index < 0 || codeAt === 0) return offset;
    let runs = known.get(index);
    if (runs === undefined) {
      const made: number[] = [];
      scratch.reset();
      rewriterOf(index).rewrite(index, scratch, made);
      runs = made;
      known.set(index, runs);
    }
    const at = offset - codeAt - (starts[index] as number);
    const run = lastUpTo(runs.length / 3, (i) => runs[3 * i] as number, at);
    if (run < 0) return (runs[1] ?? layout.bodyStarts[index]) as number;
    const delta = at - (runs[3 * run] as number);
    const from = runs[3 * run + 1] as number;
    const length = runs[3 * run + 2] as number;
    return from + Math.min(delta, length);
  };
}

/** Greatest index whose value is not above `value`; -1 for none. */
function lastUpTo(count: number, valueAt: (index: number) => number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
