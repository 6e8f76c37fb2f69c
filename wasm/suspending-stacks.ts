/** How large the stacks are on which V8 runs guests that may suspend. */
import { setFlagsFromString } from 'node:v8';

/**
 * Guests that may suspend run on stacks of their own, which are 984 KiB unless V8 is told otherwise. V8 takes the
 * smaller of the two flags. They hold for the process, but stacks that exist keep their size, and new threads get
 * theirs from Node (checked with Node 26: neither the main thread nor a new worker changes).
 */
export function setSuspendingStacks(kib: number): void {
  setFlagsFromString(`--wasm-stack-switching-stack-size=${kib}`);
  setFlagsFromString(`--stack-size=${kib}`);
}
