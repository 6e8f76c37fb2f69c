/**
 * The supervisor: runs a guest in a thread of its own, drains its log into a trace, and ends both
 * whatever happens. The main thread stays responsive, so signals and time limits work on any guest.
 */
import { messageOf, WasiRrError } from '../errors.ts';
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { FinalMemory } from '../traces/meta.ts';
import type { Outcome } from '../traces/outcome.ts';
import { TraceWriter } from '../traces/writer.ts';
import { escapeText } from '../wasi/escape.ts';
import { checkedCall, type WitValue } from './component/component-exports.ts';
import type { ForwardedNews, ServerNews } from './component/component-messages.ts';
import type { ModuleProgram } from './guest-program.ts';
import { type CallResult, GuestThread, STOP_GRACE_MS } from './guest-thread.ts';
import { modulesOf, type RecordingSettings, startMeta } from './recording-settings.ts';
import { TraceLog } from './trace-log.ts';

/** Milliseconds for which what a guest sent before it ended may wait for peers that do not read. */
const LINGER_MS = 10_000;

/** Stands for running a component, which the library calls by this name. Never logged. */
export const COMMAND: LoggedFunction = {
  id: -1,
  direction: 'export',
  module: '',
  name: '_start',
  params: [],
  results: [],
};

export interface RecordingSummary {
  readonly outcome: Outcome;
  readonly finalMemory: FinalMemory | undefined;
  /** In the trace. */
  readonly events: number;
  readonly calls: number;
  readonly durationNs: number;
  /** How often each fault was injected; undefined without chaos. */
  readonly injected: Readonly<Record<string, number>> | undefined;
  /** The guest's thread still sits in a system call; only the end of the process ends it. */
  readonly stuck: boolean;
  /** Why the trace ends before the guest did (`onTraceError: 'continue'`); undefined where it does not. */
  readonly traceLost: WasiRrError | undefined;
}

export class Recording {
  private readonly settings: RecordingSettings;
  private readonly writer: TraceWriter;
  private readonly log: TraceLog;
  private readonly guest: GuestThread;
  private ending = false;

  /**
   * Creates the trace and starts the guest's thread; the guest is instantiated at once.
   * @throws WasiRrError OUTPUT_EXISTS, OUTPUT_UNWRITABLE
   */
  constructor(settings: RecordingSettings) {
    this.settings = settings;
    const { path, sync, program, chaos } = settings;
    this.writer = new TraceWriter(path, { sync });
    this.log = new TraceLog(this.writer, program, chaos !== undefined, (error) => this.lose(error));
    this.guest = new GuestThread(
      settings,
      this.log.rings,
      (announcement) => this.log.announce(announcement),
      (news) => this.hear(news),
    );
    void settings.network?.failed.then((message) => this.guest.stop({ kind: 'failed', message }));
    try {
      // while the guest starts
      this.writer.start(startMeta(settings), this.log.firstFunctions, modulesOf(program));
    } catch (cause) {
      this.guest.stop({ kind: 'failed', message: 'no trace' });
      throw cause;
    }
    this.log.start();
  }

  /** How many events and calls are logged so far. */
  get progress(): { readonly events: number; readonly calls: number } {
    return this.log.stored;
  }

  /**
   * Calls an export. Calls run one after the other; after an exit none is made any more.
   * @throws WasiRrError EXPORT_MISSING, EXPORT_UNSUPPORTED, OPTION_INVALID (arguments that do not fit),
   *   RECORDING_ENDED
   */
  call(name: string, args: readonly WitValue[] = []): Promise<CallResult> {
    this.checkOpen();
    const { program } = this.settings;
    if (program.kind === 'component') {
      if (program.entry !== '') return this.guest.call(wholeOf(program.name, name), []);
      if (program.functions === undefined) throw unreadable(program.name);
      const func = checkedCall(program.name, program.functions, name, args);
      return this.guest.callFunction(func, args);
    }
    const func = this.exportNamed(program, name);
    checkArguments(func, args);
    return this.guest.call(func, args);
  }

  /** A server takes no more requests; its call returns when those that have come are answered. */
  drain(): void {
    this.guest.drain();
  }

  private hear(news: ServerNews | ForwardedNews): void {
    const { onServing, onRequest } = this.settings;
    if (news.type === 'forwarded') this.log.write(() => this.writer.addForwarded(news.piece));
    else if (news.type === 'serving') onServing?.(news.address);
    else {
      this.log.write(() => this.writer.addRequest(news.request));
      if (news.state === 'done') onRequest?.(news.request);
    }
  }

