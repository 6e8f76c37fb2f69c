/** Loads and checks a component before anything runs: what cannot work is refused with all reasons. */
import { createHash } from 'node:crypto';
import { WasiRrError } from '../../errors.ts';
import { escapeText } from '../../wasi/escape.ts';
import { type ModuleDeclarations, readDeclarations } from '../../wasm/binary.ts';
import { isProvided } from './preview2-interfaces.ts';
import { transpiled } from './transpiled.ts';

export interface ComponentProgram {
  readonly kind: 'component';
  readonly name: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Path of the generated program. */
  readonly program: string;
  readonly modules: readonly ComponentModule[];
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** A core module of a component. */
export interface ComponentModule {
  /** As the generated program calls it. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly module: WebAssembly.Module;
  readonly declarations: ModuleDeclarations;
}

/**
 * @throws WasiRrError MODULE_INVALID, IMPORTS_UNSATISFIED, EXPORT_MISSING (no command), MODULE_UNSUPPORTED
 */
export async function loadComponent(label: string, bytes: Uint8Array): Promise<ComponentProgram> {
  const { program, modules, imports, exports } = await transpiled(label, bytes);
  checkExports(label, exports);
  checkImports(label, imports);
  return {
    kind: 'component',
    name: label,
    sha256: sha256(bytes),
    size: bytes.length,
    program,
    imports,
    exports,
    modules: await Promise.all(
      [...modules].map(async ([file, core]) => ({
        file,
        sha256: sha256(core),
        bytes: core,
        module: await WebAssembly.compile(core),
        declarations: readDeclarations(core),
      })),
    ),
  };
}

function checkExports(label: string, exports: readonly string[]): void {
  if (exports.some((name) => /^wasi:cli\/run@0\.2\./.test(name))) return;
  throw new WasiRrError(
    'EXPORT_MISSING',
    `${label} is no command of WASI 0.2: it exports ${exports.map((name) => escapeText(name)).join(', ') || 'nothing'}, and not wasi:cli/run@0.2.`,
  );
}

function checkImports(label: string, imports: readonly string[]): void {
  const missing = imports.filter((name) => !isProvided(name));
  if (missing.length === 0) return;
  throw new WasiRrError(
    'IMPORTS_UNSATISFIED',
    `${label} imports interfaces that wasi-rr does not provide:\n${missing.map((name) => `  ${escapeText(name)}`).join('\n')}`,
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
