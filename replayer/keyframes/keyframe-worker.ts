/** The thread that keeps a session's keyframes: makes them, and answers what is asked of memory out of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../errors.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { failedReply, type Reply, SHARED_WORD } from '../requests/messages.ts';
import { KeyframeStore } from './keyframe-store.ts';
import type { KeyframeSetup, ToKeyframes } from './messages.ts';

invariant(parentPort, 'keyframes are kept outside a worker');
const port = parentPort;
const setup = workerData as KeyframeSetup;
const shared = new Int32Array(setup.shared);
// the frames of a trap are compared with the recorded ones
Error.stackTraceLimit = MAX_FRAMES + 20;

/** Thrown inside a replay that is to be given up. */
class Cancelled extends Error {}

let store: KeyframeStore | undefined;

port.on('message', async (request: ToKeyframes) => port.postMessage(await replyTo(request)));

async function replyTo({ id, name, params }: ToKeyframes): Promise<Reply> {
  const onEvent = (event: number) => {
    shared[SHARED_WORD.event] = event;
    if (Atomics.load(shared, SHARED_WORD.cancelled) === id) throw new Cancelled();
  };
  try {
    store ??= new KeyframeStore(new TraceReader(setup.trace));
    // each name has its own parameters; the union is not narrowed by indexing
    const handler = store[name] as (
      params: ToKeyframes['params'],
      onEvent: (event: number) => void,
    ) => unknown;
    return { type: 'answer', id, answer: await handler.call(store, params, onEvent) };
  } catch (thrown) {
    return thrown instanceof Cancelled ? { type: 'aborted', id } : failedReply(id, thrown);
  }
}
