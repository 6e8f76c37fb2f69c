/** Loads and checks a component before anything runs: what cannot work is refused with all reasons. */
import { messageOf, WasiRrError } from '../../errors.ts';
import { sha256 } from '../../traces/sha256.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import { readComponentNames } from '../../wasm/component/import-names.ts';
import { type ComponentSurface, readSurface } from '../../wasm/component/surface.ts';
import type { ComponentWords } from '../../wasm/component/types.ts';
import { checkMemories } from '../memory-support.ts';
import { type ComponentUse, checkImports, checkRun, entryOf } from './component-checks.ts';
import { type ComponentExports, exportsOf } from './component-exports.ts';
import type { CoreModule, LinkedSurface } from './core-linker.ts';
import { checkGiven, type GivenImport } from './given-imports.ts';
import { withTag } from './module-frames.ts';
import { preview1Adapter } from './preview1-adapter.ts';
import { type Transpiled, transpiled } from './transpiled.ts';

export interface ComponentProgram {
  readonly kind: 'component';
  readonly name: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Whether it was made of a core module. */
  readonly adapted: boolean;
  /** What JavaScript modules give it. */
  readonly given: readonly GivenImport[];
  /** Path of the generated program. */
  readonly program: string;
  readonly modules: readonly ComponentModule[];
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** The interface that is run; '' for none. */
  readonly entry: string;
  /** What can be called one by one; undefined where the surface is. */
  readonly functions: ComponentExports | undefined;
  /** Undefined where it has definitions that are not known here. */
  readonly surface: ProgramSurface | undefined;
}

/** The functions of a component; its core modules go by their ids in the trace. */
export interface ProgramSurface {
  readonly words: ComponentWords;
  readonly instances: LinkedSurface['instances'];
  readonly tasks: LinkedSurface['tasks'];
}

/** A core module of a component. */
export interface ComponentModule extends CoreModule {
  /** As the generated program calls it. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export interface ComponentOptions {
  /** Makes a component of what is a core module. */
  readonly adapter?: Uint8Array;
  /** What JavaScript modules give it. */
  readonly given?: readonly GivenImport[];
  readonly use?: ComponentUse;
}

/**
 * @throws WasiRrError MODULE_INVALID, IMPORTS_UNSATISFIED, EXPORT_MISSING (no command), MODULE_UNSUPPORTED,
 *   OPTION_INVALID (a module for what it does not import)
 */
export async function loadComponent(
  label: string,
  bytes: Uint8Array,
  { adapter, given = [], use = 'run' }: ComponentOptions = {},
): Promise<ComponentProgram> {
  const apart = await takeApart(label, bytes, adapter);
  const { surface, imports } = apart;
  const entry = entryOf(label, apart.exports, use);
  checkRun(label, entry, surface);
  checkGiven(label, given, imports);
  checkImports(label, imports, surface, new Set(given.map(({ name }) => name)));
  return programOf(label, apart, { entry, given, adapted: adapter !== undefined });
}

/** A component that was taken apart and not looked at: it need not be a command, nor have what it imports. */
export interface Apart extends Transpiled {
  /** Undefined where it has definitions that are not known here. */
  readonly surface: ComponentSurface | undefined;
}

/** @throws WasiRrError MODULE_INVALID */
export async function takeApart(
  label: string,
  bytes: Uint8Array,
  adapter?: Uint8Array,
): Promise<Apart> {
  const names = readComponentNames(bytes);
  const early = adapter === undefined ? surfaceOf(bytes) : undefined;
  const made = await transpiled(label, bytes, {
    adapter,
    async: early?.async ?? names.imports.some((name) => name.includes('@0.3.')),
    imports: names.imports,
  });
  return { ...made, surface: adapter === undefined ? early : surfaceOf(made.component) };
}

/** @throws WasiRrError MODULE_UNSUPPORTED */
export async function programOf(
  label: string,
  { component, sha256: hash, program, modules, imports, exports, surface }: Apart,
  { entry, given, adapted }: Pick<ComponentProgram, 'entry' | 'given' | 'adapted'>,
): Promise<ComponentProgram> {
  const cores = await Promise.all(
    [...modules].map(([file, core], i) => coreModule(label, i + 1, file, core)),
  );
  return {
    kind: 'component',
    name: label,
    sha256: hash,
    size: component.length,
    adapted,
    given,
    program,
    imports,
    exports,
    entry,
    functions: surface && exportsOf(surface),
    modules: cores,
    surface: surface && byModuleId(surface, cores),
  };
}

/** A command of Preview 1, made a component by the standard adapter. @throws WasiRrError as {@link loadComponent} */
export function loadAdapted(label: string, bytes: Uint8Array): Promise<ComponentProgram> {
  return loadComponent(label, bytes, { adapter: preview1Adapter() });
}

function surfaceOf(bytes: Uint8Array): ComponentSurface | undefined {
  try {
    return readSurface(bytes);
  } catch (thrown) {
    // what jco knows and this does not is recorded all the same, and shown as core functions
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function byModuleId(surface: ComponentSurface, cores: readonly ComponentModule[]): ProgramSurface {
  const modules = surface.instances.map(
    ({ module }) => cores.findLast(({ bytes }) => Buffer.compare(bytes, module) === 0)?.id ?? 0,
  );
  const instances = surface.instances.map(({ component, imports, builtins }, i) => ({
    module: modules[i] ?? 0,
    component,
    imports,
    builtins,
    lifted: surface.exports.filter(({ core, async }) => core.instance === i && !async),
  }));
  const lifted = surface.exports.map(({ func, core, async, callback, encoding }) => ({
    func,
    module: modules[core.instance] ?? 0,
    name: core.name,
    ...(async && { async }),
    ...(callback && { callback: callback.name }),
    ...(encoding !== 'utf8' && { encoding }),
  }));
  const tasks = surface.tasks.map(({ core, callback }) => ({
    module: modules[core.instance] ?? 0,
    entry: core.name,
    callback: callback?.name,
  }));
  const made = instances.map(({ module, component }) => ({ module, component }));
  return { words: { ...surface.types, lifted, instances: made }, instances, tasks };
}

/** What is valid may be more than V8 takes. @throws WasiRrError MODULE_INVALID */
async function compiled(label: string, bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const why = messageOf(cause).replace(/^WebAssembly\.\w+\(\): /, '');
    throw new WasiRrError(
      'MODULE_INVALID',
      `${label} has a core module that cannot be compiled: ${why}. It may need a newer engine, or more than this one allows.`,
      { cause },
    );
  }
}

async function coreModule(
  label: string,
  id: number,
  file: string,
  bytes: Uint8Array,
): Promise<ComponentModule> {
  const declarations = readDeclarations(bytes);
  checkMemories(label, declarations);
  const named = withTag(bytes, id);
  const module = await compiled(label, named.bytes);
  const { shift } = named;
  return { id, file, sha256: sha256(bytes).toString('hex'), bytes, module, shift, declarations };
}
