/**
 * The connection to a thread that answers requests: sends one at a time, cancels, tells progress, and
 * starts the thread anew after it died.
 */
import { Worker } from 'node:worker_threads';
import { type ErrorCode, messageOf, WasiRrError } from '../../errors.ts';
import { endThread } from '../../traces/zstd.ts';
import { type Reply, type RequestOf, type RequestTable, SHARED_WORD } from './messages.ts';

/** As a batch replay's (replayer/replay.ts). */
const STACK_MB = 64;

/**
 * For what a replay throws away at once, a quarter of Node's own limit, which filled up for nothing: the
 * terminal debugger held 60 MB less, and jumps in runs of 7,000 and of 1 M calls took as long.
 */
const YOUNG_MB = 12;

/** Milliseconds after which a request tells its progress, and between two such reports. */
const PROGRESS_MS = 200;

/**
 * Milliseconds that a cancelled request may take to stop. A guest that computes without making a call
 * cannot be stopped but by ending its thread, which costs what the thread holds.
 */
const CANCEL_MS = 500;

/**
 * Told how far a request is.
 * @param event that the replay has come to, -1 before it begins
 * @param preparing while the program is made ready to be looked into: the share of it that is; else undefined
 */
export type OnProgress = (event: number, preparing?: number | undefined) => void;

export interface RequestOptions {
  /** Gives the request up; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called every 200 ms from 200 ms on. */
  readonly onProgress?: OnProgress | undefined;
}

export interface RequestThread {
  /** Of the thread's program. */
  readonly url: URL;
  /** Native stack; as a batch replay's unless given. */
  readonly stackMb?: number;
  /** `workerData` for a new thread, but for `shared`, the words of messages.ts. */
  readonly setup: () => object;
  /** Gets what is no reply. */
  readonly receive: (message: unknown) => void;
}

interface Pending {
  readonly id: number;
  readonly message: unknown;
  readonly options: RequestOptions;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class RequestLink<R extends RequestTable<R>> {
  private readonly thread: RequestThread;
  private worker: Worker | undefined;
  private words = new Int32Array(new SharedArrayBuffer(SHARED_WORD.bytes));
  private queue: Pending[] = [];
  private running: Pending | undefined;
  private timers: NodeJS.Timeout[] = [];
  private ids = 0;
  private closed = false;

  constructor(thread: RequestThread) {
    this.thread = thread;
  }

  /**
   * @throws WasiRrError as the request does; SESSION_FAILED where the thread died, SESSION_CLOSED; and
   *   the reason of `signal`
   */
  request<K extends keyof R>(
    name: K,
    params: R[K]['params'],
    options: RequestOptions = {},
  ): Promise<R[K]['answer']> {
    const { signal } = options;
    if (this.closed) return Promise.reject(sessionClosed());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const id = ++this.ids;
      const message: RequestOf<R> = { id, name, params };
      const abort = () => this.abort(pending);
      const done = () => signal?.removeEventListener('abort', abort);
      const pending: Pending = {
        id,
        message,
        options,
        resolve: (answer) => {
          done();
          resolve(answer as R[K]['answer']);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.queue.push(pending);
      this.sendNext();
    });
  }

  /** Ends the thread; what is under way is rejected. */
  async close(): Promise<void> {
    this.closed = true;
    await this.end(sessionClosed());
    for (const { reject } of this.queue.splice(0)) reject(sessionClosed());
  }

  private sendNext(): void {
    if (this.running !== undefined) return;
    const next = this.queue.shift();
    if (next === undefined) return;
    this.running = next;
    this.worker ??= this.start();
    this.worker.ref();
    this.words[SHARED_WORD.event] = -1;
    this.words[SHARED_WORD.prepared] = 0;
    Atomics.add(this.words, SHARED_WORD.sent, 1);
    this.worker.postMessage(next.message);
    const { onProgress } = next.options;
    if (onProgress) {
      const report = () => {
        const prepared = this.words[SHARED_WORD.prepared] ?? 0;
        onProgress(
          this.words[SHARED_WORD.event] ?? -1,
          prepared > 0 ? (prepared - 1) / 1000 : undefined,
        );
      };
      this.timers.push(setInterval(report, PROGRESS_MS));
    }
  }

  private abort(pending: Pending): void {
    pending.reject(pending.options.signal?.reason);
    if (this.running !== pending) {
      this.queue = this.queue.filter((one) => one !== pending);
      return;
    }
    // who gave it up is told no progress of it
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
    Atomics.store(this.words, SHARED_WORD.cancelled, pending.id);
    this.timers.push(setTimeout(() => void this.end(undefined), CANCEL_MS));
  }

  private start(): Worker {
    const shared = new SharedArrayBuffer(SHARED_WORD.bytes);
    this.words = new Int32Array(shared);
    const worker = new Worker(this.thread.url, {
      workerData: { ...this.thread.setup(), shared },
      execArgv: ['--no-warnings'],
      resourceLimits: {
        stackSizeMb: this.thread.stackMb ?? STACK_MB,
        maxYoungGenerationSizeMb: YOUNG_MB,
      },
    });
    worker.on('message', (message: Reply | { readonly type: string }) => {
      if ('id' in message) this.finish(message);
      else this.thread.receive(message);
    });
    worker.on('error', (cause) => {
      if (worker === this.worker) void this.end(threadFailed(messageOf(cause), cause));
    });
    worker.on('exit', () => {
      if (worker === this.worker) void this.end(threadFailed('it ended by itself'));
    });
    return worker;
  }

  private finish(message: Reply): void {
    const { running } = this;
    if (running?.id !== message.id) return;
    this.settled();
    // an idle session must not keep the process alive
    this.worker?.unref();
    if (message.type === 'answer') running.resolve(message.answer);
    else if (message.type === 'aborted') running.reject(running.options.signal?.reason);
    else {
      const { code, message: text, event } = message;
      running.reject(
        code === undefined
          ? threadFailed(text)
          : new WasiRrError(code as ErrorCode, text, { event }),
      );
    }
    this.sendNext();
  }

  private settled(): void {
    this.running = undefined;
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
  }

  /** Ends the thread. The next request gets a new one. */
  private async end(reason: unknown): Promise<void> {
    const { worker, running, words } = this;
    this.worker = undefined;
    this.settled();
    running?.reject(reason);
    const ended = worker && endThread(worker, words, SHARED_WORD.ending);
    if (!this.closed) this.sendNext();
    await ended;
  }
}

function threadFailed(what: string, cause?: unknown): WasiRrError {
  return new WasiRrError(
    'SESSION_FAILED',
    `the session's thread failed: ${what}. Asking again starts it anew; if it fails again, the guest may need more memory than there is.`,
    { cause },
  );
}

function sessionClosed(): WasiRrError {
  return new WasiRrError('SESSION_CLOSED', 'the session was closed.');
}
