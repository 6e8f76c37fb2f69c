/** The guest's thread, seen from the supervisor: started, told what to call, and ended wherever it is. */
import { writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { messageOf, WasiRrError } from '../errors.ts';
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { FinalMemory } from '../traces/meta.ts';
import type { Outcome } from '../traces/outcome.ts';
import { uptimeMs } from '../traces/uptime.ts';
import type { ComponentFunction, WitValue } from './component/component-exports.ts';
import type {
  Announcement,
  ComponentSetup,
  ForwardedNews,
  ServerNews,
} from './component/component-messages.ts';
import type { ComponentProgram } from './component/component-program.ts';
import { LATER } from './component/provided-interfaces.ts';
import type { FromGuest, GuestSetup, ToGuest } from './guest-messages.ts';
import { guestThread } from './guest-start.ts';
import type { RecordingSettings } from './recording-settings.ts';
import type { Rings } from './trace-log.ts';

/** Milliseconds for which a guest that is told to stop may sit in a system call. */
export const STOP_GRACE_MS = 300;

/** Words of what a component's thread waits for. */
const ANNOUNCED = 0;
const FORWARDED = 1;

/** How one call into the guest ended. */
export type CallResult =
  | { readonly kind: 'returned'; readonly results: readonly WitValue[] }
  | { readonly kind: 'unwound'; readonly outcome: Outcome };

export class GuestThread {
  private readonly worker: Worker;
  private readonly onAnnounce: (announcement: Announcement) => void;
  private readonly onNews: (news: ServerNews | ForwardedNews) => void;
  /** How many announcements are in the trace, and pieces of what was forwarded; a component's thread waits for it. */
  private readonly stored = new Int32Array(new SharedArrayBuffer(8));
  private readonly pendingCalls = new Map<number, (result: CallResult) => void>();
  private nextCall = 0;
  private readonly startedMs = uptimeMs();
  /** How the last entry into the guest that did not return ended. */
  private unwound: Outcome | undefined;
  /** Set where the guest was ended from outside. */
  private stopping: { readonly outcome: Outcome; readonly afterMs: number } | undefined;
  private last: Omit<Extract<FromGuest, { type: 'finished' }>, 'type'> = {
    finalMemory: null,
    memories: [],
    stuck: false,
  };
  private readonly exited = Promise.withResolvers<void>();
  private readonly stopped = Promise.withResolvers<void>();

  /** The guest is instantiated at once. @param onAnnounce puts into the trace what events will name */
  constructor(
    settings: RecordingSettings,
    rings: Rings,
    onAnnounce: (announcement: Announcement) => void,
    onNews: (news: ServerNews | ForwardedNews) => void,
  ) {
    const { program, network } = settings;
    this.onAnnounce = onAnnounce;
    this.onNews = onNews;
    this.worker = guestThread(program.kind);
    if (program.kind === 'component' && program.given.length > 0) {
      showConsole(this.worker, settings.config.stderr);
    }
    this.worker.on('message', (message: FromGuest) => this.receive(message));
    this.worker.on('error', (error) => {
      const message = `the guest's thread failed: ${messageOf(error)}`;
      this.stopping ??= { outcome: { kind: 'failed', message }, afterMs: this.ranMs };
    });
    this.worker.on('exit', () => this.gone());
    if (program.kind === 'module') {
      const setup = guestSetup(settings, rings);
      this.worker.postMessage(setup, network ? [network.guest.port] : []);
      this.tell({ type: 'instantiate', module: program.module, imports: program.imports });
    } else {
      this.worker.postMessage(componentSetup(settings, program, rings, this.stored.buffer));
    }
  }

  /** How the guest ended, or would if it ended now. */
  get outcome(): Outcome {
    return this.stopping?.outcome ?? this.unwound ?? { kind: 'exit', code: 0 };
  }

  /** Milliseconds after which the guest was ended from outside; undefined where it was not. */
  get stoppedAfterMs(): number | undefined {
    return this.stopping?.afterMs;
  }

  get ranMs(): number {
    return uptimeMs() - this.startedMs;
  }

  /** Once it has ended; undefined where it was ended from outside. */
  get finalMemory(): FinalMemory | undefined {
    return this.last.finalMemory ?? undefined;
  }

  /** All of the memories after a trap, by number; undefined for one that is too large. */
  get memoriesAfterTrap(): readonly (Uint8Array | undefined)[] {
    if (this.outcome.kind !== 'trap') return [];
    return this.last.memories.map((memory) => memory && new Uint8Array(memory));
  }

  /** Calls run one after the other; after an exit none is made any more. */
  call(func: LoggedFunction, args: readonly CoreValue[]): Promise<CallResult> {
    return this.ask((id) => ({ type: 'call', id, func, args }));
  }

  /** As {@link call}, for a function of a component. */
  callFunction(func: ComponentFunction, args: readonly WitValue[]): Promise<CallResult> {
    return this.ask((id) => ({ type: 'call-function', id, func, args }));
  }

  private ask(message: (id: number) => ToGuest): Promise<CallResult> {
    const id = this.nextCall++;
    return new Promise((resolve, reject) => {
      const left = this.unwound?.kind === 'trap' ? undefined : this.unwound;
      const outcome = this.stopping?.outcome ?? left;
      if (outcome !== undefined) {
        resolve({ kind: 'unwound', outcome });
        return;
      }
      this.pendingCalls.set(id, resolve);
      try {
        this.tell(message(id));
      } catch (cause) {
        this.pendingCalls.delete(id);
        const why = messageOf(cause).replace(/\.$/, '');
        reject(
          new WasiRrError('OPTION_INVALID', `the arguments cannot be passed on: ${why}.`, {
            cause,
          }),
        );
      }
    });
  }

  /** A server takes no more requests. */
  drain(): void {
    if (this.stopping === undefined) this.tell({ type: 'drain' });
  }

  /** Ends the guest wherever it is; the first to do so says why. */
  stop(outcome: Outcome): void {
    if (this.stopping !== undefined) return;
    this.stopping = { outcome, afterMs: this.ranMs };
    this.stopped.resolve();
    void this.worker.terminate();
    // a guest in a system call cannot be ended; whoever waits for it must not wait
    setTimeout(() => this.settleAll(outcome), STOP_GRACE_MS).unref();
  }

  /** Lets the calls that were made end, and the thread. @returns whether it has; one that sits in a system call is stuck */
  async end(): Promise<boolean> {
    if (this.stopping === undefined) this.tell({ type: 'finish' });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = this.stopped.promise.then(
      () =>
        new Promise<false>((resolve) => {
          timer = setTimeout(() => resolve(false), STOP_GRACE_MS);
        }),
    );
    const ended = await Promise.race([this.exited.promise.then(() => true), tooLate]);
    clearTimeout(timer);
    return ended && !this.last.stuck;
  }

  private receive(message: FromGuest): void {
    switch (message.type) {
      case 'announce':
        this.onAnnounce(message);
        this.tellStored(ANNOUNCED);
        break;
      case 'forwarded':
        this.onNews(message);
        this.tellStored(FORWARDED);
        break;
      case 'serving':
      case 'request':
        this.onNews(message);
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
        this.last = message;
        void this.worker.terminate();
        // it logs nothing more; that it ends as well need not be waited for
        this.gone();
    }
  }

  private tellStored(word: number): void {
    Atomics.add(this.stored, word, 1);
    Atomics.notify(this.stored, word);
  }

  private settle(id: number, result: CallResult): void {
    this.pendingCalls.get(id)?.(result);
    this.pendingCalls.delete(id);
  }

  private settleAll(outcome: Outcome): void {
    for (const id of this.pendingCalls.keys()) this.settle(id, { kind: 'unwound', outcome });
  }

  private gone(): void {
    this.exited.resolve();
    const unexpected: Outcome = { kind: 'failed', message: "the guest's thread ended" };
    this.settleAll(this.stopping?.outcome ?? this.unwound ?? unexpected);
  }

  private tell(message: ToGuest): void {
    this.worker.postMessage(message);
  }
}

/** What modules that give interfaces say with `console`: it is none of the guest's output. */
function showConsole({ stdout, stderr }: Worker, fd: number): void {
  const show = (chunk: Uint8Array) => {
    try {
      writeSync(fd, chunk);
    } catch {
      // nobody reads it
    }
  };
  stdout.on('data', show);
  stderr.on('data', show);
}

function guestSetup(settings: RecordingSettings, { log, notes }: Rings): GuestSetup {
  const { host, config, network, paranoid, chaos } = settings;
  return {
    ring: log,
    trace: settings.path,
    host,
    config: { ...config, network: network?.guest },
    payload: payloadLimit(settings),
    paranoid,
    chaos: chaos && notes && { plan: chaos, notes },
  };
}

function componentSetup(
  settings: RecordingSettings,
  { program, entry, imports, modules, surface, given }: ComponentProgram,
  rings: Rings,
  stored: SharedArrayBuffer,
): ComponentSetup {
  const { config, paranoid, net, serve } = settings;
  return {
    ring: rings.log,
    trace: settings.path,
    config,
    paranoid,
    payload: payloadLimit(settings),
    forwardLimit: settings.forwardLimit ?? Number.POSITIVE_INFINITY,
    net,
    serve,
    given,
    stored,
    program,
    entry,
    later: imports.some((name) => name.endsWith(LATER)),
    surface: surface && {
      types: surface.words,
      instances: surface.instances,
      tasks: surface.tasks,
    },
    modules: modules.map(({ id, file, module, shift, declarations }) => ({
      id,
      file,
      module,
      shift,
      declarations,
    })),
  };
}

function payloadLimit({ payload }: RecordingSettings): number {
  return payload === 'full' ? Number.POSITIVE_INFINITY : payload;
}
