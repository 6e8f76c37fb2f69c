/** The one shape that all faults have: they put something around some of a host's functions. */

import type { GuestTime } from '../hosts/guest-time.ts';
import type { HostFunction } from '../hosts/host.ts';
import type { Dice } from './dice.ts';
import type { GuestAccess } from './guest-access.ts';

export interface Chances {
  readonly guest: GuestAccess;
  readonly dice: Dice;
  /** The guest's, before anything is done to it. */
  readonly time: GuestTime;
  /** Whether the fault is to happen now. */
  strikes(): boolean;
  /** Says that it has happened to the call that is being answered. @param detail e.g. `3 of 4096 bytes` */
  note(detail: string): void;
}

/** One WASI call with what answers it further in. */
export type Around = (call: HostFunction, name: string) => HostFunction;

/** @returns by the name of the call; each call of its fault at least */
export type Injector = (chances: Chances) => Readonly<Record<string, Around>>;

export const ERRNO = { success: 0, again: 6, inval: 28, intr: 27, nospc: 51 } as const;
