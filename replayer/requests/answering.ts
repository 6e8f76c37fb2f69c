/**
 * The thread's end of a {@link RequestLink}: answers one request at a time, tells how far it has come, and gives up
 * what is called off.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../errors.ts';
import { allowEnding } from '../../traces/zstd.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import {
  failedReply,
  type Reply,
  type RequestOf,
  type RequestTable,
  SHARED_WORD,
} from './messages.ts';

/** What the thread is started with. */
interface Setup {
  /** Words of {@link SHARED_WORD}. */
  readonly shared: SharedArrayBuffer;
}

/** @param onEvent told each event that a replay comes to; throws where the request is called off */
type Handler<Params> = (params: Params, onEvent: (event: number) => void) => unknown;

/** Has a method for each request of a table. */
type Answerer<R extends RequestTable<R>> = { readonly [K in keyof R]: Handler<R[K]['params']> };

/** Thrown inside a replay that is to be given up. */
class Cancelled extends Error {}

/**
 * Answers the requests that this thread gets from now on.
 * @param make who answers, made at the first one; is given whom to tell while a program is prepared: the share
 *   that is done, 0 to 1
 */
export function answerRequests<R extends RequestTable<R>, S extends Setup>(
  make: (setup: S, onPreparing: (share: number) => void) => Answerer<R>,
): void {
  invariant(parentPort, 'requests are answered outside a worker');
  const port = parentPort;
  const setup = workerData as S;
  const shared = new Int32Array(setup.shared);
  allowEnding(shared, SHARED_WORD.ending);
  // the frames of a trap are compared with the recorded ones
  Error.stackTraceLimit = MAX_FRAMES + 20;
  let answerer: Answerer<R> | undefined;
  /** Id of the request that is worked at. */
  let running = 0;

  const goOn = () => {
    if (Atomics.load(shared, SHARED_WORD.cancelled) === running) throw new Cancelled();
  };
  const onPreparing = (share: number) => {
    shared[SHARED_WORD.prepared] = 1 + Math.floor(1000 * share);
    goOn();
  };
  const onEvent = (event: number) => {
    shared[SHARED_WORD.prepared] = 0;
    shared[SHARED_WORD.event] = event;
    goOn();
  };
  const replyTo = async ({ id, name, params }: RequestOf<R>): Promise<Reply> => {
    running = id;
    try {
      answerer ??= make(setup, onPreparing);
      // each name has its own parameters; the union is not narrowed by indexing
      const handler = answerer[name] as Handler<typeof params>;
      return { type: 'answer', id, answer: await handler.call(answerer, params, onEvent) };
    } catch (thrown) {
      return thrown instanceof Cancelled ? { type: 'aborted', id } : failedReply(id, thrown);
    }
  };
  port.on('message', async (request: RequestOf<R>) => port.postMessage(await replyTo(request)));
}
