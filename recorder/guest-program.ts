/** Loads and checks the program before anything runs: what cannot work is refused with all reasons. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import { type LoggedFunction, loggedType } from '../traces/events.ts';
import { type PackedModule, packModule } from '../traces/packed-module.ts';
import { escapeText } from '../wasi/escape.ts';
import { PREVIEW0_REFUSAL } from '../wasi/preview0.ts';
import { PREVIEW0_MODULE, PREVIEW1, PREVIEW1_MODULE } from '../wasi/preview1.ts';
import {
  binaryKind,
  type FunctionType,
  type ModuleDeclarations,
  type ModuleImport,
  readDeclarations,
} from '../wasm/binary.ts';
import { checkCommand } from './command-check.ts';
import type { ComponentUse } from './component/component-checks.ts';
import type { ComponentProgram } from './component/component-program.ts';
import { checkMemories } from './memory-support.ts';

export type GuestProgram = ModuleProgram | ComponentProgram;

/** Bytes of a module from which on it is packed while V8 compiles it; less would make the guest wait for node:crypto. */
const LARGE = 1 << 20;

/** A core module for WASI Preview 1. */
export interface ModuleProgram {
  readonly kind: 'module';
  readonly name: string;
  readonly bytes: Uint8Array;
  /** For the trace, of a large one. */
  readonly packed: PackedModule | undefined;
  readonly module: WebAssembly.Module;
  /** Dictionary entries, ids from 0. */
  readonly imports: readonly LoggedFunction[];
  /** Exported functions that can be called and logged, ids after those of the imports. */
  readonly exports: ReadonlyMap<string, LoggedFunction>;
  /** Exported functions with parameters or results that a log cannot hold. */
  readonly unsupportedExports: ReadonlySet<string>;
}

export interface LoadOptions {
  /** For messages; by default the file's. */
  readonly name?: string | undefined;
  /** Make a component of a core module. */
  readonly viaComponent?: boolean;
  /** Name of an interface → path of the JavaScript module that gives it to a component. */
  readonly imports?: Readonly<Record<string, string>>;
  /** What is to be done with a component. */
  readonly use?: ComponentUse;
}

/**
 * @param source path of a .wasm file, or its bytes
 * @throws WasiRrError MODULE_NOT_FOUND, MODULE_UNREADABLE, MODULE_INVALID, MODULE_UNSUPPORTED,
 *   IMPORTS_UNSATISFIED, EXPORT_MISSING (a component that is no command), OPTION_INVALID (it is a component already)
 */
export async function loadProgram(
  source: string | Uint8Array,
  { name, viaComponent = false, imports = {}, use = 'run' }: LoadOptions = {},
): Promise<GuestProgram> {
  const label = name ?? (typeof source === 'string' ? basename(source) : 'program.wasm');
  const bytes = typeof source === 'string' ? await readModule(source) : source;
  const kind = binaryKind(bytes);
  if (kind === 'component') {
    if (viaComponent) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `${label} is a component already. Leave --via-component (viaComponent) out.`,
      );
    }
    const { givenImports } = await import('./component/given-imports.ts');
    const given = givenImports(imports);
    return (await componentLoader()).loadComponent(label, bytes, { given, use });
  }
  if (use === 'serve') {
    throw new WasiRrError(
      'OPTION_INVALID',
      `${label} is a core module. Only a component of WASI can be served (--serve, serve); a module of Preview 1 that accepts connections itself gets a socket with --tcplisten.`,
    );
  }
  if (Object.keys(imports).length > 0) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `${label} is a core module. Only a component has interfaces that a JavaScript module can give (--import, imports).`,
    );
  }
  if (kind === 'unknown') refuse(label, bytes);
  const compiling = WebAssembly.compile(bytes);
  // it is waited for below
  compiling.catch(() => {});
  const packed = bytes.length >= LARGE ? packModule(bytes) : undefined;
  let module: WebAssembly.Module;
  let declarations: ModuleDeclarations;
  try {
    module = await compiling;
    declarations = readDeclarations(bytes);
  } catch (cause) {
    throw new WasiRrError(
      'MODULE_INVALID',
      `${label} is no valid WebAssembly module: ${messageOf(cause).replace(/^WebAssembly\.\w+\(\): /, '')}. ` +
        'It may be cut short or need a newer engine; build or copy it again.',
      { cause },
    );
  }
  checkMemories(label, declarations);
  checkImports(label, declarations.imports);
  checkMemoryExport(label, declarations);
  const program: ModuleProgram = {
    kind: 'module',
    name: label,
    bytes,
    packed,
    module,
    ...dictionary(declarations),
  };
  if (!viaComponent) return program;
  checkCommand(program);
  return (await componentLoader()).loadAdapted(label, bytes);
}

