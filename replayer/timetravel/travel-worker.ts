/** The thread of time travel: answers one request at a time, each by replays of the whole run. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../errors.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { failedReply, type Reply, SHARED_WORD } from '../requests/messages.ts';
import type { ToTravel, TravelSetup } from './messages.ts';
import { Traveller } from './traveller.ts';

invariant(parentPort, 'time travel runs outside a worker');
const port = parentPort;
const setup = workerData as TravelSetup;
const shared = new Int32Array(setup.shared);
Error.stackTraceLimit = MAX_FRAMES + 20;

/** Thrown inside a replay that is to be given up. */
class Cancelled extends Error {}

let traveller: Traveller | undefined;

port.on('message', async (request: ToTravel) => port.postMessage(await replyTo(request)));

/** Id of the request that is worked at. */
let running = 0;

function goOn(): void {
  if (Atomics.load(shared, SHARED_WORD.cancelled) === running) throw new Cancelled();
}

function onPreparing(share: number): void {
  shared[SHARED_WORD.prepared] = 1 + Math.floor(1000 * share);
  goOn();
}

async function replyTo({ id, name, params }: ToTravel): Promise<Reply> {
  running = id;
  const onEvent = (event: number) => {
    shared[SHARED_WORD.prepared] = 0;
    shared[SHARED_WORD.event] = event;
    goOn();
  };
  try {
    traveller ??= new Traveller(new TraceReader(setup.trace), setup.instance, onPreparing);
    // each name has its own parameters; the union is not narrowed by indexing
    const handler = traveller[name] as (
      params: ToTravel['params'],
      onEvent: (event: number) => void,
    ) => unknown;
    return { type: 'answer', id, answer: await handler.call(traveller, params, onEvent) };
  } catch (thrown) {
    return thrown instanceof Cancelled ? { type: 'aborted', id } : failedReply(id, thrown);
  }
}
