/**
 * Runs a guest on past the last recorded event, in slices: what a program that hung was doing. Between
 * slices the guest is paused, wherever it is. It has a thread of its own, and the session's guests are
 * not touched by it. A call of the guest's ends it: there is no recorded answer, and none is made up.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, invariant, messageOf, WasiRrError } from '../../errors.ts';
import type { CoreValue } from '../../traces/events.ts';
import { endThread } from '../../traces/zstd.ts';
import { namedFrames } from '../../wasm/traps.ts';
import { workerUrl } from '../../worker-url.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import type { MemoryRange, StackFrame } from './messages.ts';
import {
  ENDING_WORD,
  type FromPast,
  type PastInstances,
  type PastSetup,
  READ_FUNCTION,
  type ToPast,
} from './past-messages.ts';
import { type CodePlace, type CpuProfile, WorkerInspector } from './worker-inspector.ts';

/** As a batch replay's (replayer/replay.ts). */
const STACK_MB = 64;
/** Microseconds between two samples. */
const SAMPLE_US = 500;
/** Milliseconds that a thread may take to get round to a command. */
const PATIENCE_MS = 5000;
const MAX_HOTTEST = 20;

/** A function in which samples were taken. */
export interface HotFunction {
  readonly frame: StackFrame;
  /** Part of the samples that were taken in the function itself, 0 to 1. */
  readonly share: number;
}

/** How a slice ended. */
export interface PastStop {
  /**
   * - `paused`: it runs and would go on.
   * - `called`: it asks the host for something (`call`), or was interrupted in a call that has no
   *   recorded answer: it gets no further.
   * - `ended`: it returned, or trapped (`trap`).
   */
  readonly state: 'paused' | 'called' | 'ended';
  /** Milliseconds for which the guest ran on in this slice. */
  readonly ranMs: number;
  /** Innermost first. */
  readonly stack: readonly StackFrame[];
  /** Most samples first; those of this slice. */
  readonly hottest: readonly HotFunction[];
  readonly samples: number;
  readonly call?: { readonly name: string; readonly args: readonly CoreValue[] };
  readonly trap?: string;
}

/** A byte offset in the module as it was recorded; of a component, in that of an instance. */
export interface ModulePlace {
  readonly offset: number;
  readonly instance: number | undefined;
}

/** Puts names to places. */
export type NameFrames = (places: readonly ModulePlace[]) => Promise<readonly StackFrame[]>;

type Ended = Extract<FromPast, { type: 'called' | 'ended' }>;
type Bytes = Extract<FromPast, { type: 'bytes' }>;

/** Leaves a slice whose guest has stopped by itself: its thread answers no inspector any more. */
class StoppedByItself extends Error {}

export class PastRun {
  /** By which the inspector finds the thread. */
  private readonly name = `wasi-rr-${randomUUID()}`;
  private readonly worker: Worker;
  private readonly sent: Int32Array<SharedArrayBuffer>;
  private readonly nameFrames: NameFrames;
  private inspector: WorkerInspector | undefined;
  /** Whether V8's debugger holds it: then it cannot serve its messages. */
  private held = false;
  /** Whether the thread is being ended. */
  private closing = false;
  private readonly reached: Promise<void>;
  private readonly stopped: Promise<never>;
  private onReached: () => void = () => {};
  private onStopped: (reason: unknown) => void = () => {};
  /** Ends the slice under way. */
  private over = Promise.withResolvers<void>();
  /** When the slice began. */
  private since = Number.POSITIVE_INFINITY;
  private end: Ended | undefined;
  private instances: PastInstances | undefined;
  private readonly reads = new Map<number, (bytes: Bytes) => void>();
  private readIds = 0;

