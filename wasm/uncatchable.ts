/**
 * Ends a guest from inside an import in a way that the guest cannot catch. A JavaScript exception
 * passes through wasm `catch_all` handlers (C++ cleanups, for one), so `proc_exit` by `throw` would run
 * guest code after the exit. V8 marks the error of a real trap as uncatchable, wherever it came from:
 * so let a real trap happen. Spec: traps cannot be handled by wasm code (core spec 4.4.1, "trap").
 */

/** Its frame stands in stack traces under this name, by which it is known to be none of the guest's. */
export const UNCATCHABLE = 'wasi-rr-end';

// (module $wasi-rr-end (func (export "trap") unreachable))
const TRAP_MODULE = new Uint8Array([
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  0x60,
  0,
  0,
  3,
  2,
  1,
  0,
  7,
  8,
  1,
  4,
  116,
  114,
  97,
  112,
  0,
  0,
  10,
  5,
  1,
  3,
  0,
  0x00,
  0x0b,
  // custom section "name", subsection 0: the module's name
  0,
  7 + UNCATCHABLE.length + 1,
  4,
  110,
  97,
  109,
  101,
  0,
  UNCATCHABLE.length + 1,
  UNCATCHABLE.length,
  ...Buffer.from(UNCATCHABLE),
]);

let trap: (() => never) | undefined;

/** Never returns: throws a `WebAssembly.RuntimeError` that no wasm handler catches. */
export function throwUncatchable(): never {
  trap ??= new WebAssembly.Instance(new WebAssembly.Module(TRAP_MODULE)).exports
    .trap as () => never;
  return trap();
}
