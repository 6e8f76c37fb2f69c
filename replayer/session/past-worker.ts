/**
 * The thread of a guest that runs on past the end of its recording. It runs on the thread's own stack,
 * with plain imports: V8's debugger pauses wasm there even in an empty loop, but not on the stacks of JSPI
 * (tried with Node 26). Where it stands still it serves its messages itself.
 */
import { once } from 'node:events';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant, messageOf, WasiRrError } from '../../errors.ts';
import type { CoreValue } from '../../traces/events.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { GuestReplay } from '../guest-replay.ts';
import { made } from '../replay-step.ts';
import { type FromPast, type PastSetup, READ_FUNCTION, type ToPast } from './past-messages.ts';

invariant(parentPort, 'a guest runs on outside a worker');
const port = parentPort;
const setup = workerData as PastSetup;
const sent = new Int32Array(setup.shared);
Error.stackTraceLimit = MAX_FRAMES + 20;

const trace = new TraceReader(setup.trace);
let taken = 0;
/** Whether the guest has gone on past the log. */
let past = false;

const replay = new GuestReplay(trace, {
  module: unshared(trace.module()),
  endsInPlace: true,
  wrapImport:
    (answer, name) =>
    (...args: CoreValue[]) => {
      if (past) waitForEver(name, args);
      const result = answer(...args);
      if (replay.ending?.kind !== 'log-ended') return result;
      // it was interrupted in this call, and no answer is made up
      if (lastKind() === 'open') waitForEver(name, args);
      goPast();
      return result;
    },
});

/**
 * With an empty custom section at its end. V8 shares the code of equal modules between threads, and
 * would turn that of the session's guests into debug code too; offsets stay the same.
 */
function unshared(module: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(module.length + 3);
  bytes.set(module);
  bytes.set([0, 1, 0], module.length);
  return bytes;
}

/** The guest called the host, which is not there. */
function waitForEver(name: string, args: readonly CoreValue[]): never {
  const { stack = '' } = new Error('call');
  send({ type: 'called', name, args, stack });
  for (;;) serve();
}

function lastKind(): string | undefined {
  const [event] = trace.events(trace.eventCount - 1);
  return event?.kind;
}

function goPast(): void {
  send({ type: 'at-end' });
  while (serve() !== 'go');
  past = true;
}

/** Waits for a message and does what it says. */
function serve(): ToPast['type'] {
  while (Atomics.load(sent, 0) === taken) Atomics.wait(sent, 0, taken);
  const received = receiveMessageOnPort(port);
  if (received === undefined) return 'read';
  taken++;
  const message = received.message as ToPast;
  if (message.type === 'read') {
    const { id, address, length } = message;
    const memory = memoryNow();
    const bytes = memory.slice(address, address + length);
    send({ type: 'bytes', id, bytes, size: memory.length });
  }
  return message.type;
}

function memoryNow(): Uint8Array {
  const memory = replay.exports?.memory;
  return memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : new Uint8Array(0);
}

Object.defineProperty(globalThis, READ_FUNCTION, {
  value: (address: number, length: number) => {
    const memory = memoryNow();
    const bytes = Buffer.from(memory.slice(address, address + length)).toString('base64');
    return JSON.stringify({ bytes, size: memory.length });
  },
});

function run(): FromPast {
  const steps = replay.steps();
  let step = steps.next();
  while (!step.done) {
    if (step.value.kind === 'passed') {
      step = steps.next();
      continue;
    }
    // the log may end with the entry itself
    if (replay.events >= trace.eventCount) goPast();
    const ending = made(step.value);
    if (past) {
      const thrown = 'thrown' in ending ? ending.thrown : undefined;
      const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
      return { type: 'ended', trap: 'thrown' in ending ? messageOf(thrown) : undefined, stack };
    }
    step = steps.next(ending);
  }
  const message =
    step.value.kind === 'diverged'
      ? 'the trace does not replay to its end'
      : trace.eventCount === 0
        ? 'the recording ended before the guest was called: there is nothing to go on from'
        : 'the guest has come to its end: there is nothing beyond';
  return { type: 'failed', code: 'REPLAY_FAILED', message };
}

function send(message: FromPast): void {
  port.postMessage(message);
}

// an inspector can attach only as long as the thread's event loop turns
await once(port, 'message');
taken++;
try {
  send(run());
} catch (thrown) {
  const code = thrown instanceof WasiRrError ? thrown.code : undefined;
  send({ type: 'failed', code, message: messageOf(thrown) });
}
// whatever came of it, its memory can be looked at
for (;;) serve();
