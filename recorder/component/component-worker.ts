/** A component's thread: runs the generated program behind the core boundary. */
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { invariant, messageOf } from '../../errors.ts';
import type { Outcome } from '../../traces/outcome.ts';
import { setSuspendingStacks } from '../../wasm/suspending-stacks.ts';
import { hashOfMemories } from '../../wasm/xxh64.ts';
import type { FromGuest, ToGuest } from '../guest-messages.ts';
import { fixedTime } from '../hosts/fixed-time.ts';
import { copiesOf } from '../memory-copies.ts';
import { addressText } from '../network/address.ts';
import type { Address } from '../network/messages.ts';
import { RingWriter } from '../ring.ts';
import { GUEST_STACK_MB } from '../stack-size.ts';
import type { ComponentFunction, WitValue } from './component-exports.ts';
import type { Announcement, ComponentSetup } from './component-messages.ts';
import { CoreBoundary } from './core-boundary.ts';
import { CoreLinker } from './core-linker.ts';
import { ForwardedStreams } from './forwarded-streams.ts';
import { Forwarding } from './forwarding.ts';
import { withoutVersion } from './given-imports.ts';
import { GuestTraps } from './guest-traps.ts';
import { HostChanges } from './host-changes.ts';
import { withImportModules } from './import-modules.ts';
import { camel } from './js-values.ts';
import { LiveTasks } from './live-tasks.ts';
import { preview2Imports, type ShimOptions } from './preview2-host.ts';
import type { Interfaces } from './provided-interfaces.ts';
import { RequestNotes } from './request-notes.ts';
import { ServedProgram } from './served-program.ts';
import { missingFunctions, type ShimInterfaces } from './shim-functions.ts';
import { isReading } from './standard-streams.ts';
import { HOOKS } from './transpiled.ts';

/** What `instantiate` of the generated program makes: interfaces with functions, and functions of no interface. */
type ComponentExports = Record<string, { run?: () => unknown; handle?: unknown } | undefined>;

type Make = (
  getModule: (file: string) => WebAssembly.Module | undefined,
  imports: object,
  instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => object,
) => ComponentExports | Promise<ComponentExports>;

interface GeneratedProgram {
  readonly instantiate: Make;
}

/** Milliseconds for what a server does after its last response. */
const TASKS_MS = 1000;

invariant(parentPort, 'a component runs outside a worker');
const port = parentPort;
/** What is asked before all is there to answer it. */
const early: ToGuest[] = [];
let receive = (message: ToGuest): void => {
  early.push(message);
};
const setup = await new Promise<ComponentSetup>((resolve) => {
  port.on('message', (message: ComponentSetup | ToGuest) => {
    if ('ring' in message) resolve(message);
    else receive(message);
  });
});
// how deep a stack was that overflowed is how deep a replay must get (wasm/traps.ts keeps a part)
Error.stackTraceLimit = Number.POSITIVE_INFINITY;
const announced = new Int32Array(setup.stored, 0, 1);
if (setup.later) setSuspendingStacks(GUEST_STACK_MB << 10);
let trapped = false;
/** Calls of functions, one after the other. */
let calls: Promise<void> = Promise.resolve();
let callee: Promise<ComponentExports> | undefined;
/** No more requests are to be taken. */
const drained = Promise.withResolvers<void>();

const changes = new HostChanges(setup.paranoid);
const tasks = new LiveTasks();
const traps = new GuestTraps(setup.modules, () => changes.memories);
const boundary = new CoreBoundary(new RingWriter(setup.ring, setup.trace), changes, tasks, traps);
const notes = new RequestNotes(
  () => boundary.log.nowNs,
  (request, state) => {
    send({ type: 'request', request, state });
    // the guest has exited, or something is wrong with the recording
    if (boundary.ending !== undefined) drained.resolve();
  },
);
const forwarding = new Forwarding({
  limit: setup.forwardLimit,
  send: (piece) => send({ type: 'forwarded', piece }),
  stored: new Int32Array(setup.stored, 4, 1),
  open: () => boundary.log.open,
});
const forwarded = new ForwardedStreams(forwarding);
const linker = new CoreLinker({
  boundary,
  changes,
  tasks,
  modules: setup.modules,
  surface: setup.surface,
  payload: setup.payload,
  onContext: setup.serve && ((what, kept) => notes.context(what, kept, boundary.currentStack)),
  onReturn: () => notes.returned(forwarding.event(), boundary.currentStack),
  onLowered: forwarded.lowered,
  onLifted: forwarded.lifted,
  announce: (instance, functions) => announce({ type: 'announce', instance, functions }),
});

receive = (message) => {
  if (message.type === 'call') void run(message.id);
  else if (message.type === 'call-function') {
    calls = calls.then(() => callFunction(message.id, message.func, message.args));
  } else if (message.type === 'drain') drained.resolve();
  else if (message.type === 'finish') finish();
};
for (const message of early) receive(message);

function announce(announcement: Announcement): void {
  const before = Atomics.load(announced, 0);
  port.postMessage(announcement);
  while (Atomics.load(announced, 0) === before) Atomics.wait(announced, 0, before, 100);
}

