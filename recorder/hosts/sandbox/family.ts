/** The one shape that all families of calls have. */
import type { GuestTime } from '../guest-time.ts';
import type { RandomSource } from '../random-source.ts';
import type { DescriptorTable } from './descriptors.ts';
import type { SandboxMemory } from './memory.ts';
import type { NetworkEnd } from './network-end.ts';

/** What the calls of a sandbox share. */
export interface Sandbox {
  readonly memory: SandboxMemory;
  readonly table: DescriptorTable;
  readonly time: GuestTime;
  readonly random: RandomSource;
  /** Undefined where the guest has no sockets. */
  readonly network: NetworkEnd | undefined;
}

/**
 * One WASI function. Its parameters are those of its table entry: i32 as a signed number, i64 as a bigint.
 *
 * It checks every address first, then acts, then writes to the guest's memory, results last; so that it
 * writes nothing where it fails. It returns nothing on success.
 * @throws Refusal, or a system error, either of which becomes the errno
 */
export type SandboxFunction = (...args: never[]) => void;

export type Family = (sandbox: Sandbox) => Readonly<Record<string, SandboxFunction>>;
