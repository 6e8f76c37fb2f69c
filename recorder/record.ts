/** Recording as a library: options in plain terms, checked, and a recording that runs. */
import { basename, resolve } from 'node:path';
import { WasiRrError } from '../errors.ts';
import { nextTracePath, removeTrace, traceFolder } from '../traces/folder.ts';
import type { Preopen } from '../traces/meta.ts';
import { isSuccess } from '../traces/outcome.ts';
import type { ServedRequest } from '../traces/requests.ts';
import { type ChaosOptions, type ChaosPlan, planChaos } from './chaos/plan.ts';
import { checkCommand } from './command-check.ts';
import type { ComponentUse } from './component/component-checks.ts';
import type { WitValue } from './component/component-exports.ts';
import { checkCurrentDirectory } from './current-directory.ts';
import {
  type FixedClockOptions,
  planClock,
  planRandom,
  type SeededRandomOptions,
} from './determinism.ts';
import { loadProgram } from './guest-program.ts';
import type { CallResult } from './guest-thread.ts';
import { DEFAULT_HOST, HOST_NAMES, type HostName, isHostName } from './hosts/host.ts';
import { parseAddress } from './network/address.ts';
import { checkFree } from './network/free-address.ts';
import type { Address } from './network/messages.ts';
import { openNetwork } from './network/network.ts';
import { checkPreopens } from './preopens.ts';

import { COMMAND, Recording, type RecordingSummary } from './recording.ts';
import type { OnTraceError, RecordingSettings } from './recording-settings.ts';
import { type RedactionOptions, redactEnv } from './redacted-env.ts';
import { TOOL } from './tool.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Bytes of guest data that are kept per call unless `payload` says otherwise. */
export const DEFAULT_PAYLOAD = 4096;

/** Milliseconds that a server gets to answer the requests that have come, when it is to end. */
const DRAIN_MS = 5000;

/** The host whose guests can be given listening sockets. */
const LISTENING_HOST: HostName = 'sandbox';

export interface RecordOptions extends RedactionOptions {
  /** Path of a core module for WASI Preview 1, or its bytes. */
  readonly module: string | Uint8Array;
  /** Run a core module as a component, with the standard adapter between it and WASI 0.2. */
  readonly viaComponent?: boolean;
  /** Interfaces of a component, with or without version, and the ES modules that give them: paths. */
  readonly imports?: Readonly<Record<string, string>>;
  /** Arguments after the program's name. Bytes where they are not UTF-8. */
  readonly args?: readonly (string | Uint8Array)[];
  /** argv[0]; the module's file name by default. */
  readonly argv0?: string | Uint8Array;
  /** The whole environment of the guest; nothing is inherited. Of what looks secret it gets a placeholder. */
  readonly env?: Readonly<Record<string, string>> | readonly (string | Uint8Array)[];
  /** Directories of the host that the guest may use, with the names it knows them by. */
  readonly preopens?: readonly Preopen[];
  /** File descriptors of this process, 0, 1 and 2 by default. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  /**
   * What answers a core module: `sandbox` (the default), or `node` (node:wasi), which knows neither read-only
   * directories nor sockets. A component has no choice.
   */
  readonly host?: string;
  /** The trace's file, which must not exist; by default a new one in the trace folder. */
  readonly output?: string;
  /** Where a trace goes that has no `output`. */
  readonly folder?: string;
  /** Bytes of what the guest passes to the host that are kept per call; all is always hashed. */
  readonly payload?: number | 'full';
  /** Compare the whole memory around every call and fail on a host write that is not in the log. */
  readonly paranoid?: boolean;
  /** Inject faults; what they are follows from the seed. */
  readonly chaos?: ChaosOptions;
  /** Time that passes only by being read and waited for, the same in every run; a component's too. */
  readonly clock?: FixedClockOptions;
  /** Random bytes that follow from a seed. */
  readonly random?: SeededRandomOptions;
  /** Survive a power loss, not only a killed process; slower. */
  readonly sync?: boolean;
  /**
   * What becomes of the guest when its trace cannot be written any more, since the disk is full, say. `stop`
   * (the default): it is ended, and {@link OpenRecording.finish} throws. `continue`: it runs on, and what it
   * does from there on is not recorded.
   */
  readonly onTraceError?: OnTraceError;
  /** Called at that moment. */
  readonly onTraceLost?: (error: WasiRrError) => void;
  /** Let a component use sockets and outgoing HTTP. */
  readonly net?: boolean;
  /**
   * Addresses, `HOST:PORT`, on which a core module may accept connections: its descriptors from 3 on, before
   * the directories. Port 0 stands for one that is free. The host `sandbox` only.
   */
  readonly tcpListen?: readonly string[];
}

