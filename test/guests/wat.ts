/** Compiles WebAssembly text to a module's bytes with wabt (pure npm, no toolchain). */
import wabt from 'wabt';

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  function_references: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  annotations: true,
  code_metadata: true,
  gc: true,
  memory64: true,
  extended_const: true,
  relaxed_simd: true,
  // Known to wabt but missing from its typings.
  multi_memory: true,
} as const;

// Loading wabt takes about 0.1 s; once is enough.
let loaded: ReturnType<typeof wabt> | undefined;

/**
 * The binary of a module in text form, with a name section.
 *
 * Does not validate: a module with a type error compiles, so that guests can be invalid on purpose.
 *
 * @param text a `(module …)` in WebAssembly text; every feature that wabt knows is on
 */
export async function compileWat(text: string): Promise<Uint8Array<ArrayBuffer>> {
  loaded ??= wabt();
  const { parseWat } = await loaded;
  const parsed = parseWat('guest.wat', text, FEATURES);
  try {
    // A copy: wabt's buffer is a view of its own memory.
    return new Uint8Array(parsed.toBinary({ write_debug_names: true }).buffer);
  } finally {
    parsed.destroy();
  }
}

/** The instructions of a module's functions in text form, in order, one a line, as wabt writes them. */
export async function instructionText(module: Uint8Array): Promise<string[]> {
  loaded ??= wabt();
  const { readWasm } = await loaded;
  const read = readWasm(module, { readDebugNames: false });
  try {
    const lines = read.toText({ foldExprs: false, inlineExport: false }).split('\n');
    let inFunction = false;
    return lines.flatMap((line) => {
      const text = line.trim();
      if (/^\((func|table|memory|global|export|data|elem|start)\b/.test(text)) {
        inFunction = text.startsWith('(func ');
        return [];
      }
      const isInstruction = inFunction && text !== '' && !text.startsWith('(local');
      // the last one of a function has its parenthesis behind it
      return isInstruction ? [text.replace(/^([^(]*(?:\([^)]*\)[^()]*)*)\)+$/, '$1')] : [];
    });
  } finally {
    read.destroy();
  }
}
