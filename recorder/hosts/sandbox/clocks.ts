/** clock_time_get, clock_res_get; and the clocks themselves, for poll. */
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';

const MS = 1_000_000n;

/** Nanoseconds by which the real-time clock may be off before it is set anew. */
const TOLERANCE = 2n * MS;

/** What to add to the monotonic clock, and when to check that again, in nanoseconds. */
let realtimeOffset = 0n;
let nextCheck = 0n;

/**
 * Nanoseconds since 1970. Node tells the time of day in milliseconds only, so it is counted from the
 * monotonic clock and follows the system's, once a millisecond, when that is set or slewed.
 */
function realtime(): bigint {
  const monotonic = process.hrtime.bigint();
  if (monotonic >= nextCheck) {
    nextCheck = monotonic + MS;
    const ahead = monotonic + realtimeOffset - BigInt(Date.now()) * MS;
    if (ahead < -MS || ahead > TOLERANCE) realtimeOffset -= ahead;
  }
  return monotonic + realtimeOffset;
}

interface Clock {
  now(): bigint;
  /** In nanoseconds. */
  readonly resolution: bigint;
}

/** By `clockid`. */
const CLOCKS: readonly Clock[] = [
  { now: realtime, resolution: 1n },
  { now: process.hrtime.bigint, resolution: 1n },
  { now: () => microseconds(process.cpuUsage()), resolution: 1000n },
  { now: () => microseconds(process.threadCpuUsage()), resolution: 1000n },
];

/** @throws Refusal inval */
export function clock(id: number): Clock {
  return CLOCKS[id] ?? refuse(ERRNO.inval);
}

function microseconds({ user, system }: { user: number; system: number }): bigint {
  return BigInt(Math.round(user + system)) * 1000n;
}

export const clocks: Family = ({ memory }) => ({
  clock_res_get(id: number, resolutionAt: number) {
    const at = memory.check(resolutionAt, 8);
    memory.setU64(at, clock(id).resolution);
  },

  clock_time_get(id: number, _precision: bigint, timeAt: number) {
    const at = memory.check(timeAt, 8);
    memory.setU64(at, clock(id).now());
  },
});
