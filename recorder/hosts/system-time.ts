/** The system's clocks, and waits that take as long as they take. */
import type { GuestTime } from './guest-time.ts';
import { sleep as plainSleep } from './sleep.ts';

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

function microseconds({ user, system }: { user: number; system: number }): bigint {
  return BigInt(Math.round(user + system)) * 1000n;
}

const now = (clock: number) => CLOCKS[clock]?.now();

export const systemTime: GuestTime = {
  read: now,
  now,
  resolution: (clock) => CLOCKS[clock]?.resolution,
  wait:
    (sleep = plainSleep) =>
    (due, look) => {
      const left = due === undefined ? Number.POSITIVE_INFINITY : Number(due) / Number(MS);
      sleep(Math.min(left, look ?? Number.POSITIVE_INFINITY));
    },
};