async function readModule(path: string): Promise<Uint8Array> {
  try {
    // a pipe may wait for a writer, during which signals must be heard; all else is read faster at once
    if (!statSync(path).isFIFO()) return readFileSync(path);
    // loaded for this alone: it takes 4 ms
    return await process.getBuiltinModule('node:fs/promises').readFile(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') {
      throw new WasiRrError('MODULE_NOT_FOUND', `there is no file ${path}.`, { cause });
    }
    throw new WasiRrError('MODULE_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** Only where there is a component: most programs are none. */
function componentLoader() {
  return import('./component/component-program.ts');
}

function refuse(label: string, bytes: Uint8Array): never {
  const text = /^\s*(\(|;;)/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
  throw new WasiRrError(
    'MODULE_INVALID',
    text
      ? `${label} is WebAssembly text. Translate it first, e.g. with wat2wasm.`
      : `${label} is no WebAssembly module: it does not begin with "\\0asm" and version 1.`,
  );
}

/** Without an exported memory no host can answer a call that passes a pointer. */
function checkMemoryExport(label: string, { imports, exports }: ModuleDeclarations): void {
  if (exports.some(({ name, kind }) => name === 'memory' && kind === 'memory')) return;
  const needing = imports.find(({ name }) => {
    const known = PREVIEW1.get(name);
    return known !== undefined && known.reads.length + known.writes.length > 0;
  });
  if (needing === undefined) return;
  throw new WasiRrError(
    'MODULE_UNSUPPORTED',
    `${label} imports ${needing.name}, which needs the memory of the module, but exports no memory called "memory". ` +
      'Export it (wasm-ld does so by itself; --export-memory).',
  );
}

/** Lists everything at once: a developer wants to mend all imports, not one a run. */
function checkImports(label: string, imports: readonly ModuleImport[]): void {
  if (imports.some((entry) => entry.module === PREVIEW0_MODULE)) {
    throw new WasiRrError('MODULE_UNSUPPORTED', `${label} cannot be recorded: ${PREVIEW0_REFUSAL}`);
  }
  const problems = imports.flatMap((entry) => {
    const problem = importProblem(entry);
    return problem === undefined
      ? []
      : [`  ${escapeText(`${entry.module}.${entry.name}`)}: ${problem}`];
  });
  if (problems.length === 0) return;
  throw new WasiRrError(
    'IMPORTS_UNSATISFIED',
    `${label} imports what wasi-rr does not provide; it provides the functions of ${PREVIEW1_MODULE} only:\n${problems.join('\n')}`,
  );
}

function importProblem(entry: ModuleImport): string | undefined {
  if (entry.kind !== 'function') return `a ${entry.kind}`;
  const shape = entry.type ? signature(entry.type) : 'an unknown type';
  if (entry.module !== PREVIEW1_MODULE) return `function ${shape}`;
  const known = PREVIEW1.get(entry.name);
  if (known === undefined) return `function ${shape}, unknown in WASI Preview 1`;
  return shape === known.signature
    ? undefined
    : `function ${shape}, which is ${known.signature} in WASI`;
}

function signature(type: FunctionType): string {
  const [result, ...more] = type.results;
  const results =
    result !== undefined && more.length === 0 ? result : `(${type.results.join(', ')})`;
  return `(${type.params.join(', ')}) -> ${results}`;
}

function dictionary(declarations: ModuleDeclarations) {
  const imports: LoggedFunction[] = [];
  const seen = new Set<string>();
  for (const { module, name, type } of declarations.imports) {
    const logged = type && loggedType(type);
    // a module may import the same function more than once
    if (logged === undefined || seen.has(name)) continue;
    seen.add(name);
    imports.push({ id: imports.length, direction: 'import', module, name, ...logged });
  }
  const exports = new Map<string, LoggedFunction>();
  const unsupportedExports = new Set<string>();
  for (const { name, kind, type } of declarations.exports) {
    if (kind !== 'function') continue;
    const logged = type && loggedType(type);
    if (logged === undefined) unsupportedExports.add(name);
    else {
      const id = imports.length + exports.size;
      exports.set(name, { id, direction: 'export', module: '', name, ...logged });
    }
  }
  return { imports, exports, unsupportedExports };
}
