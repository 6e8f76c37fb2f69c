/**
 * The supervisor: runs a guest in a thread of its own, drains its log into a trace, and ends both
 * whatever happens. The main thread stays responsive, so signals and time limits work on any guest.
 */

import { cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import { messageOf, WasiRrError } from '../errors.ts';
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import {
  type ComponentMeta,
  type FinalMemory,
  type GuestString,
  guestString,
  type StartMeta,
} from '../traces/meta.ts';
import type { Outcome } from '../traces/outcome.ts';
import { TraceWriter } from '../traces/writer.ts';
import { CoreMeanings } from '../wasi/component/core-meanings.ts';
import { escapeText } from '../wasi/escape.ts';
import { workerUrl } from '../worker-url.ts';
import { readNotes } from './chaos/injection-notes.ts';
import type { ChaosPlan } from './chaos/plan.ts';
import { ComponentIndexing } from './component/component-indexing.ts';
import type { Announcement, ComponentSetup } from './component/component-messages.ts';
import type { ComponentProgram } from './component/component-program.ts';
import type { FromGuest, GuestSetup, ToGuest } from './guest-messages.ts';
import type { GuestProgram } from './guest-program.ts';
import type { HostConfig, HostName } from './hosts/host.ts';
import { LogSink } from './log-sink.ts';
import { ModuleIndexing } from './module-indexing.ts';
import { addressText } from './network/address.ts';
import type { Network } from './network/network.ts';
import { createRing, RingReader } from './ring.ts';

/** Milliseconds between looks at an idle ring. With the flush at each, a crash loses at most 20 ms. */
const POLL_MS = 8;

/** Milliseconds for which a guest that is told to stop may sit in a system call. */
const STOP_GRACE_MS = 300;

/** Milliseconds for which what a guest sent before it ended may wait for peers that do not read. */
const LINGER_MS = 10_000;

/**
 * Native stack of the guest's thread. A C program with deep recursion gets on wasmtime about as far
 * as here; a replay runs with 16 times as much (replayer/replay.ts).
 */
const STACK_MB = 4;

const WORKERS = {
  module: 'recorder/guest-worker',
  component: 'recorder/component/component-worker',
} as const;

/** Stands for running a component. Never logged. */
const COMMAND: LoggedFunction = {
  id: -1,
  direction: 'export',
  module: '',
  name: '_start',
  params: [],
  results: [],
};

export interface RecordingSettings {
  readonly program: GuestProgram;
  readonly config: Omit<HostConfig, 'network'>;
  /** The guest's sockets; closed with the recording. */
  readonly network: Network | undefined;
  readonly host: HostName;
  readonly path: string;
  readonly payload: number | 'full';
  readonly paranoid: boolean;
  /** Faults to inject. */
  readonly chaos: ChaosPlan | undefined;
  readonly sync: boolean;
  /** Whether a component may use the network. */
  readonly net: boolean;
  /** Names of variables that hold placeholders. */
  readonly redacted: readonly GuestString[];
  readonly tool: { readonly name: string; readonly version: string };
}

/** How one call into the guest ended. */
export type CallResult =
  | { readonly kind: 'returned'; readonly results: readonly CoreValue[] }
  | { readonly kind: 'unwound'; readonly outcome: Outcome };

export interface RecordingSummary {
  readonly outcome: Outcome;
  readonly finalMemory: FinalMemory | undefined;
  readonly events: number;
  readonly calls: number;
  readonly durationNs: number;
  /** How often each fault was injected; undefined without chaos. */
  readonly injected: Readonly<Record<string, number>> | undefined;
  /** The guest's thread still sits in a system call; only the end of the process ends it. */
  readonly stuck: boolean;
}

export class Recording {
  private readonly settings: RecordingSettings;
  private readonly writer: TraceWriter;
  private readonly ring: RingReader;
  private readonly sink: LogSink;
  /** The trace's dictionary, which a component's grows while it runs. */
  private readonly functions = new Map<number, LoggedFunction>();
  /** What the functions of a component stand for. */
  private readonly meanings: CoreMeanings;
  private readonly announced = new Int32Array(new SharedArrayBuffer(4));
  /** What the faults of a chaotic run say of themselves. */
  private readonly notes: RingReader | undefined;
  private readonly injected: Record<string, number> = {};
  private readonly worker: Worker;
  private readonly pendingCalls = new Map<number, (result: CallResult) => void>();
  private nextCall = 0;
  private readonly startedMs = uptimeMs();
  private stoppedMs = 0;
  private timer: NodeJS.Timeout | undefined;
  /** How the last entry into the guest that did not return ended. */
  private unwound: Outcome | undefined;
  private stopping: Outcome | undefined;
  private writeError: unknown;
  /** Whether {@link finish} was called, and whether it has all of the log. */
  private ending = false;
  private finished = false;
  private finalMemory: FinalMemory | undefined;
  private snapshot: SharedArrayBuffer | undefined;
  private readonly exited = Promise.withResolvers<void>();
  private readonly stopped = Promise.withResolvers<void>();

  /**
   * Creates the trace and starts the guest's thread; the guest is instantiated at once.
   * @throws WasiRrError OUTPUT_EXISTS, OUTPUT_UNWRITABLE, TRACE_WRITE_FAILED
   */
  constructor(settings: RecordingSettings) {
    this.settings = settings;
    const { program } = settings;
    const shared = createRing();
    const notes = settings.chaos && createRing();
    this.writer = new TraceWriter(settings.path, { sync: settings.sync });
    const functions =
      program.kind === 'module' ? [...program.imports, ...program.exports.values()] : [];
    for (const func of functions) this.functions.set(func.id, func);
    this.ring = new RingReader(shared);
    this.notes = notes && new RingReader(notes);
    this.meanings = new CoreMeanings(
      program.kind === 'component' ? program.surface?.words : undefined,
    );
    const indexing =
      program.kind === 'module'
        ? new ModuleIndexing(this.functions)
        : new ComponentIndexing(this.functions, this.meanings);
    this.sink = new LogSink(this.writer, indexing);
    this.worker = new Worker(workerUrl(WORKERS[program.kind]), {
      workerData:
        program.kind === 'module'
          ? this.guestSetup(shared, notes)
          : this.componentSetup(shared, program),
      transferList: settings.network ? [settings.network.guest.port] : [],
      execArgv: ['--no-warnings'],
      resourceLimits: { stackSizeMb: STACK_MB },
      // else Node opens process.stdout and .stderr, which makes a pipe non-blocking that the guest
      // writes to as well: it would get AGAIN from every full pipe
      stdout: true,
      stderr: true,
    });
    this.worker.on('message', (message: FromGuest) => this.receive(message));
    this.worker.on('error', (error) => {
      this.stopping ??= {
        kind: 'failed',
        message: `the guest's thread failed: ${messageOf(error)}`,
      };
    });
    this.worker.on('exit', () => this.workerGone());
    if (program.kind === 'module') {
      this.tell({ type: 'instantiate', module: program.module, imports: program.imports });
    }
    try {
      // while the guest starts
      this.writer.start(this.startMeta(), functions);
      const modules =
        program.kind === 'module'
          ? [program]
          : program.modules.map(({ file, sha256, bytes }) => ({ name: file, sha256, bytes }));
      for (const { sha256, name, bytes } of modules) this.writer.addModule({ sha256, name, bytes });
    } catch (cause) {
      void this.worker.terminate();
      this.writer.discard();
      throw cause;
    }
    this.poll();
  }

  /** How many events and calls are logged so far. */
  get progress(): { readonly events: number; readonly calls: number } {
    return { events: this.sink.eventCount, calls: this.sink.callCount };
  }

  /**
   * Calls an export. Calls run one after the other; after an exit none is made any more.
   * @throws WasiRrError EXPORT_MISSING, EXPORT_UNSUPPORTED, OPTION_INVALID (arguments that do not fit),
   *   RECORDING_ENDED
   */
  call(name: string, args: readonly CoreValue[] = []): Promise<CallResult> {
    this.checkOpen();
    const func = this.exportNamed(name);
    checkArguments(func, args);
    const id = this.nextCall++;
    return new Promise((resolve) => {
      const ended = this.stopping ?? (this.unwound?.kind === 'trap' ? undefined : this.unwound);
      if (ended !== undefined) {
        resolve({ kind: 'unwound', outcome: ended });
        return;
      }
      this.pendingCalls.set(id, resolve);
      this.tell({ type: 'call', id, func, args });
    });
  }

  /** Ends the guest from outside, wherever it is. @param by a signal's name or `timeout` */
  interrupt(by: string): void {
    this.stop({ kind: 'interrupted', by });
  }

  /**
   * Waits for the calls that were made, completes the trace and closes it.
   * @throws WasiRrError TRACE_WRITE_FAILED, RECORDING_ENDED (a second time)
   */
  async finish(): Promise<RecordingSummary> {
    this.checkOpen();
    this.ending = true;
    if (this.stopping === undefined) this.tell({ type: 'finish' });
    const stuck = !(await this.waitForWorker());
    await this.settings.network?.close(this.stopping ? STOP_GRACE_MS : LINGER_MS);
    this.finished = true;
    clearTimeout(this.timer);
    this.drain();
    const half = this.stopping && this.ring.half();
    if (half) this.sink.takeHalf(half);
    this.flush();
    this.attempt(() => this.sink.finish());
    try {
      if (this.writeError !== undefined) throw this.writeError;
      return this.complete(stuck);
    } catch (cause) {
      this.writer.abandon();
      throw cause;
    }
  }

  private complete(stuck: boolean): RecordingSummary {
    const outcome = this.stopping ?? this.unwound ?? { kind: 'exit', code: 0 };
    const summary: RecordingSummary = {
      outcome,
      finalMemory: this.finalMemory,
      events: this.sink.eventCount,
      calls: this.sink.callCount,
      durationNs: this.durationNs(),
      injected: this.notes && this.injected,
      stuck,
    };
    const { stuck: _, injected: __, finalMemory, ...rest } = summary;
    if (this.snapshot && outcome.kind === 'trap') {
      this.writer.addSnapshot({
        event: this.sink.eventCount - 1,
        label: 'trap',
        memory: new Uint8Array(this.snapshot),
      });
    }
    this.writer.finish({ ...rest, finalMemory: finalMemory ?? null });
    return summary;
  }

  // A guest that is ended from outside may have run on long after its last call.
  private durationNs(): number {
    const last = this.sink.nowNs;
    return this.stopping
      ? Math.max(last, Math.round((this.stoppedMs - this.startedMs) * 1e6))
      : last;
  }

  private checkOpen(): void {
    if (!this.ending) return;
    throw new WasiRrError(
      'RECORDING_ENDED',
      `the recording of ${this.settings.program.name} was finished: nothing more can be called. Open another one.`,
    );
  }

  private guestSetup(ring: SharedArrayBuffer, notes: SharedArrayBuffer | undefined): GuestSetup {
    const { host, config, network, paranoid, chaos } = this.settings;
    return {
      ring,
      host,
      config: { ...config, network: network?.guest },
      payload: this.payloadLimit(),
      paranoid,
      chaos: chaos && notes && { plan: chaos, notes },
    };
  }

  private payloadLimit(): number {
    const { payload } = this.settings;
    return payload === 'full' ? Number.POSITIVE_INFINITY : payload;
  }

  private componentSetup(
    ring: SharedArrayBuffer,
    { program, modules, surface }: ComponentProgram,
  ): ComponentSetup {
    const { config, paranoid, net } = this.settings;
    const core = modules.map(({ id, file, module, declarations }) => ({
      id,
      file,
      module,
      declarations,
    }));
    return {
      ring,
      config,
      paranoid,
      payload: this.payloadLimit(),
      net,
      announced: this.announced.buffer,
      program,
      surface: surface && { types: surface.words, instances: surface.instances },
      modules: core,
    };
  }

  private announce({ instance, functions }: Announcement): void {
    this.attempt(() => {
      this.writer.addFunctions(functions);
      if (instance) this.writer.addInstance(instance);
    });
    if (instance) this.meanings.add(instance);
    for (const func of functions) this.functions.set(func.id, func);
    Atomics.add(this.announced, 0, 1);
    Atomics.notify(this.announced, 0);
  }

  private exportNamed(name: string): LoggedFunction {
    const { program } = this.settings;
    // the one thing that a component's thread does
    if (program.kind === 'component') return COMMAND;
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

  private receive(message: FromGuest): void {
    switch (message.type) {
      case 'announce':
        this.announce(message);
        break;
      case 'instantiated':
        break;
      case 'returned':
        this.settle(message.id, { kind: 'returned', results: message.results });
        break;
      case 'unwound':
        this.unwound = message.outcome;
        if (message.id !== undefined) {
          this.settle(message.id, { kind: 'unwound', outcome: message.outcome });
        }
        if (message.id === undefined || message.outcome.kind !== 'trap')
          this.settleAll(message.outcome);
        break;
      case 'finished':
        this.finalMemory = message.finalMemory ?? undefined;
        this.snapshot = message.memory;
        void this.worker.terminate();
    }
  }

  private settle(id: number, result: CallResult): void {
    this.pendingCalls.get(id)?.(result);
    this.pendingCalls.delete(id);
  }

  private settleAll(outcome: Outcome): void {
    for (const id of this.pendingCalls.keys()) this.settle(id, { kind: 'unwound', outcome });
  }

  private stop(outcome: Outcome): void {
    if (this.stopping !== undefined) return;
    this.stopping = outcome;
    this.stoppedMs = uptimeMs();
    this.stopped.resolve();
    void this.worker.terminate();
    // a guest in a system call cannot be ended; whoever waits for it must not wait
    setTimeout(() => this.settleAll(outcome), STOP_GRACE_MS).unref();
  }

  private workerGone(): void {
    this.exited.resolve();
    this.settleAll(
      this.stopping ?? this.unwound ?? { kind: 'failed', message: "the guest's thread ended" },
    );
  }

  /** @returns whether the thread has ended; one that is stopped gets {@link STOP_GRACE_MS} */
  private async waitForWorker(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = this.stopped.promise.then(
      () =>
        new Promise<false>((resolve) => {
          timer = setTimeout(() => resolve(false), STOP_GRACE_MS);
        }),
    );
    const gone = await Promise.race([this.exited.promise.then(() => true), tooLate]);
    clearTimeout(timer);
    return gone;
  }

  private poll(): void {
    if (this.finished) return;
    const busy = this.drain();
    if (this.writeError !== undefined || this.finished) return;
    // a guest that fills the ring is served again at once, but signals and messages in between
    if (busy) setImmediate(() => this.poll());
    else this.timer = setTimeout(() => this.poll(), POLL_MS);
  }

  /** @returns whether there was so much that more is likely to be there already */
  private drain(): boolean {
    let taken = 0;
    this.attempt(() => {
      this.ring.drain((records) => {
        taken += records.length;
        this.sink.take(records);
        // before their room is free: the guest must not run further ahead of what is safe
        this.sink.flush();
      });
      this.notes?.drain((bytes) => {
        taken += bytes.length;
        this.addInjections(bytes);
      });
    });
    return taken > 32 << 10;
  }

  private addInjections(bytes: Uint8Array): void {
    const injections = readNotes(bytes);
    for (const { fault } of injections) this.injected[fault] = (this.injected[fault] ?? 0) + 1;
    this.writer.addInjections(injections);
  }

  private flush(): void {
    this.attempt(() => this.sink.flush());
  }

  // After the trace cannot be written any more the guest is stopped: a run of which the rest is not
  // recorded would look recorded.
  private attempt(work: () => void): void {
    if (this.writeError !== undefined) return;
    try {
      work();
    } catch (cause) {
      this.writeError = cause;
      this.stop({ kind: 'failed', message: messageOf(cause) });
    }
  }

  private tell(message: ToGuest): void {
    this.worker.postMessage(message);
  }

  private startMeta(): StartMeta {
    const { settings } = this;
    return {
      program: settings.program.name,
      tool: settings.tool,
      runtime: {
        node: process.version,
        v8: process.versions.v8,
        platform: process.platform,
        arch: process.arch,
        cpu: cpus()[0]?.model ?? 'unknown',
      },
      flavour: settings.program.kind === 'module' ? 'preview1' : 'component',
      ...(settings.program.kind === 'component' && { component: componentMeta(settings.program) }),
      argv: settings.config.args.map(guestString),
      env: settings.config.env.map(guestString),
      ...(settings.redacted.length > 0 && { redacted: settings.redacted }),
      preopens: settings.config.preopens,
      ...(settings.network && { listening: settings.network.addresses.map(addressText) }),
      host: settings.program.kind === 'module' ? settings.host : 'preview2-shim',
      payload: settings.payload,
      paranoid: settings.paranoid,
      ...(settings.chaos && { chaos: settings.chaos }),
      ...(settings.config.clock && { clock: settings.config.clock }),
      ...(settings.config.random && { random: settings.config.random }),
      started: new Date().toISOString(),
      pid: process.pid,
    };
  }
}

function componentMeta(program: ComponentProgram): ComponentMeta {
  const { sha256, size, imports, exports, surface } = program;
  return { sha256, size, imports, exports, words: surface?.words };
}

function checkArguments(func: LoggedFunction, args: readonly CoreValue[]): void {
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

/** As performance.now(), which would be the only thing to load what it is part of. */
function uptimeMs(): number {
  return process.uptime() * 1000;
}