  /** @param trace path */
  constructor(trace: string, nameFrames: NameFrames) {
    this.nameFrames = nameFrames;
    this.reached = new Promise((resolve) => {
      this.onReached = resolve;
    });
    this.stopped = new Promise((_, reject) => {
      this.onStopped = reject;
    });
    // it may stop while no one waits for it
    this.stopped.catch(() => {});
    const shared = new SharedArrayBuffer(8);
    this.sent = new Int32Array(shared);
    this.worker = new Worker(workerUrl('replayer/session/past-worker'), {
      name: this.name,
      workerData: { trace, shared } satisfies PastSetup,
      execArgv: ['--no-warnings'],
      resourceLimits: { stackSizeMb: STACK_MB },
    });
    this.worker.on('message', (message: FromPast) => this.receive(message));
    this.worker.on('error', (cause) => this.onStopped(failed(messageOf(cause), cause)));
    this.worker.on('exit', () => this.onStopped(failed('its thread ended')));
  }

  /**
   * Lets the guest run for a while.
   * @throws WasiRrError REPLAY_FAILED (there is nothing to go on from), SESSION_FAILED; the reason of
   *   `signal`, after which only {@link close} is left
   */
  async run(sliceMs: number, options: RequestOptions = {}): Promise<PastStop> {
    const { signal } = options;
    signal?.throwIfAborted();
    const abort = () => void this.close();
    signal?.addEventListener('abort', abort, { once: true });
    this.worker.ref();
    this.over = Promise.withResolvers();
    try {
      return await this.slice(sliceMs);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof StoppedByItself) return await this.describeEnd();
      throw thrown;
    } finally {
      // a paused guest must not keep the process alive; one that is being ended must, for whoever waits for that
      if (!this.closing) this.worker.unref();
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the slice under way before its time. */
  pause(): void {
    this.over.resolve();
  }

  /** Bytes of the memory as it is now, cut where it ends. @throws WasiRrError SESSION_FAILED */
  async read(address: number, length: number): Promise<MemoryRange> {
    if (!this.held) {
      const id = ++this.readIds;
      const answer = new Promise<Bytes>((resolve) => this.reads.set(id, resolve));
      this.post({ type: 'read', id, address, length });
      const { bytes, size } = await answer;
      return { address, bytes, size };
    }
    const expression = `globalThis.${READ_FUNCTION}(${Number(address)}, ${Number(length)})`;
    const reply = await this.command('Runtime.evaluate', { expression, returnByValue: true });
    const { value } = (reply as { result: { value: string } }).result;
    const { bytes, size } = JSON.parse(value) as { bytes: string; size: number };
    return { address, bytes: new Uint8Array(Buffer.from(bytes, 'base64')), size };
  }

  /** Ends the guest and its thread. */
  async close(): Promise<void> {
    this.closing = true;
    this.inspector?.close();
    this.inspector = undefined;
    await endThread(this.worker, this.sent, ENDING_WORD);
  }

  private async slice(sliceMs: number): Promise<PastStop> {
    if (this.inspector === undefined) await this.start();
    await this.command('Profiler.start');
    if (this.held) await this.patiently(this.inspected.resume());
    this.held = false;
    // one that goes on would keep the process alive
    const timer = setTimeout(this.over.resolve, sliceMs);
    this.since = performance.now();
    await Promise.race([this.over.promise, this.stopped]).finally(() => clearTimeout(timer));
    const { profile } = (await this.command('Profiler.stop')) as { profile: CpuProfile };
    const ranMs = performance.now() - this.since;
    const places = await this.patiently(this.inspected.pause());
    this.held = true;
    const stack = await this.nameFrames(this.recorded(places));
    return { state: 'paused', ranMs, stack, ...(await this.hottest(profile)) };
  }

  /** Brings the guest to the end of the log, and lets it go from there. */
  private async start(): Promise<void> {
    const inspector = await Promise.race([WorkerInspector.attach(this.name), this.stopped]);
    if (inspector === undefined) {
      throw failed('this process cannot inspect its threads (a session inside a worker?)');
    }
    this.inspector = inspector;
    this.post({ type: 'start' });
    await Promise.race([this.reached, this.stopped]);
    this.post({ type: 'go' });
    // commands are taken while the guest runs, not while it waits
    await this.command('Profiler.enable');
    await this.command('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    await this.command('Debugger.enable');
  }

  private command(method: string, params?: object): Promise<unknown> {
    return this.patiently(this.inspected.send(method, params));
  }

  private get inspected(): WorkerInspector {
    invariant(this.inspector, 'a command without an inspector');
    return this.inspector;
  }

  private patiently<T>(work: Promise<T>): Promise<T> {
    const timer = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
      throw failed('its thread does not answer');
    });
    return Promise.race([work, late, this.stopped]).finally(() => {
      timer.abort();
      late.catch(() => {});
    });
  }