export interface RunOptions extends RecordOptions {
  /** `failed`: remove the trace if the program exits with 0. */
  readonly keep?: 'always' | 'failed';
  /** Milliseconds after which the guest is ended; the outcome is `interrupted` by `timeout`. */
  readonly timeoutMs?: number;
  /** Ends the guest; the abort reason, as a string, is noted as what interrupted it. */
  readonly signal?: AbortSignal;
  /**
   * `HOST:PORT` on which a component serves HTTP requests, until `signal` or `timeoutMs` ends that in good
   * order. Port 0 stands for one that is free.
   */
  readonly serve?: string;
  /** Called for each request of a server, when it was answered. */
  readonly onRequest?: (request: ServedRequest) => void;
  /**
   * Called when the guest is about to start, with the addresses of `tcpListen` as they turned out; or when a
   * server waits for requests.
   */
  readonly onListening?: (addresses: readonly Address[]) => void;
}

export interface RecordReport extends RecordingSummary {
  /** The trace; undefined where `keep` had it removed. */
  readonly trace: string | undefined;
  /** What chaos had in store for the run. */
  readonly chaos: ChaosPlan | undefined;
}

/** A recording in progress, whose exports are called one by one (a reactor, a plug-in). */
export interface OpenRecording {
  readonly trace: string;
  /**
   * Names of the exports that can be called. A component that is a command has `_start` alone, which runs it; any other
   * `interface@version#function`, or the function's name where it stands in no interface.
   */
  readonly exports: readonly string[];
  readonly progress: { readonly events: number; readonly calls: number };
  /** Where the guest can accept connections. */
  readonly addresses: readonly Address[];
  /**
   * Calls an export with core values (bigint for i64); of a component, with values of its interface. A `result` comes
   * as `{tag: 'ok', val}` or `{tag: 'err', val}`. After a trap nothing of a component can be called any more: calls
   * end as that one.
   * @throws WasiRrError EXPORT_MISSING, EXPORT_UNSUPPORTED, OPTION_INVALID, RECORDING_ENDED
   */
  call(name: string, args?: readonly WitValue[]): Promise<CallResult>;
  /** Ends the guest, wherever it is. @param by what to note as the cause */
  interrupt(by: string): void;
  /** Completes and closes the trace. @throws WasiRrError TRACE_WRITE_FAILED, RECORDING_ENDED */
  finish(): Promise<RecordingSummary>;
}

/**
 * Starts a recording: instantiates the module and calls nothing.
 * @throws WasiRrError for options, modules and places that cannot be used; then nothing is left behind
 */
export async function openRecording(options: RecordOptions): Promise<OpenRecording> {
  return start(await prepare(options, 'calls'), options);
}

interface Settings extends Omit<RecordingSettings, 'path' | 'network' | 'onServing' | 'onRequest'> {
  readonly listen: readonly Address[];
}

async function prepare(
  options: RecordOptions & Pick<RunOptions, 'serve'>,
  use: ComponentUse = 'run',
): Promise<Settings> {
  checkCurrentDirectory();
  const host = options.host ?? DEFAULT_HOST;
  if (!isHostName(host)) {
    throw invalid(`there is no host "${host}". Hosts: ${HOST_NAMES.join(', ')}.`);
  }
  const payload = options.payload ?? DEFAULT_PAYLOAD;
  if (payload !== 'full' && !(Number.isSafeInteger(payload) && payload >= 0)) {
    throw invalid(`the payload limit is "full" or a number of bytes, not ${payload}.`);
  }
  if (host === 'node' && (options.clock ?? options.random) !== undefined) {
    throw invalid(
      `the host node has clocks and random bytes of its own. Ones that are the same in every run need the host ${DEFAULT_HOST}.`,
    );
  }
  const name = typeof options.module === 'string' ? basename(options.module) : undefined;
  // a wrong option is told of before a module that is missing
  const preopens = checkPreopens(options.preopens ?? [], host);
  const listen = (options.tcpListen ?? []).map(parseAddress);
  if (listen.length > 0) checkListens(host);
  const { viaComponent = false, imports = {} } = options;
  const serve = options.serve === undefined ? undefined : parseAddress(options.serve);
  const program = await loadProgram(options.module, {
    name,
    viaComponent,
    imports,
    use: serve === undefined ? use : 'serve',
  });
  if (options.host !== undefined && program.kind !== 'module') {
    throw invalid(
      `the host ${host} answers core modules of Preview 1, and this is a component: preview2-shim answers it, which promises no sandbox. Leave the host out.`,
    );
  }
  if (options.chaos !== undefined && program.kind !== 'module') {
    throw invalid(
      'faults can be injected into core modules of Preview 1 only, and this is a component.',
    );
  }
  if (program.kind !== 'module' && listen.length > 0) checkListens('preview2-shim');
  const redacted = redactEnv(environment(options.env ?? []), options);
  const config = {
    args: [options.argv0 ?? name ?? 'program.wasm', ...(options.args ?? [])].map(
      guestBytes('argument'),
    ),
    env: redacted.env,
    preopens,
    stdin: options.stdin ?? 0,
    stdout: options.stdout ?? 1,
    stderr: options.stderr ?? 2,
    clock: options.clock && planClock(options.clock),
    random: options.random && planRandom(options.random),
  };
  return {
    program,
    config,
    listen,
    host,
    payload,
    // a replay cannot make it again: all of it, as of what is read, unless the user has said something else
    forwardLimit: typeof options.payload === 'number' ? options.payload : undefined,
    paranoid: options.paranoid ?? false,
    chaos: options.chaos && planChaos(options.chaos),
    sync: options.sync ?? false,
    onTraceError: options.onTraceError ?? 'stop',
    onTraceLost: options.onTraceLost,
    net: options.net ?? false,
    serve,
    redacted: redacted.names,
    tool: TOOL,
  };
}

