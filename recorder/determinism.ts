/** Clocks and random bytes that are the same in every run: what was asked for, checked. */
import { WasiRrError } from '../errors.ts';
import type { FixedClock, SeededRandom } from '../traces/meta.ts';
import { LAST_TIME } from './hosts/fixed-time.ts';
import { GENERATOR } from './hosts/seeded-random.ts';

export interface FixedClockOptions {
  /** What the time of day begins with: nanoseconds since 1970. {@link DEFAULT_START_NS} by default. */
  readonly startNs?: bigint;
}

export interface SeededRandomOptions {
  /** Whole, from 0 to 2^53 - 1. {@link DEFAULT_SEED} by default. */
  readonly seed?: number;
}

/** 2000-01-01T00:00:00Z. */
export const DEFAULT_START_NS = 946_684_800_000_000_000n;

/**
 * Nanoseconds that each reading takes. A loop that waits for a second to pass ends after 10,000 readings,
 * and times that a program measures are not all alike.
 */
export const STEP_NS = 100_000;

export const DEFAULT_SEED = 1;

/** @throws WasiRrError OPTION_INVALID */
export function planClock({ startNs = DEFAULT_START_NS }: FixedClockOptions): FixedClock {
  if (startNs < 0n || startNs > LAST_TIME) {
    throw new WasiRrError(
      'OPTION_INVALID',
      'a clock can begin between the years 1970 and 2262 only: WASI counts nanoseconds since 1970, and programs keep them in 63 bits.',
    );
  }
  return { startNs: String(startNs), stepNs: STEP_NS };
}

/** @throws WasiRrError OPTION_INVALID */
export function planRandom({ seed = DEFAULT_SEED }: SeededRandomOptions): SeededRandom {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `a seed of random numbers is a whole number from 0 to 2^53 - 1, not ${seed}.`,
    );
  }
  return { generator: GENERATOR, seed };
}
