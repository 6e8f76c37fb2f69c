/**
 * The WebAssembly JavaScript API as far as the project uses it. @types/node does not have it, and
 * lib.dom would bring the whole browser. https://webassembly.github.io/spec/js-api/
 */
declare namespace WebAssembly {
  class Module {
    private readonly brand: 'Module';
    constructor(bytes: Uint8Array | ArrayBuffer);
    static imports(module: Module): { module: string; name: string; kind: string }[];
    static exports(module: Module): { name: string; kind: string }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Global {
    constructor(descriptor: { value: string; mutable?: boolean }, value?: unknown);
    value: unknown;
  }
  class Exception {
    private readonly brand: 'Exception';
  }
  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}
  type Imports = Record<string, Record<string, unknown>>;
  type Exports = Record<string, unknown>;
  /** JavaScript Promise Integration: an import that may return a promise, on which the guest waits. */
  class Suspending {
    constructor(func: (...args: never[]) => unknown);
  }
  /** An export that returns a promise, and whose imports may therefore suspend it. */
  function promising(func: unknown): (...args: readonly unknown[]) => Promise<unknown>;
  function compile(bytes: Uint8Array | ArrayBuffer): Promise<Module>;
  function validate(bytes: Uint8Array | ArrayBuffer): boolean;
}
