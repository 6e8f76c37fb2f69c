/**
 * The thread's end of a {@link RequestLink}: answers one request at a time, tells how far it has come, and gives up
 * what is called off.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant } from '../../errors.ts';
import { allowEnding } from '../../traces/zstd.ts';
import { setSuspendingStacks } from '../../wasm/suspending-stacks.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';
import { SUSPENDING_STACK_KB } from '../overflow.ts';
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
type Answerer<R extends RequestTable<R>> = {
  readonly [K in keyof R]: Handler<R[K]['params']>;
} & Partial<WorksAhead<R>>;

/** Can do more than it was asked for, while nothing is. */
export interface WorksAhead<R extends RequestTable<R>> {
  /** @param onEvent as of a request: what it throws ends the work, which may go on when it is called again */
  readonly workAhead: (onEvent: (event: number) => void) => Promise<void>;
  /** Whether what is worked at answers this request, so that it is quicker to go on. */
  readonly worksAt: (request: RequestOf<R>) => boolean;
}

/** Milliseconds without a request after which there is time for more: what is shown takes several, one after the other. */
const PAUSE_MS = 20;

/** Thrown inside a replay that is to be given up. */
class Cancelled extends Error {}

/** The same, of work ahead, for a request that has come. */
class Overtaken extends Error {}

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
  setSuspendingStacks(SUSPENDING_STACK_KB);
  // the frames of a trap are compared with the recorded ones
  Error.stackTraceLimit = MAX_FRAMES + 20;
  let answerer: Answerer<R> | undefined;
  /** Id of the request that is worked at; undefined for work ahead. */
  let running: number | undefined;
  let received = 0;
  /** What came during work ahead. */
  let waiting: RequestOf<R> | undefined;
  let pause: NodeJS.Timeout | undefined;
  /** One thing after the other. */
  let last: Promise<void> = Promise.resolve();

  const goOn = () => {
    if (running === undefined) giveWay();
    else if (Atomics.load(shared, SHARED_WORD.cancelled) === running) throw new Cancelled();
  };
  const giveWay = () => {
    if (Atomics.load(shared, SHARED_WORD.sent) === received) return;
    waiting = receiveMessageOnPort(port)?.message;
    // it was sent, and is on its way
    if (waiting === undefined) return;
    received++;
    if (!answerer?.worksAt?.(waiting)) throw new Overtaken();
    running = waiting.id;
  };
  const onPreparing = (share: number) => {
    if (running !== undefined) shared[SHARED_WORD.prepared] = 1 + Math.floor(1000 * share);
    goOn();
  };
  const onEvent = (event: number) => {
    if (running !== undefined) {
      shared[SHARED_WORD.prepared] = 0;
      shared[SHARED_WORD.event] = event;
    }
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
  const answer = async (request: RequestOf<R>): Promise<void> => {
    port.postMessage(await replyTo(request));
    clearTimeout(pause);
    if (answerer?.workAhead === undefined) return;
    pause = setTimeout(() => {
      last = last.then(workAhead);
    }, PAUSE_MS);
  };
  let givesUp = false;
  const workAhead = async (): Promise<void> => {
    running = undefined;
    try {
      if (!givesUp) await answerer?.workAhead?.(onEvent);
    } catch (thrown) {
      // whoever asks for it is told why it fails
      givesUp ||= !(thrown instanceof Overtaken || thrown instanceof Cancelled);
    }
    const next = waiting;
    waiting = undefined;
    if (next !== undefined) await answer(next);
  };
  port.on('message', (request: RequestOf<R>) => {
    received++;
    clearTimeout(pause);
    last = last.then(() => answer(request));
  });
}