async function run(id: number): Promise<void> {
  try {
    const failed = setup.serve ? await serve(setup.serve) : await runCommand();
    if (!failed) {
      send({ type: 'returned', id, results: [] });
      return;
    }
    // an exit without a code: wasi:cli/run gives a result without a value
    send({ type: 'unwound', id, outcome: { kind: 'exit', code: 1 } });
  } catch (thrown) {
    boundary.log.settle();
    const outcome = outcomeOf(thrown);
    // of a server memory went on to change
    trapped = outcome.kind === 'trap' && setup.serve === undefined;
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
    onSpliced: (bytes) => {
      const event = forwarding.event();
      if (event === undefined) return;
      forwarding.all(event, 'body', bytes);
      forwarding.waitForRoom();
    },
  };
  const imports = preview2Imports(options);
  if (!setup.later) return imports;
  const { preview3Imports } = await import('./preview3-host.ts');
  return { ...imports, ...preview3Imports(options, imports, forwarded) };
}

/** @returns what makes an instance of the component */
async function loaded(): Promise<{ imports: Interfaces; make: () => ReturnType<Make> }> {
  (globalThis as Record<symbol, unknown>)[Symbol.for(HOOKS)] = linker.hooks;
  const generated = (await import(pathToFileURL(setup.program).href)) as GeneratedProgram;
  const imports = await withImportModules(await hostImports(), setup.given, setup.surface?.types);
  if (typeof imports === 'string') fail(imports);
  checkHost(imports);
  const make = () => {
    linker.startAnew();
    return generated.instantiate(
      (file) => setup.modules.find((one) => one.file === file)?.module,
      imports,
      (module, given) => linker.instantiate(module, given),
    );
  };
  return { imports, make };
}

/** @returns false: a server says nothing of the kind @throws what ended it for good, and the last trap */
async function serve(address: Address): Promise<boolean> {
  const { imports, make } = await loaded();
  const entryOf = (component: ComponentExports) => component[setup.entry];
  const program = new ServedProgram(() => {
    const made = make();
    return made instanceof Promise ? made.then(entryOf) : entryOf(made);
  }, boundary);
  await program.start();
  boundary.watch = notes;
  const server = await program.server(setup.later, { imports, notes, forwarding, forwarded });
  try {
    send({ type: 'serving', address: await server.listen(address) });
  } catch (thrown) {
    fail(`cannot serve on ${addressText(address)}: ${messageOf(thrown)}`);
  }
  await drained.promise;
  await server.close();
  // those of an instance that trapped never end
  await Promise.race([tasks.ended(), new Promise((resolve) => setTimeout(resolve, TASKS_MS))]);
  notes.flush();
  if (boundary.ending !== undefined) throw new Error('the server was ended');
  if (program.trapped) throw new Error('a request made the server trap');
  return false;
}

/** @returns whether the program says that it failed */
async function runCommand(): Promise<boolean> {
  const { make } = await loaded();
  const component = await make();
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

async function callFunction(
  id: number,
  func: ComponentFunction,
  args: readonly WitValue[],
): Promise<void> {
  const before = boundary.ending ?? boundary.unwoundAs;
  if (before !== undefined) {
    send({ type: 'unwound', id, outcome: before });
    return;
  }
  try {
    send({ type: 'returned', id, results: await resultsOf(func, args) });
  } catch (thrown) {
    boundary.log.settle();
    const outcome = outcomeOf(thrown);
    // what the runtime ended by itself cannot go on either
    boundary.unwoundAs = outcome;
    trapped = outcome.kind === 'trap';
    send({ type: 'unwound', id, outcome });
  }
}

async function resultsOf(
  { interface: from, name, returns, fallible }: ComponentFunction,
  args: readonly WitValue[],
): Promise<readonly WitValue[]> {
  callee ??= loaded().then(({ make }) => make());
  const made = await callee;
  const holder: Record<string, unknown> | undefined = from === '' ? made : made[from];
  const target = holder?.[camel(name)];
  invariant(typeof target === 'function', `no function ${name}`);
  let value: unknown;
  try {
    value = await Promise.race([target(...args), boundary.failed]);
  } catch (thrown) {
    const ended = boundary.ending ?? boundary.unwoundAs;
    if (ended !== undefined || !fallible || isTrapOfRuntime(thrown)) throw thrown;
    return [{ tag: 'err', val: payloadOf(thrown) }];
  }
  if (fallible) return [{ tag: 'ok', val: value as WitValue }];
  return returns ? [value as WitValue] : [];
}

/** jco throws the error of a result, in an error of its own if it is no object; and what traps, as any error. */
function isTrapOfRuntime(thrown: unknown): boolean {
  return thrown instanceof Error && !Object.hasOwn(thrown, 'payload');
}

function payloadOf(thrown: unknown): WitValue {
  return (thrown instanceof Error ? Reflect.get(thrown, 'payload') : thrown) as WitValue;
}

function outcomeOf(thrown: unknown): Outcome {
  // before what was thrown: jco puts traps into words of its own
  const ended = boundary.ending ?? boundary.unwoundAs;
  if (ended !== undefined) return ended;
  if (thrown instanceof WebAssembly.LinkError) {
    return { kind: 'failed', message: messageOf(thrown) };
  }
  return { kind: 'trap', trap: traps.read(thrown) };
}

function finish(): void {
  const { memories } = changes;
  const copies = trapped ? copiesOf(memories) : [];
  // what an asynchronous host wrote for a guest that did not run any more
  const finalMemory = changes.hasUntold() ? null : hashOfMemories(memories);
  send({ type: 'finished', finalMemory, memories: copies, stuck: isReading() });
}

function send(message: FromGuest): void {
  port.postMessage(message);
}
