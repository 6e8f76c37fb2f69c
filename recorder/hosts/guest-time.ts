/** The clocks of a guest, whoever makes them. All times are nanoseconds; clocks go by Preview 1's `clockid`. */
import type { Sleep } from './sleep.ts';

export const CLOCK = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 } as const;

export interface GuestTime {
  /** What the guest reads off a clock; undefined where there is no such clock. */
  read(clock: number): bigint | undefined;
  /** The same without anybody reading it: for deadlines. */
  now(clock: number): bigint | undefined;
  resolution(clock: number): bigint | undefined;
  /** Begins a wait of the guest. @param sleep where something else may wake it */
  wait(sleep?: Sleep): Wait;
}

/**
 * Lets some time pass in a wait, after which what is waited for is looked at again.
 * @param due nanoseconds until the next deadline; undefined without one
 * @param look milliseconds after which streams are to be looked at, infinite where all of them wake the
 *   sleeper; undefined where none is waited for
 */
export type Wait = (due: bigint | undefined, look: number | undefined) => void;
