/** Replaying as a library: runs a trace in a thread of its own and says what came of it. */

import { Worker } from 'node:worker_threads';
import { type ErrorCode, messageOf, WasiRrError } from '../errors.ts';
import type { FinalMemory, TraceMeta } from '../traces/meta.ts';
import type { Outcome } from '../traces/outcome.ts';
import { TraceReader } from '../traces/reader.ts';
import { endThread } from '../traces/zstd.ts';
import type { HttpResponse } from '../wasi/component/http-responses.ts';
import { workerUrl } from '../worker-url.ts';
import { type DivergenceReport, reportDivergence } from './divergence-report.ts';
import { countsFrames, OVERFLOW_STACK_MB } from './overflow.ts';
import { type FromReplay, type ReplayEnd, type ReplaySetup, SHARED } from './replay-messages.ts';

/**
 * Native stack of a replay: 16 times the recorder's (recorder/recording.ts), since frames of code that
 * is not optimised yet are up to 6 times as large. Only what is used of it is ever allocated.
 */
const STACK_MB = 64;

const PROGRESS_MS = 100;

export interface ReplayOptions {
  /** Path of a trace. */
  readonly trace: string;
  /** Replay this module instead of the recorded one; it diverges where it behaves otherwise. */
  readonly module?: Uint8Array;
  /** Gets what the guest printed, in order; a promise holds the replay back until it is done. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void | Promise<void>;
  /** Gets the responses of an HTTP server, as the replayed program makes them. */
  readonly onResponse?: (response: HttpResponse) => void;
  /** Called every 100 ms with the number of events replayed and of all. */
  readonly onProgress?: (events: number, total: number) => void;
  /** Ends the replay; the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

export interface ReplayReport {
  /**
   * `identical`: everything matched, to the end. `prefix`: everything matched, but the trace has no end
   * (interrupted, killed, cut short). `diverged`: see `divergence`.
   */
  readonly status: 'identical' | 'prefix' | 'diverged';
  /** As recorded. */
  readonly outcome: Outcome | undefined;
  /** Replayed, and in the trace. */
  readonly events: number;
  readonly totalEvents: number;
  readonly finalMemory: FinalMemory | undefined;
  readonly divergence: DivergenceReport | undefined;
  /** What a user should know besides, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Replays a trace and compares everything. No file but the trace is opened, no clock, no network.
 * @throws WasiRrError for traces that cannot be read or run (TRACE_*, SEGMENT_CORRUPT, REPLAY_FAILED)
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const trace = new TraceReader(options.trace);
  try {
    const stackMb = countsFrames(trace) ? OVERFLOW_STACK_MB : STACK_MB;
    const { end, events } = await runWorker(options, trace.eventCount, stackMb);
    const notes = notesOn(trace, end);
    const divergence =
      end.kind === 'diverged'
        ? reportDivergence(trace, end.divergence, { otherModule: options.module !== undefined })
        : undefined;
    const { outcome } = trace.meta;
    const ended = end.kind === 'replayed' && end.toItsEnd && hasEnd(trace);
    return {
      status: divergence ? 'diverged' : ended ? 'identical' : 'prefix',
      outcome,
      events,
      totalEvents: trace.eventCount,
      finalMemory: (end.kind === 'replayed' && end.finalMemory) || undefined,
      divergence,
      notes,
    };
  } finally {
    trace.close();
  }
}

function runWorker(
  options: ReplayOptions,
  total: number,
  stackSizeMb: number,
): Promise<{ end: ReplayEnd; events: number }> {
  const { onOutput, onProgress, signal } = options;
  const shared = new SharedArrayBuffer(SHARED.bytes);
  const words = new Int32Array(shared);
  const setup: ReplaySetup = {
    trace: options.trace,
    module: options.module,
    output: onOutput !== undefined,
    responses: options.onResponse !== undefined,
    shared,
  };
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerUrl('replayer/replay-worker'), {
      workerData: setup,
      execArgv: ['--no-warnings'],
      resourceLimits: { stackSizeMb },
    });
    let printing = Promise.resolve();
    let last = false;
    const timer =
      onProgress && setInterval(() => onProgress(words[SHARED.events] ?? 0, total), PROGRESS_MS);
    const abort = () => settle(() => reject(signal?.reason));
    const settle = (how: () => void) => {
      clearInterval(timer);
      signal?.removeEventListener('abort', abort);
      void endThread(worker, words, SHARED.ending);
      how();
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    worker.on('message', (message: FromReplay) => {
      if (message.type === 'output') {
        printing = printing.then(async () => {
          await onOutput?.(message.stream, message.bytes);
          Atomics.sub(words, SHARED.unprinted, message.bytes.length);
          Atomics.notify(words, SHARED.unprinted);
        });
        printing.catch((error: unknown) => settle(() => reject(error)));
        return;
      }
      if (message.type === 'response') {
        try {
          options.onResponse?.(message.response);
        } catch (error) {
          settle(() => reject(error));
        }
        return;
      }
      last = true;
      if (message.type === 'ended') {
        const { end, events } = message;
        printing.then(() => settle(() => resolve({ end, events })), reject);
      } else {
        printing.then(() => settle(() => reject(failure(message))), reject);
      }
    });
    worker.on('error', (cause) => settle(() => reject(failed(messageOf(cause), cause))));
    worker.on('exit', () => {
      if (!last) settle(() => reject(failed('its thread ended')));
    });
  });
}

function failure({ code, message, event }: Extract<FromReplay, { type: 'failed' }>): WasiRrError {
  return code === undefined
    ? failed(message)
    : new WasiRrError(code as ErrorCode, message, { event });
}

function failed(what: string, cause?: unknown): WasiRrError {
  return new WasiRrError('REPLAY_FAILED', `the replay failed: ${what}.`, { cause });
}

function notesOn(trace: TraceReader, end: ReplayEnd): string[] {
  const notes: string[] = [];
  if (trace.damage !== undefined) notes.push(trace.damage);
  else if (trace.meta.outcome === undefined) {
    notes.push('the trace is incomplete: the recorder was killed, or still runs');
  }
  if (end.kind === 'replayed') {
    if (end.note) notes.push(end.note);
    else if (!end.toItsEnd && hasEnd(trace)) {
      notes.push('the trace says how the run ended, but its log stops before that end');
    }
  }
  notes.push(...machineNotes(trace.meta));
  return notes;
}

/** Whether the guest itself came to an end when it was recorded, and all of that is here. */
function hasEnd({ complete, meta: { outcome } }: TraceReader): boolean {
  return complete && (outcome?.kind === 'exit' || outcome?.kind === 'trap');
}

/** NaN bits are the one thing that a CPU may do its own way; no difference was seen on one machine. */
function machineNotes({ runtime }: TraceMeta): string[] {
  if (runtime.arch === process.arch) return [];
  return [
    `recorded on ${runtime.arch}, replayed on ${process.arch}: bits of NaN values may differ between them`,
  ];
}
