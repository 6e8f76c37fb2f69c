/** Ties the hooks of an instrumented guest to functions, and gives access to what was added to it. */
import { invariant } from '../../errors.ts';
import { hookParams, type MemoryName, ownGlobal } from './additions.ts';
import { type AddedGlobals, type GlobalName, type HookName, type Hooks, WIDTHS } from './plan.ts';

/** Where all that was added can be reached. */
export interface Probes {
  /** @throws where the plan does not have it */
  readonly global: (name: GlobalName) => AddedGlobals[GlobalName];
  readonly memory: (name: MemoryName) => WebAssembly.Memory;
  /**
   * Sets what `wrote` and `read` tell of: bytes of the watched memory, in 32 bits, at most {@link MAX_WATCHED}. A length of 0 for
   * nothing.
   */
  readonly watch: (address: number, length: number) => void;
  /** A global of the guest's; undefined where it has no such, or too many. */
  readonly own: (index: number) => WebAssembly.Global | undefined;
  /** From the next call on. Give a `WebAssembly.Suspending` for a hook that may park the guest. */
  readonly set: <K extends HookName>(
    name: K,
    hook: Hooks[K] | WebAssembly.Suspending | undefined,
  ) => void;
  /** The same for a function that a wasm module exports: a call from wasm to wasm. */
  readonly setWasm: <K extends HookName>(name: K, hook: Hooks[K]) => void;
}

/** With the places before a range from which a v128 reaches it, no more than 32 bits. */
export const MAX_WATCHED = 2 ** 32 - 16;

const HOOK_NAMES: readonly HookName[] = [
  'ticked',
  'stop',
  'deep',
  'wrote',
  'read',
  'entered',
  'left',
  'room',
];

/** @param prefix of the added exports; hooks that the plan has do nothing until they are set */
export function probesOf(exports: WebAssembly.Exports, prefix: string): Probes {
  const find = (name: string) => {
    const found = exports[prefix + name];
    invariant(found, `the module was not instrumented for ${name}`);
    return found;
  };
  const set = (name: HookName, hook: unknown) => {
    (find(name) as WebAssembly.Global).value = hook;
  };
  const probes: Probes = {
    global: (name) => find(name) as WebAssembly.Global,
    memory: (name) => find(name) as WebAssembly.Memory,
    watch: (address, length) => {
      for (const width of WIDTHS) {
        const before = length === 0 ? 0 : width - 1;
        put(find(`watchFrom${width}`) as WebAssembly.Global, address - before);
        put(find(`watchLength${width}`) as WebAssembly.Global, length + before);
      }
    },
    own: (index) => exports[prefix + ownGlobal(index)] as WebAssembly.Global | undefined,
    set: (name, hook) => set(name, hookFunction(name, hook ?? (() => {}))),
    setWasm: set,
  };
  for (const name of HOOK_NAMES) if (exports[prefix + name]) probes.set(name, undefined);
  return probes;
}

/** A number of 32 bits, or one below 0 that is as near, into a global of either integer type. */
function put(global: WebAssembly.Global, value: number): void {
  global.value = typeof global.value === 'bigint' ? BigInt(value) : value | 0;
}

/** A global of a typed function reference takes wasm functions only: one that is exported again. */
function hookFunction(name: HookName, hook: unknown): unknown {
  const params = hookParams(name);
  const type = [1, 0x60, params.length, ...params, 0];
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, type.length, ...type],
      // import "h" "h" as function 0, export "h"
      ...[2, 7, 1, 1, 0x68, 1, 0x68, 0, 0],
      ...[7, 5, 1, 1, 0x68, 0, 0],
    ]),
  );
  return new WebAssembly.Instance(module, { h: { h: hook } }).exports.h;
}
