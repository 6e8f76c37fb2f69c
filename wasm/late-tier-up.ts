/**
 * Compiles modules of which each run may be the last: V8 optimizes a function as if it were to run for hours, and
 * a question about a run is answered after one. Of esbuild (20 MB, functions of up to 200 KB) what it began to
 * optimize in a replay of 0.2 s kept two processors busy for 1.4 s, from which the guest's thread got a share.
 */
import { setFlagsFromString } from 'node:v8';

const FLAG = '--wasm-tiering-budget';

/**
 * How many bytes of a function's machine code, about, are executed before it is optimized: by V8 itself; of a module
 * as compilers of C, C++ and Rust make them, where that takes a tenth of a second or so; and of one of more bytes, as Go's
 * makes them, whose functions take V8 seconds each and come to the same number after less of a run. First replay of
 * esbuild with stores watched: 1435 ms with V8's, 995, 703; of nextpnr: 178, 145, 142.
 */
const BUDGET = { own: 13_000_000, late: 200_000_000, large: 2_000_000_000 } as const;
const LARGE = 8 << 20;

/**
 * Calls what compiles a module.
 * @param size of the module, in bytes
 */
export function withLateTierUp<Result>(size: number, compile: () => Result): Result {
  if (isChosen()) return compile();
  // V8 looks at it once for each module, when it is made
  setFlagsFromString(`${FLAG}=${size > LARGE ? BUDGET.large : BUDGET.late}`);
  try {
    return compile();
  } finally {
    setFlagsFromString(`${FLAG}=${BUDGET.own}`);
  }
}

/**
 * The same for one replay that nothing is added to: only a large module gains by it. `replay` of esbuild: 1888 ms with
 * V8's budget, 1228 with this one, of a run of it with 7,000 calls 2490 and 2220; of nextpnr 804 and 784, of what computes in C 1167 and 1239.
 */
export function withLateTierUpIfLarge<Result>(size: number, compile: () => Result): Result {
  return size > LARGE ? withLateTierUp(size, compile) : compile();
}

/** Whether whoever started Node has said how it is to be. */
function isChosen(): boolean {
  const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  return options.replaceAll('_', '-').includes(FLAG);
}
