/** Loads and checks a component before anything runs: what cannot work is refused with all reasons. */
import { createHash } from 'node:crypto';
import { type ModuleDeclarations, readDeclarations } from '../../wasm/binary.ts';
import { checkMemories } from '../memory-support.ts';
import { checkExports, checkImports } from './component-checks.ts';
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
    modules: await Promise.all([...modules].map(([file, core]) => coreModule(label, file, core))),
  };
}

async function coreModule(
  label: string,
  file: string,
  bytes: Uint8Array,
): Promise<ComponentModule> {
  const declarations = readDeclarations(bytes);
  checkMemories(label, declarations);
  const module = await WebAssembly.compile(bytes);
  return { file, sha256: sha256(bytes), bytes, module, declarations };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
