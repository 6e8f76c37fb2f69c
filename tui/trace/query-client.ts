/**
 * Asks the process that scans the trace. It is a process of its own because SQLite cannot be interrupted:
 * a filter may keep it busy for ever, and of all that could hold it only a process can be ended then. It
 * is started by the first question, and anew after it died. One instance a trace; close it in the end.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { messageOf } from '../../errors.ts';
import { workerUrl } from '../../worker-url.ts';
import type { Answers, FromQueryWorker, Query, ToQueryWorker } from './query-messages.ts';

export type Asked<Answer> =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly message: string };

interface Waiting {
  readonly id: number;
  readonly query: Query;
  readonly settle: (result: Asked<never>) => void;
  readonly progress: ((share: number) => void) | undefined;
}

/** Milliseconds that a query may take to stop once it is called off. */
const CANCEL_MS = 500;

export class QueryClient {
  private readonly trace: string;
  private readonly waiting = new Map<number, Waiting>();
  private worker: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;

  /** @param trace path */
  constructor(trace: string) {
    this.trace = trace;
  }

  /**
   * @param progress told the share that is done, for what takes longer than 0.1 s
   * @returns `failed` where the query is wrong, or the process died; asking again starts it anew
   */
  ask<Q extends Query>(
    query: Q,
    progress?: (share: number) => void,
  ): Promise<Asked<Answers[Q['kind']]>> {
    const id = this.nextId++;
    return new Promise((settle) => {
      this.waiting.set(id, { id, query, settle: settle as Waiting['settle'], progress });
      this.send({ type: 'query', id, query });
    });
  }

  /** Calls off everything that was asked so far. */
  cancelAll(): void {
    const before = this.nextId;
    if (this.waiting.size > 0) this.send({ type: 'cancel', before });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.insist(before), CANCEL_MS).unref();
  }

  close(): void {
    clearTimeout(this.timer);
    this.end();
    this.settleAll({ state: 'cancelled' });
  }

  private send(message: ToQueryWorker): void {
    this.worker ??= this.start();
    // where it is gone, its end is told by itself
    this.worker.send(message, () => {});
  }

  private start(): ChildProcess {
    const worker = fork(workerUrl('tui/trace/query-worker'), [this.trace], {
      execArgv: ['--no-warnings'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    worker.on('message', (message: FromQueryWorker) => this.receive(message));
    worker.on('error', (cause) => this.died(worker, messageOf(cause)));
    worker.on('exit', (code, signal) => this.died(worker, signal ?? `it exited with ${code}`));
    // neither keeps this process alive
    worker.unref();
    worker.channel?.unref();
    return worker;
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

  /** Ends the process unless all that came before an id is settled; what came after it is asked anew. */
  private insist(before: number): void {
    const late = [...this.waiting.values()].filter(({ id }) => id < before);
    if (late.length === 0) return;
    this.end();
    for (const { id, settle } of late) {
      this.waiting.delete(id);
      settle({ state: 'cancelled' });
    }
    for (const { id, query } of this.waiting.values()) this.send({ type: 'query', id, query });
  }

  private end(): void {
    const { worker } = this;
    this.worker = undefined;
    worker?.kill('SIGKILL');
  }

  private died(worker: ChildProcess, why: string): void {
    if (worker !== this.worker) return;
    this.worker = undefined;
    this.settleAll({
      state: 'failed',
      message: `the process that searches the trace failed (${why}); asking again starts it anew`,
    });
  }

  private settleAll(result: Asked<never>): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { settle } of all) settle(result);
  }
}
