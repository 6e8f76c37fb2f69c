/** Everything that a recording is made with, checked, and what the trace says of it. */
import { cpus } from 'node:os';
import type { WasiRrError } from '../errors.ts';
import {
  type ComponentMeta,
  type GuestString,
  guestString,
  type StartMeta,
} from '../traces/meta.ts';
import { processIdentity } from '../traces/recorder-process.ts';
import type { ServedRequest } from '../traces/requests.ts';
import type { ModuleEntry } from '../traces/writer.ts';
import type { ChaosPlan } from './chaos/plan.ts';
import type { ComponentProgram } from './component/component-program.ts';
import type { GuestProgram } from './guest-program.ts';
import type { HostConfig, HostName } from './hosts/host.ts';
import { addressText } from './network/address.ts';
import type { Address } from './network/messages.ts';
import type { Network } from './network/network.ts';

/** What becomes of the guest when its trace cannot be written any more. */
export type OnTraceError = 'stop' | 'continue';

export interface RecordingSettings {
  readonly program: GuestProgram;
  readonly config: Omit<HostConfig, 'network'>;
  /** The guest's sockets; closed with the recording. */
  readonly network: Network | undefined;
  readonly host: HostName;
  readonly path: string;
  readonly payload: number | 'full';
  /** Bytes that are kept of what a guest passes on unread, of each; undefined for all. */
  readonly forwardLimit?: number | undefined;
  readonly paranoid: boolean;
  /** Faults to inject. */
  readonly chaos: ChaosPlan | undefined;
  readonly sync: boolean;
  readonly onTraceError: OnTraceError;
  /** Told at the moment that the trace ends before the guest does. */
  readonly onTraceLost: ((error: WasiRrError) => void) | undefined;
  /** Whether a component may use the network. */
  readonly net: boolean;
  /** Where a component serves requests; undefined for one that runs and ends. */
  readonly serve: Address | undefined;
  readonly onServing: ((address: Address) => void) | undefined;
  /** Told of each request that was answered. */
  readonly onRequest: ((request: ServedRequest) => void) | undefined;
  /** Names of variables that hold placeholders. */
  readonly redacted: readonly GuestString[];
  readonly tool: { readonly name: string; readonly version: string };
}

/** The core modules of a program, for the trace. */
export function modulesOf(program: GuestProgram): readonly ModuleEntry[] {
  return program.kind === 'module'
    ? [program]
    : program.modules.map(({ file, bytes }) => ({ name: file, bytes }));
}

export function startMeta(settings: RecordingSettings): StartMeta {
  const { program, config, network } = settings;
  const identity = processIdentity(process.pid);
  return {
    program: program.name,
    tool: settings.tool,
    runtime: {
      node: process.version,
      v8: process.versions.v8,
      platform: process.platform,
      arch: process.arch,
      cpu: cpus()[0]?.model ?? 'unknown',
    },
    flavour: program.kind === 'module' ? 'preview1' : 'component',
    ...(program.kind === 'component' && { component: componentMeta(program) }),
    argv: config.args.map(guestString),
    env: config.env.map(guestString),
    ...(settings.redacted.length > 0 && { redacted: settings.redacted }),
    preopens: config.preopens,
    ...(settings.serve && { serving: addressText(settings.serve) }),
    ...(network && { listening: network.addresses.map(addressText) }),
    host: program.kind === 'module' ? settings.host : 'preview2-shim',
    payload: settings.payload,
    paranoid: settings.paranoid,
    ...(settings.sync && { sync: true }),
    ...(settings.chaos && { chaos: settings.chaos }),
    ...(config.clock && { clock: config.clock }),
    ...(config.random && { random: config.random }),
    started: new Date().toISOString(),
    pid: process.pid,
    ...(identity !== undefined && { process: identity }),
  };
}

function componentMeta(program: ComponentProgram): ComponentMeta {
  const { sha256, size, adapted, imports, exports, surface } = program;
  return { sha256, size, ...(adapted && { adapted }), imports, exports, words: surface?.words };
}
