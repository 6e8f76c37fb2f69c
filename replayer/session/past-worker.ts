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
import { allowEnding } from '../../traces/zstd.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { pastComponent } from './past-component.ts';
import type { PastEnd, PastGuest, PastHost } from './past-guest.ts';
import {
  ENDING_WORD,
  type FromPast,
  type PastSetup,
  READ_FUNCTION,
  type ToPast,
} from './past-messages.ts';
import { pastModule } from './past-module.ts';

invariant(parentPort, 'a guest runs on outside a worker');
const port = parentPort;
const setup = workerData as PastSetup;
const sent = new Int32Array(setup.shared);
allowEnding(sent, ENDING_WORD);
Error.stackTraceLimit = MAX_FRAMES + 20;

const trace = new TraceReader(setup.trace);
let taken = 0;
/** Whether the guest has gone on past the log. */
let past = false;
let guest: PastGuest | undefined;

const host: PastHost = {
  reached: () => {
    send({ type: 'at-end', instances: guest?.instances() });
    while (serve() !== 'go');
    past = true;
  },
  called: waitForEver,
  isPast: () => past,
};

/** The guest called the host, which is not there. */
function waitForEver(name: string, args: readonly CoreValue[]): never {
  const { stack = '' } = new Error('call');
  send({ type: 'called', name, args, stack, instances: guest?.instances() });
  for (;;) serve();
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
  return guest?.memory() ?? new Uint8Array(0);
}

Object.defineProperty(globalThis, READ_FUNCTION, {
  value: (address: number, length: number) => {
    const memory = memoryNow();
    const bytes = Buffer.from(memory.slice(address, address + length)).toString('base64');
    return JSON.stringify({ bytes, size: memory.length });
  },
});

function told(end: PastEnd): FromPast {
  if ('problem' in end) return { type: 'failed', code: 'REPLAY_FAILED', message: end.problem };
  const thrown = 'thrown' in end ? end.thrown : undefined;
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const trap = 'thrown' in end ? messageOf(thrown) : undefined;
  return { type: 'ended', trap, stack, instances: guest?.instances() };
}

function send(message: FromPast): void {
  port.postMessage(message);
}

// an inspector can attach only as long as the thread's event loop turns
await once(port, 'message');
taken++;
try {
  guest = (trace.meta.flavour === 'component' ? pastComponent : pastModule)(trace, host);
  send(told(await guest.run()));
} catch (thrown) {
  const code = thrown instanceof WasiRrError ? thrown.code : undefined;
  send({ type: 'failed', code, message: messageOf(thrown).replace(/\.$/, '') });
}
// whatever came of it, its memory can be looked at
for (;;) serve();
