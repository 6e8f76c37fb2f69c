/** The session's thread: answers one request at a time, and uses idle time to look ahead. */
import { setImmediate as immediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, messageOf, WasiRrError } from '../../errors.ts';
import { TraceReader } from '../../traces/reader.ts';
import { allowEnding } from '../../traces/zstd.ts';
import { setSuspendingStacks } from '../../wasm/suspending-stacks.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { SUSPENDING_STACK_KB } from '../overflow.ts';
import { failedReply, type Reply, SHARED_WORD } from '../requests/messages.ts';
import { Explorer } from './explorer.ts';
import type { ShouldPause } from './guest.ts';
import type { FromSession, SessionSetup, ToSession } from './messages.ts';
import { Paused, type ReplayProblem } from './seeker.ts';

setSuspendingStacks(SUSPENDING_STACK_KB);
Error.stackTraceLimit = MAX_FRAMES + 20;

invariant(parentPort, 'a session runs outside a worker');
const port = parentPort;
const setup = workerData as SessionSetup;
const shared = new Int32Array(setup.shared);
allowEnding(shared, SHARED_WORD.ending);
const trace = new TraceReader(setup.trace);

let explorer: Explorer | undefined;
let received = 0;
let busy = false;

port.on('message', (request: ToSession) => {
  received++;
  void answer(request);
});

async function answer(request: ToSession): Promise<void> {
  invariant(!busy, 'a second request at a time');
  busy = true;
  await ahead;
  send(await replyTo(request));
  busy = false;
  if (setup.readAhead) ahead = readAhead();
}

async function replyTo({ id, name, params }: ToSession): Promise<Reply> {
  const shouldPause: ShouldPause = (position) => {
    shared[SHARED_WORD.event] = position;
    return Atomics.load(shared, SHARED_WORD.cancelled) === id;
  };
  try {
    explorer ??= open();
    // each name has its own parameters; the union is not narrowed by indexing
    const handler = explorer[name] as (
      params: ToSession['params'],
      shouldPause: ShouldPause,
    ) => Promise<unknown>;
    return { type: 'answer', id, answer: await handler.call(explorer, params, shouldPause) };
  } catch (thrown) {
    if (thrown instanceof Paused) return { type: 'aborted', id };
    return failedReply(id, thrown);
  }
}

let ahead: Promise<void> = Promise.resolve();

async function readAhead(): Promise<void> {
  const wanted = () => busy || Atomics.load(shared, SHARED_WORD.sent) !== received;
  try {
    // lets a message in between
    while (!wanted() && (await explorer?.readAhead(wanted))) await immediate();
  } catch {
    // a problem of the trace has been told; whoever asks for the place gets it as an error
  }
}

function open(): Explorer {
  try {
    return new Explorer(trace, compile, setup.limits, {
      problem: (problem) => send({ type: 'problem', problem: problemMessage(problem) }),
      verified: (verified) => send({ type: 'verified', verified }),
    });
  } catch (thrown) {
    const error =
      thrown instanceof WasiRrError
        ? thrown
        : new WasiRrError('REPLAY_FAILED', messageOf(thrown), { cause: thrown });
    const problem: ReplayProblem = { event: -1, error, divergence: undefined };
    send({ type: 'problem', problem: problemMessage(problem) });
    throw error;
  }
}

function compile(bytes: Uint8Array, instance: number): WebAssembly.Module {
  const known = setup.modules[instance];
  if (known !== undefined) return known;
  try {
    const module = new WebAssembly.Module(bytes);
    send({ type: 'compiled', instance, module });
    return module;
  } catch (cause) {
    const { node, v8 } = trace.meta.runtime;
    throw new WasiRrError(
      'REPLAY_FAILED',
      `the module does not run here: ${messageOf(cause)}. It was recorded with Node ${node} (V8 ${v8}); this is Node ${process.version}.`,
      { cause },
    );
  }
}

function problemMessage({ event, error, divergence }: ReplayProblem) {
  return { event, code: error.code, message: error.message, divergence };
}

function send(message: FromSession | Reply): void {
  port.postMessage(message);
}
