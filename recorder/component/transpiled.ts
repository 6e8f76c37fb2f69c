/**
 * Takes a component apart into core modules and the JavaScript that runs them (jco), and keeps the result
 * in the cache folder under the hash of what it was made from. jco is loaded only where nothing is cached:
 * loading and running it takes most of a second.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf, WasiRrError } from '../../errors.ts';
import { sha256 } from '../../traces/sha256.ts';
import { escapeText } from '../../wasi/escape.ts';
import { workerUrl } from '../../worker-url.ts';
import { PATCHES, patched } from './generated-patches.ts';
import { programName } from './provided-interfaces.ts';
import type { TranspileAnswer, TranspileTask } from './transpile-worker.ts';

/** Where the generated code finds what it is to use in place of globals. */
export const HOOKS = 'wasi-rr.component';

// `global` is Node's other name for what the code is to have another of.
const PROLOGUE = `const {WebAssembly,DataView,Uint8Array,Uint16Array,TextEncoder,liftedStream,weakTable,hostsEnd,globalThis} = global[Symbol.for(${JSON.stringify(HOOKS)})];\n`;

const COMPONENT = 'component.wasm';
const PROGRAM = 'component.mjs';
const MANIFEST = 'manifest.json';

/** A component taken apart. */
export interface Transpiled {
  /** The component itself. */
  readonly component: Uint8Array;
  /** Its hash, in hex. */
  readonly sha256: string;
  /** Path of the generated program, whose `instantiate` makes the component. */
  readonly program: string;
  /** File name → bytes. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
  /** Names of interfaces, as the generated program asks for them. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Whether it was in the cache. */
  readonly cached: boolean;
}

interface Manifest {
  readonly modules: readonly string[];
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** What decides how a component is to be transpiled. */
export interface TranspileNeeds {
  /** What makes a component of a core module, where it is one. */
  readonly adapter: Uint8Array | undefined;
  /** Whether anything in it may suspend. */
  readonly async: boolean;
  /** Names of what it imports, with versions. */
  readonly imports: readonly string[];
}

/**
 * @param label the component's name, for messages
 * @throws WasiRrError MODULE_INVALID where jco cannot do it, OUTPUT_UNWRITABLE
 */
export async function transpiled(
  label: string,
  bytes: Uint8Array,
  { adapter, async, imports: names }: TranspileNeeds,
): Promise<Transpiled> {
  const options: TranspileTask['options'] = {
    name: 'component',
    base64Cutoff: 0,
    emitTypescriptDeclarations: false,
    // jco's short cuts into the shims would write to memory where the boundary does not see it
    importBindings: 'js',
    instantiation: 'sync',
    // jco leaves versions out, and a component may import an interface in two
    map: Object.fromEntries(names.map((name) => [name, programName(name)])),
    // suspending costs far more than calling
    ...(async && { asyncMode: 'jspi' }),
  };
  const hash = sha256(bytes).toString('hex');
  const key = createHash('sha256')
    .update(JSON.stringify([jcoVersion(), PROLOGUE, PATCHES, options, hash]))
    .update(adapter ?? '')
    .digest('hex');
  const folder = join(cacheFolder(), key);
  const given = adapter === undefined ? bytes : undefined;
  const known = await readCached(folder, given);
  const hashOf = (component: Uint8Array) =>
    component === given ? hash : sha256(component).toString('hex');
  if (known !== undefined) return { ...known, sha256: hashOf(known.component), cached: true };
  const { component, files, imports, exports } = await transpile(label, {
    bytes,
    adapter,
    options,
  });
  await store(folder, given === undefined ? { ...files, [COMPONENT]: component } : files, {
    imports,
    exports,
  });
  const stored = await readCached(folder, given);
  if (stored === undefined) throw unwritable(folder, 'what was written cannot be read');
  return { ...stored, sha256: hashOf(stored.component), cached: false };
}

/** Another version makes other code. */
function jcoVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile');
  const text = readFileSync(join(dirname(entry), '../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'wasi-rr', 'components');
}

/** @param given the component; undefined where that is in the cache as well */
async function readCached(
  folder: string,
  given: Uint8Array | undefined,
): Promise<Omit<Transpiled, 'sha256' | 'cached'> | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
    const modules = await Promise.all(
      manifest.modules.map(async (name) => [name, await readFile(join(folder, name))] as const),
    );
    const { imports, exports } = manifest;
    const component = given ?? (await readFile(join(folder, COMPONENT)));
    const program = join(folder, PROGRAM);
    return { component, program, modules: new Map(modules), imports, exports };
  } catch {
    return undefined;
  }
}

async function transpile(label: string, task: TranspileTask) {
  const answer = await inOwnThread(task);
  if (answer.kind === 'done') return answer;
  throw new WasiRrError(
    'MODULE_INVALID',
    `${label} is no valid component: ${escapeText(rootOf(answer.message))}. ` +
      'It may be cut short or damaged, or use what jco does not know yet; build or copy it again.',
  );
}

function inOwnThread(workerData: TranspileTask): Promise<TranspileAnswer> {
  const worker = new Worker(workerUrl('recorder/component/transpile-worker'), {
    workerData,
    execArgv: ['--no-warnings'],
  });
  return new Promise((resolve) => {
    const failed = (message: string) => resolve({ kind: 'failed', message });
    worker.on('message', (answer: TranspileAnswer) => {
      resolve(answer);
      void worker.terminate();
    });
    worker.on('error', (error) => failed(messageOf(error)));
    worker.on('exit', () => failed('jco ended without an answer'));
  });
}

/** jco tells what it did and, last, what went wrong there; in lines that say little apart. */
function rootOf(message: string): string {
  const [root = message] = message.split(/Caused by:\s+/).slice(-1);
  return root.trim().replace(/\s+/g, ' ');
}

/** All files or none: another recorder may do the same at this moment. */
async function store(
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
  names: { readonly imports: readonly string[]; readonly exports: readonly string[] },
): Promise<void> {
  let made: string | undefined;
  try {
    await mkdir(cacheFolder(), { recursive: true, mode: 0o700 });
    made = await mkdtemp(`${folder}.`);
    const binaries = Object.keys(files).filter((name) => name.endsWith('.wasm'));
    for (const name of binaries) await writeFile(join(made, name), files[name] as Uint8Array);
    const modules = binaries.filter((name) => name !== COMPONENT);
    const generated = Buffer.from(files['component.js'] as Uint8Array).toString();
    await writeFile(join(made, PROGRAM), PROLOGUE + patched(generated));
    await writeFile(join(made, MANIFEST), JSON.stringify({ ...names, modules } satisfies Manifest));
    await rename(made, folder);
  } catch (cause) {
    if (made) await rm(made, { recursive: true, force: true });
    // the other recorder was faster
    if (!existsSync(join(folder, MANIFEST))) throw unwritable(folder, messageOf(cause), cause);
  }
}

function unwritable(folder: string, what: string, cause?: unknown): WasiRrError {
  return new WasiRrError(
    'OUTPUT_UNWRITABLE',
    `the cache folder ${folder} cannot be used (${what}). Set XDG_CACHE_HOME to a folder that can be written.`,
    { cause },
  );
}
