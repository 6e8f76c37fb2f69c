/** What answers a guest's WASI calls. The boundary stands between the guest and a host. */
import type { FixedClock, Preopen, SeededRandom } from '../../traces/meta.ts';
import type { GuestNetwork } from '../network/messages.ts';
import type { GuestTime } from './guest-time.ts';

/** Everything that a guest gets from outside. File descriptors are the process's own. */
export interface HostConfig {
  /** argv, the program's name first; bytes, since WASI strings need not be UTF-8. */
  readonly args: readonly Uint8Array[];
  /** `NAME=value`. */
  readonly env: readonly Uint8Array[];
  readonly preopens: readonly Preopen[];
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  /** The system's, where undefined. */
  readonly clock?: FixedClock | undefined;
  readonly random?: SeededRandom | undefined;
  /** Where it may accept connections; only the sandbox can. */
  readonly network?: GuestNetwork | undefined;
}

/** One WASI function: core values in, errno out. */
export type HostFunction = (...args: (number | bigint)[]) => number;

/** Sizes that `args_get` and `environ_get` write: strings, and bytes with their NULs. */
export interface StringSizes {
  readonly count: number;
  readonly bytes: number;
}

export interface Host {
  /** By import name. `proc_exit` is not among them: the boundary ends the guest itself. */
  readonly functions: ReadonlyMap<string, HostFunction>;
  readonly sizes: { readonly args: StringSizes; readonly environ: StringSizes };
  /** In which a wait can be made longer. */
  readonly time: GuestTime;
  /** Called once, after instantiation and before anything is asked. */
  bind(memory: WebAssembly.Memory): void;
}

/** What `--host` takes. */
export const HOST_NAMES = ['sandbox', 'node'] as const;

export type HostName = (typeof HOST_NAMES)[number];

export const DEFAULT_HOST: HostName = 'sandbox';

export function isHostName(name: string): name is HostName {
  return (HOST_NAMES as readonly string[]).includes(name);
}
