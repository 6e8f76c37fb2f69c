/** The guest's thread: instantiates the module behind the boundary and calls what it is told to. */
import { parentPort } from 'node:worker_threads';
import { invariant, messageOf } from '../errors.ts';
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { Outcome } from '../traces/outcome.ts';
import { PREVIEW1, PREVIEW1_MODULE } from '../wasi/preview1.ts';
import { trapFrom } from '../wasm/traps.ts';
import { hashOfMemory } from '../wasm/xxh64.ts';
import { Boundary } from './boundary.ts';
import type { FromGuest, GuestSetup, ToGuest } from './guest-messages.ts';
import type { Host } from './hosts/host.ts';
import { HOSTS } from './hosts/hosts.ts';
import { copiesOf } from './memory-copies.ts';
import { RingWriter } from './ring.ts';

invariant(parentPort, 'the guest runs outside a worker');
const port = parentPort;
// how deep a stack was that overflowed is how deep a replay must get (wasm/traps.ts keeps a part)
Error.stackTraceLimit = Number.POSITIVE_INFINITY;

/** What is asked before the host is there waits for it. */
let guest: Promise<Guest> | undefined;

port.on('message', (message: GuestSetup | ToGuest) => {
  if ('ring' in message) guest = setUp(message);
  else void guest?.then((ready) => ready.answer(message));
});

async function setUp(setup: GuestSetup): Promise<Guest> {
  const plainHost = (await HOSTS[setup.host]())(setup.config);
  if (setup.chaos === undefined) return new Guest(setup, plainHost);
  const { chaoticHost } = await import('./chaos/chaotic-host.ts');
  const { writeNote } = await import('./chaos/injection-notes.ts');
  const ring = new RingWriter(setup.chaos.notes);
  const host = chaoticHost(plainHost, setup.chaos.plan, (fault, detail) =>
    writeNote(ring, one.nextEvent, fault, detail),
  );
  const one: Guest = new Guest(setup, host);
  return one;
}

class Guest {
  private readonly host: Host;
  private readonly boundary: Boundary;
  private instance: WebAssembly.Instance | undefined;
  private memory: WebAssembly.Memory | undefined;
  private trapped = false;
  private ended = false;

  constructor({ ring, trace, payload, paranoid }: GuestSetup, host: Host) {
    this.host = host;
    this.boundary = new Boundary({ ring: new RingWriter(ring, trace), host, payload, paranoid });
  }

  get nextEvent(): number {
    return this.boundary.nextEvent;
  }

  answer(message: ToGuest): void {
    switch (message.type) {
      case 'instantiate':
        this.instantiate(message.module, message.imports);
        break;
      case 'call':
        this.call(message.id, message.func, message.args);
        break;
      case 'finish':
        this.finish();
    }
  }

  private instantiate(module: WebAssembly.Module, imports: readonly LoggedFunction[]): void {
    const { host, boundary } = this;
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
      this.instance = new WebAssembly.Instance(module, { [PREVIEW1_MODULE]: functions });
    } catch (thrown) {
      this.unwind(undefined, -1, thrown);
      return;
    }
    const exported = this.instance.exports.memory;
    if (exported instanceof WebAssembly.Memory) this.memory = exported;
    boundary.bind(this.memory);
    // a host wants a memory even for a guest that passes it none
    host.bind(this.memory ?? new WebAssembly.Memory({ initial: 0 }));
    send({ type: 'instantiated' });
  }

  private call(id: number, func: LoggedFunction, args: readonly CoreValue[]): void {
    const { boundary, instance, ended } = this;
    // calls that were sent before the guest exited are not made; the supervisor knows from the exit
    if (ended || instance === undefined) return;
    const target = instance.exports[func.name] as (...args: CoreValue[]) => unknown;
    const entered = boundary.enter(func, args);
    let returned: unknown;
    try {
      returned = target(...args);
    } catch (thrown) {
      this.unwind(id, entered, thrown);
      return;
    }
    const results = (Array.isArray(returned) ? returned : [returned]).slice(0, func.results.length);
    boundary.leave(entered, func.results, results as CoreValue[]);
    send({ type: 'returned', id, results: results as CoreValue[] });
  }

  private unwind(id: number | undefined, entered: number, thrown: unknown): void {
    const { boundary } = this;
    const outcome = outcomeOf(thrown, boundary.ending);
    boundary.ending = undefined;
    boundary.unwind(entered, outcome);
    this.trapped = outcome.kind === 'trap';
    // after a trap a guest's other exports can still be called; after an exit, nothing
    this.ended = outcome.kind !== 'trap';
    send({ type: 'unwound', id, outcome });
  }

  private finish(): void {
    const { memory, trapped } = this;
    const pages = memory ? memory.buffer.byteLength / 65536 : 0;
    send({
      type: 'finished',
      finalMemory: memory ? { pages, xxh64: hashOfMemory(memory) } : null,
      memories: memory && trapped ? copiesOf([memory]) : [],
      stuck: false,
    });
  }
}

function outcomeOf(thrown: unknown, ending: Outcome | undefined): Outcome {
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

function send(message: FromGuest): void {
  port.postMessage(message);
}
