/** Asks the thread that scans the trace. One instance a trace; close it to end the thread. */

import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { workerUrl } from '../../worker-url.ts';
import type { Answers, FromQueryWorker, Query, QuerySetup } from './query-messages.ts';

export type Asked<Answer> =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly message: string };

interface Waiting {
  readonly settle: (result: Asked<never>) => void;
  readonly progress: ((share: number) => void) | undefined;
}

export class QueryClient {
  private readonly worker: Worker;
  private readonly firstValid: Int32Array<SharedArrayBuffer>;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  constructor(trace: string) {
    const shared = new SharedArrayBuffer(4);
    this.firstValid = new Int32Array(shared);
    const setup: QuerySetup = { trace, shared };
    this.worker = new Worker(workerUrl('tui/trace/query-worker'), {
      workerData: setup,
      execArgv: ['--no-warnings'],
    });
    this.worker.on('message', (message: FromQueryWorker) => this.receive(message));
    this.worker.on('error', (cause) => this.fail(messageOf(cause)));
    this.worker.unref();
  }

  /**
   * @param progress told the share that is done, for what takes longer than 0.1 s
   */
  ask<Q extends Query>(
    query: Q,
    progress?: (share: number) => void,
  ): Promise<Asked<Answers[Q['kind']]>> {
    const id = this.nextId++;
    return new Promise((settle) => {
      this.waiting.set(id, { settle: settle as Waiting['settle'], progress });
      this.worker.postMessage({ id, query });
    });
  }

  /** Calls off everything that was asked so far. */
  cancelAll(): void {
    Atomics.store(this.firstValid, 0, this.nextId);
  }

  async close(): Promise<void> {
    this.cancelAll();
    await this.worker.terminate();
  }

  private receive(message: FromQueryWorker): void {
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.type === 'progress') {
      waiting.progress?.(message.share);
      return;
    }
    this.waiting.delete(message.id);
    if (message.type === 'answer') {
      waiting.settle({ state: 'answered', answer: message.answer as never });
    } else if (message.type === 'failed') {
      waiting.settle({ state: 'failed', message: message.message });
    } else {
      waiting.settle({ state: 'cancelled' });
    }
  }

  private fail(message: string): void {
    for (const { settle } of this.waiting.values()) settle({ state: 'failed', message });
    this.waiting.clear();
  }
}
