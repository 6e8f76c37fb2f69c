/** The guest's thread: instantiates the module behind the boundary and calls what it is told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, messageOf } from '../errors.ts';
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { Outcome } from '../traces/outcome.ts';
import { PREVIEW1, PREVIEW1_MODULE } from '../wasi/preview1.ts';
import { MAX_FRAMES, trapFrom } from '../wasm/traps.ts';
import { hashOfMemory } from '../wasm/xxh64.ts';
import { Boundary } from './boundary.ts';
import type { ChaosSetup, FromGuest, GuestSetup, ToGuest } from './guest-messages.ts';
import type { Host } from './hosts/host.ts';
import { HOSTS } from './hosts/hosts.ts';
import { RingWriter } from './ring.ts';

/** A memory above this is not copied into the trace after a trap; a replay gives it all the same. */
const MAX_SNAPSHOT_BYTES = 256 << 20;

invariant(parentPort, 'the guest runs outside a worker');
const port = parentPort;
const setup = workerData as GuestSetup;
// a few more than are kept: the boundary's own frames stand among them
Error.stackTraceLimit = MAX_FRAMES + 20;

const plainHost = (await HOSTS[setup.host]())(setup.config);
const host = setup.chaos ? await withFaults(plainHost, setup.chaos) : plainHost;
const boundary = new Boundary({
  ring: new RingWriter(setup.ring, setup.trace),
  host,
  payload: setup.payload,
  paranoid: setup.paranoid,
});
let instance: WebAssembly.Instance | undefined;
let memory: WebAssembly.Memory | undefined;
let trapped = false;
let ended = false;

async function withFaults(plain: Host, { plan, notes }: ChaosSetup): Promise<Host> {
  const { chaoticHost } = await import('./chaos/chaotic-host.ts');
  const { writeNote } = await import('./chaos/injection-notes.ts');
  const ring = new RingWriter(notes);
  return chaoticHost(plain, plan, (fault, detail) =>
    writeNote(ring, boundary.nextEvent, fault, detail),
  );
}

port.on('message', (message: ToGuest) => {
  switch (message.type) {
    case 'instantiate':
      instantiate(message.module, message.imports);
      break;
    case 'call':
      call(message.id, message.func, message.args);
      break;
    case 'finish':
      finish();
  }
});

function instantiate(module: WebAssembly.Module, imports: readonly LoggedFunction[]): void {
  const functions: Record<string, unknown> = {};
  for (const func of imports) {
    const entry = PREVIEW1.get(func.name);
    invariant(entry, `no rules for ${func.name}`);
    functions[func.name] = boundary.wrap({
      func,
      reads: entry.reads,
      writes: entry.writes,
      host: host.functions.get(func.name),
    });
  }
  try {
    instance = new WebAssembly.Instance(module, { [PREVIEW1_MODULE]: functions });
  } catch (thrown) {
    unwind(undefined, -1, thrown);
    return;
  }
  const exported = instance.exports.memory;
  if (exported instanceof WebAssembly.Memory) memory = exported;
  boundary.bind(memory);
  // a host wants a memory even for a guest that passes it none
  host.bind(memory ?? new WebAssembly.Memory({ initial: 0 }));
  send({ type: 'instantiated' });
}

function call(id: number, func: LoggedFunction, args: readonly CoreValue[]): void {
  // calls that were sent before the guest exited are not made; the supervisor knows from the exit
  if (ended || instance === undefined) return;
  const target = instance.exports[func.name] as (...args: CoreValue[]) => unknown;
  const entered = boundary.enter(func, args);
  let returned: unknown;
  try {
    returned = target(...args);
  } catch (thrown) {
    unwind(id, entered, thrown);
    return;
  }
  const results = (Array.isArray(returned) ? returned : [returned]).slice(0, func.results.length);
  boundary.leave(entered, func.results, results as CoreValue[]);
  send({ type: 'returned', id, results: results as CoreValue[] });
}

function unwind(id: number | undefined, entered: number, thrown: unknown): void {
  const outcome = outcomeOf(thrown);
  boundary.ending = undefined;
  boundary.unwind(entered, outcome);
  trapped = outcome.kind === 'trap';
  // after a trap a guest's other exports can still be called; after an exit, nothing
  ended = outcome.kind !== 'trap';
  send({ type: 'unwound', id, outcome });
}

function outcomeOf(thrown: unknown): Outcome {
  const { ending } = boundary;
  if (ending?.kind === 'trap')
    return { kind: 'trap', trap: { ...trapFrom(thrown), ...kindOf(ending) } };
  if (ending !== undefined) return ending;
  if (thrown instanceof WebAssembly.LinkError)
    return { kind: 'failed', message: messageOf(thrown) };
  return { kind: 'trap', trap: trapFrom(thrown) };
}

function kindOf(ending: Extract<Outcome, { kind: 'trap' }>) {
  return { kind: ending.trap.kind, message: ending.trap.message };
}

function finish(): void {
  const pages = memory ? memory.buffer.byteLength / 65536 : 0;
  let copy: SharedArrayBuffer | undefined;
  if (memory && trapped && memory.buffer.byteLength <= MAX_SNAPSHOT_BYTES) {
    copy = new SharedArrayBuffer(memory.buffer.byteLength);
    new Uint8Array(copy).set(new Uint8Array(memory.buffer));
  }
  send({
    type: 'finished',
    finalMemory: memory ? { pages, xxh64: hashOfMemory(memory) } : null,
    memory: copy,
  });
}

function send(message: FromGuest): void {
  port.postMessage(message);
}
