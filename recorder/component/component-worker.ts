/** A component's thread: runs the generated program behind the core boundary. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, messageOf } from '../../errors.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { MAX_FRAMES, type Trap, trapFrom } from '../../wasm/traps.ts';
import { hashOfMemories } from '../../wasm/xxh64.ts';
import type { FromGuest, ToGuest } from '../guest-messages.ts';
import { fixedTime } from '../hosts/fixed-time.ts';
import { copiesOf } from '../memory-copies.ts';
import { RingWriter } from '../ring.ts';
import type { Announcement, ComponentSetup } from './component-messages.ts';
import { CoreBoundary } from './core-boundary.ts';
import { CoreLinker } from './core-linker.ts';
import { withoutVersion } from './given-imports.ts';
import { HostChanges } from './host-changes.ts';
import { withImportModules } from './import-modules.ts';
import { LiveTasks } from './live-tasks.ts';
import { framesIn } from './module-frames.ts';
import { preview2Imports, type ShimOptions } from './preview2-host.ts';
import type { Interfaces } from './provided-interfaces.ts';
import { missingFunctions, type ShimInterfaces } from './shim-functions.ts';
import { HOOKS } from './transpiled.ts';

/** What `instantiate` of the generated program makes: interfaces with functions. */
type ComponentExports = Record<string, { run?: () => unknown } | undefined>;

interface GeneratedProgram {
  instantiate(
    getModule: (file: string) => WebAssembly.Module | undefined,
    imports: object,
    instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => object,
  ): ComponentExports | Promise<ComponentExports>;
}

invariant(parentPort, 'a component runs outside a worker');
const port = parentPort;
const setup = workerData as ComponentSetup;
Error.stackTraceLimit = MAX_FRAMES + 20;
const announced = new Int32Array(setup.announced);
let trapped = false;

const changes = new HostChanges(setup.paranoid);
const tasks = new LiveTasks();
const boundary = new CoreBoundary(new RingWriter(setup.ring, setup.trace), changes, tasks, trapOf);
const linker = new CoreLinker({
  boundary,
  changes,
  tasks,
  modules: setup.modules,
  surface: setup.surface,
  payload: setup.payload,
  announce: (instance, functions) => announce({ type: 'announce', instance, functions }),
});

port.on('message', (message: ToGuest) => {
  if (message.type === 'call') void run(message.id);
  else if (message.type === 'finish') finish();
});

function announce(announcement: Announcement): void {
  const before = Atomics.load(announced, 0);
  port.postMessage(announcement);
  while (Atomics.load(announced, 0) === before) Atomics.wait(announced, 0, before, 100);
}

async function run(id: number): Promise<void> {
  try {
    const failed = await runCommand();
    if (!failed) {
      send({ type: 'returned', id, results: [] });
      return;
    }
    // an exit without a code: wasi:cli/run gives a result without a value
    send({ type: 'unwound', id, outcome: { kind: 'exit', code: 1 } });
  } catch (thrown) {
    boundary.log.settle();
    const outcome = outcomeOf(thrown);
    trapped = outcome.kind === 'trap';
    send({ type: 'unwound', id, outcome });
  }
}

function checkHost(imports: ShimInterfaces): void {
  const { surface } = setup;
  if (surface === undefined) return;
  const used = surface.instances.flatMap((one) => one.imports.filter(({ imported }) => imported));
  const numbers = new Set(used.map(({ func }) => func));
  const functions = surface.types.functions.filter((_, i) => numbers.has(i));
  const missing = missingFunctions(functions, imports);
  if (missing.length === 0) return;
  const lines = missing.map(({ interface: from, name }) => {
    const key = from === '' ? name : withoutVersion(from);
    const module = setup.given.find((one) => one.name === key);
    return `  ${[from, name].join(' ').trim()}${module ? `, which ${module.path} is to give` : ''}`;
  });
  fail(`the program calls functions that its host does not have:\n${lines.join('\n')}`);
}

function fail(message: string): never {
  return boundary.end({ kind: 'failed', message });
}

/** What the generated program is to be given. */
async function hostImports(): Promise<Interfaces> {
  const { config, net } = setup;
  const options: ShimOptions = {
    config,
    net,
    time: config.clock && fixedTime(config.clock),
    onOutput: (stream, bytes) => boundary.log.output(stream, bytes),
    onExit: (code) => boundary.end({ kind: 'exit', code }),
  };
  const imports = preview2Imports(options);
  if (!setup.later) return imports;
  const { preview3Imports } = await import('./preview3-host.ts');
  return { ...imports, ...preview3Imports(options, imports) };
}

/** @returns whether the program says that it failed */
async function runCommand(): Promise<boolean> {
  (globalThis as Record<symbol, unknown>)[Symbol.for(HOOKS)] = linker.hooks;
  const generated = (await import(pathToFileURL(setup.program).href)) as GeneratedProgram;
  const imports = await withImportModules(await hostImports(), setup.given, setup.surface?.types);
  if (typeof imports === 'string') fail(imports);
  checkHost(imports);
  const component = await generated.instantiate(
    (file) => setup.modules.find((one) => one.file === file)?.module,
    imports,
    (module, given) => linker.instantiate(module, given),
  );
  const command = component[setup.entry];
  invariant(command?.run, 'a command without run');
  try {
    await Promise.race([command.run(), boundary.failed]);
    // it may have given its result and go on
    await Promise.race([tasks.ended(), boundary.failed]);
    return false;
  } catch (thrown) {
    // jco throws the error case of a result, which has no value here: nothing of the guest was ended
    if (thrown !== undefined) throw thrown;
    await Promise.race([tasks.ended(), boundary.failed]);
    return true;
  }
}

function outcomeOf(thrown: unknown): Outcome {
  // before what was thrown: jco puts traps into words of its own
  const ended = boundary.ending ?? boundary.unwoundAs;
  if (ended !== undefined) return ended;
  if (thrown instanceof WebAssembly.LinkError) {
    return { kind: 'failed', message: messageOf(thrown) };
  }
  return { kind: 'trap', trap: trapOf(thrown) };
}

function trapOf(thrown: unknown): Trap {
  return trapFrom(thrown, (stack) => framesIn(stack, setup.modules));
}

function finish(): void {
  const { memories } = changes;
  const copies = trapped ? copiesOf(memories) : [];
  send({ type: 'finished', finalMemory: hashOfMemories(memories), memories: copies });
}

function send(message: FromGuest): void {
  port.postMessage(message);
}