  /** Ends the guest from outside, wherever it is. @param by a signal's name or `timeout` */
  interrupt(by: string): void {
    this.guest.stop({ kind: 'interrupted', by });
  }

  /**
   * Waits for the calls that were made, completes the trace and closes it.
   * @throws WasiRrError TRACE_WRITE_FAILED (unless the guest was to run on), RECORDING_ENDED (a second time)
   */
  async finish(): Promise<RecordingSummary> {
    this.checkOpen();
    this.ending = true;
    const { guest, log, settings } = this;
    const stuck = !(await guest.end());
    const stopped = guest.stoppedAfterMs !== undefined;
    await settings.network?.close(stopped ? STOP_GRACE_MS : LINGER_MS);
    log.end(stopped);
    const { outcome, finalMemory } = guest;
    log.write(() => this.complete(outcome));
    if (log.lost !== undefined) {
      this.cutShort(log.lost);
      if (settings.onTraceError === 'stop') throw log.lost;
    }
    return {
      ...log.stored,
      outcome,
      finalMemory,
      durationNs: this.durationNs(),
      injected: log.injected,
      stuck,
      traceLost: log.lost,
    };
  }

  private complete(outcome: Outcome): void {
    const { memoriesAfterTrap, finalMemory = null } = this.guest;
    const { stored } = this.log;
    for (const [number, memory] of memoriesAfterTrap.entries()) {
      if (memory === undefined) continue;
      this.writer.addSnapshot({ event: stored.events - 1, label: 'trap', number, memory });
    }
    this.writer.finish({ ...stored, outcome, finalMemory, durationNs: this.durationNs() });
  }

  private cutShort(error: WasiRrError): void {
    const left = this.settings.onTraceError === 'stop' ? 'was ended' : 'ran on unrecorded';
    const message = `the trace could not be written on (${messageOf(error.cause)}), and the program ${left}`;
    this.writer.finishCutShort({
      ...this.log.stored,
      outcome: { kind: 'failed', message },
      finalMemory: null,
    });
  }

  /** A run of which the rest is not recorded must not look recorded, and goes on only if that was asked for. */
  private lose(error: WasiRrError): void {
    this.settings.onTraceLost?.(error);
    if (this.settings.onTraceError === 'stop') {
      this.guest.stop({ kind: 'failed', message: error.message });
    }
  }

  // A guest that is ended from outside may have run on long after its last call.
  private durationNs(): number {
    const { guest, log } = this;
    const ms = log.lost === undefined ? (guest.stoppedAfterMs ?? 0) : guest.ranMs;
    return Math.max(log.stored.durationNs, Math.round(ms * 1e6));
  }

  private checkOpen(): void {
    if (!this.ending) return;
    throw new WasiRrError(
      'RECORDING_ENDED',
      `the recording of ${this.settings.program.name} was finished: nothing more can be called. Open another one.`,
    );
  }

  private exportNamed(program: ModuleProgram, name: string): LoggedFunction {
    const func = program.exports.get(name);
    if (func !== undefined) return func;
    if (program.unsupportedExports.has(name)) {
      throw new WasiRrError(
        'EXPORT_UNSUPPORTED',
        `${program.name}: the export ${escapeText(name)} takes or gives references, vectors or more than 16 values, which cannot be logged.`,
      );
    }
    throw new WasiRrError(
      'EXPORT_MISSING',
      `${program.name} exports no function ${escapeText(name)}. It exports: ${[...program.exports.keys()].map((one) => escapeText(one)).join(', ') || 'none'}.`,
    );
  }
}

/** @throws WasiRrError EXPORT_MISSING */
function wholeOf(component: string, name: string): LoggedFunction {
  if (name === COMMAND.name) return COMMAND;
  throw new WasiRrError(
    'EXPORT_MISSING',
    `${component} is a command, which runs as a whole: it can be called as ${COMMAND.name}, and not by ${escapeText(name)}.`,
  );
}

function unreadable(name: string): WasiRrError {
  return new WasiRrError(
    'EXPORT_UNSUPPORTED',
    `${name} has definitions that are not known here, so that its functions cannot be called one by one.`,
  );
}

function checkArguments(
  func: LoggedFunction,
  args: readonly WitValue[],
): asserts args is readonly CoreValue[] {
  const fits = func.params.every((type, i) =>
    type === 'i64' ? typeof args[i] === 'bigint' : typeof args[i] === 'number',
  );
  if (fits && args.length === func.params.length) return;
  throw new WasiRrError(
    'OPTION_INVALID',
    `${func.name} takes (${func.params.join(', ')}): numbers, and bigints for i64. It was given ${args.length} arguments` +
      ` (${args.map((arg) => typeof arg).join(', ')}).`,
  );
}