async function start(
  settings: Settings,
  options: RecordOptions & Pick<RunOptions, 'onListening' | 'onRequest'>,
): Promise<OpenRecording & { drain(): void }> {
  const { listen } = settings;
  const network = listen.length === 0 ? undefined : await openNetwork(listen);
  let created: ReturnType<typeof create>;
  try {
    const { onListening, onRequest } = options;
    const onServing = onListening && ((address: Address) => onListening([address]));
    created = create({ ...settings, network, onServing, onRequest }, options);
  } catch (thrown) {
    await network?.close(0);
    throw thrown;
  }
  const { path, recording } = created;
  return {
    trace: path,
    addresses: network?.addresses ?? [],
    exports: exportNames(settings.program),
    get progress() {
      return recording.progress;
    },
    call: (...call) => recording.call(...call),
    interrupt: (by) => recording.interrupt(by),
    drain: () => recording.drain(),
    finish: () => recording.finish(),
  };
}

/**
 * Records a command: one call of `_start`.
 * @throws WasiRrError as {@link openRecording}, and for a module that is no command EXPORT_MISSING,
 *   EXPORT_UNSUPPORTED (its `_start` takes or gives something), MODULE_UNSUPPORTED (it is a reactor as well)
 */
export async function record(options: RunOptions): Promise<RecordReport> {
  const { keep = 'always', timeoutMs, signal } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    throw invalid('a time limit must be above zero.');
  const settings = await unlessAborted(prepare(options), signal);
  if (settings.program.kind === 'module') checkCommand(settings.program);
  if (settings.serve) await checkFree(settings.serve);
  const recording = await start(settings, options);
  if (recording.addresses.length > 0) options.onListening?.(recording.addresses);
  let grace: NodeJS.Timeout | undefined;
  const end = (by: string) => {
    if (settings.serve === undefined) return recording.interrupt(by);
    recording.drain();
    grace ??= setTimeout(() => recording.interrupt(by), DRAIN_MS);
  };
  const timer = timeoutMs && setTimeout(() => end('timeout'), Math.min(timeoutMs, 2 ** 31 - 1));
  const abort = () => end(String(signal?.reason));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    await recording.call(COMMAND.name);
    const summary = await recording.finish();
    const remove = keep === 'failed' && isSuccess(summary.outcome);
    if (remove) removeTrace(recording.trace);
    const { chaos } = settings;
    return { ...summary, trace: remove ? undefined : recording.trace, chaos };
  } finally {
    clearTimeout(timer || undefined);
    clearTimeout(grace);
    signal?.removeEventListener('abort', abort);
  }
}

function exportNames(program: Settings['program']): readonly string[] {
  if (program.kind === 'module') return [...program.exports.keys()];
  return program.entry === '' ? [...(program.functions?.callable.keys() ?? [])] : [COMMAND.name];
}

function create(
  settings: Omit<RecordingSettings, 'path'>,
  options: RecordOptions,
): { path: string; recording: Recording } {
  if (options.output !== undefined) {
    const path = resolve(options.output);
    return { path, recording: new Recording({ ...settings, path }) };
  }
  for (let attempts = 1; ; attempts++) {
    const path = nextTracePath(options.folder ?? traceFolder(), settings.program.name);
    try {
      return { path, recording: new Recording({ ...settings, path }) };
    } catch (thrown) {
      // another recorder took the number in the meantime
      const taken = thrown instanceof WasiRrError && thrown.code === 'OUTPUT_EXISTS';
      if (!taken || attempts === 100) throw thrown;
    }
  }
}

function environment(env: NonNullable<RecordOptions['env']>): Uint8Array[] {
  const entries = Array.isArray(env)
    ? (env as readonly (string | Uint8Array)[])
    : Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return entries.map(guestBytes('environment variable'));
}

function guestBytes(what: string): (value: string | Uint8Array) => Uint8Array {
  return (value) => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    if (bytes.includes(0))
      throw invalid(`an ${what} contains a NUL byte, which WASI cannot pass on.`);
    return bytes;
  };
}

/** @throws WasiRrError OPTION_INVALID for a host whose guests cannot accept connections */
function checkListens(host: string): void {
  if (host === LISTENING_HOST) return;
  throw invalid(
    host === 'preview2-shim'
      ? 'a component opens its sockets itself: use --net (net) instead of an address to listen on.'
      : `the host ${host} cannot listen; the host ${LISTENING_HOST} can.`,
  );
}

function invalid(message: string): WasiRrError {
  return new WasiRrError('OPTION_INVALID', message);
}