  private async hottest(
    profile: CpuProfile,
  ): Promise<{ hottest: readonly HotFunction[]; samples: number }> {
    const starts = new Map(
      profile.nodes.flatMap(({ id, callFrame: { url, columnNumber: offset } }) =>
        url.startsWith('wasm://') ? [[id, { url, offset }] as const] : [],
      ),
    );
    const counts = new Map<string, { readonly start: CodePlace; count: number }>();
    let samples = 0;
    for (const node of profile.samples ?? []) {
      const start = starts.get(node);
      if (start === undefined) continue;
      samples++;
      const key = `${start.offset} ${start.url}`;
      const known = counts.get(key) ?? { start, count: 0 };
      counts.set(key, known);
      known.count++;
    }
    const most = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, MAX_HOTTEST);
    const frames = await this.nameFrames(this.recorded(most.map(({ start }) => start)));
    const hottest = frames.map((frame, i) => ({ frame, share: (most[i]?.count ?? 0) / samples }));
    return { hottest, samples };
  }

  private async describeEnd(): Promise<PastStop> {
    const { end } = this;
    invariant(end, 'an end that was not told');
    this.instances = end.instances;
    const places = namedFrames(end.stack).flatMap(({ frame: { offset }, of }) =>
      this.placeIn(of, offset),
    );
    const ranMs = Math.max(0, performance.now() - this.since);
    const rest = { ranMs, stack: await this.nameFrames(places), hottest: [], samples: 0 };
    if (end.type === 'called') {
      return { state: 'called', call: { name: end.name, args: end.args }, ...rest };
    }
    return { state: 'ended', ...(end.trap !== undefined && { trap: end.trap }), ...rest };
  }

  private recorded(places: readonly CodePlace[]): readonly ModulePlace[] {
    return places.flatMap(({ url, offset }) =>
      this.placeIn(/^wasm:\/\/wasm\/(.*)-[0-9a-f]{8}$/.exec(url)?.[1], offset),
    );
  }

  /** @param name of the module in a stack trace; @returns nothing for what is none of the component's */
  private placeIn(name: string | undefined, offset: number): readonly ModulePlace[] {
    if (this.instances === undefined) return [{ offset, instance: undefined }];
    const own = this.instances[name ?? ''];
    return own === undefined ? [] : [{ offset: offset - own.shift, instance: own.instance }];
  }

  private receive(message: FromPast): void {
    switch (message.type) {
      case 'at-end':
        this.instances = message.instances;
        this.onReached();
        break;
      case 'bytes':
        this.reads.get(message.id)?.(message);
        this.reads.delete(message.id);
        break;
      case 'failed':
        this.onStopped(
          message.code === undefined
            ? failed(message.message)
            : new WasiRrError(message.code as ErrorCode, `${message.message}.`),
        );
        break;
      default:
        this.end = message;
        this.onStopped(new StoppedByItself());
    }
  }

  private post(message: ToPast): void {
    this.worker.postMessage(message);
    Atomics.add(this.sent, 0, 1);
    Atomics.notify(this.sent, 0);
  }
}

function failed(what: string, cause?: unknown): WasiRrError {
  return new WasiRrError('SESSION_FAILED', `the guest cannot run on: ${what}.`, { cause });
}
