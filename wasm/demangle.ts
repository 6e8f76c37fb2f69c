/**
 * Readable forms of mangled names. The demangler is WebAssembly of half a megabyte: it is loaded at the first
 * mangled name, and by hand, since Node warns of each `.wasm` that is imported.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What wasm-bindgen made around the module. */
interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  demangle_any(name: string): string;
}

let glue: Glue | undefined;

/** A readable form of a mangled C++ (Itanium) or Rust (legacy and v0) name; others come back as they are. */
export function demangle(name: string): string {
  // most names are not mangled, and the demangler has a copy of each to make
  if (!/^_{1,2}[ZR]/.test(name)) return name;
  glue ??= load();
  try {
    const readable = glue.demangle_any(name);
    // one underscore less is all that it has to say of a name that is not mangled
    return name.endsWith(readable) ? name : readable;
  } catch {
    return name;
  }
}

function load(): Glue {
  const require = createRequire(import.meta.url);
  const loaded = require('gecko-profiler-demangle/index_bg.js') as Glue;
  const module = new WebAssembly.Module(
    readFileSync(require.resolve('gecko-profiler-demangle/index_bg.wasm')),
  );
  const { exports } = new WebAssembly.Instance(module, { './index_bg.js': loaded as never });
  loaded.__wbg_set_wasm(exports);
  (exports.__wbindgen_start as () => void)();
  return loaded;
}
