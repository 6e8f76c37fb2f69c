/**
 * Time that is made up, the same in every run: it passes by being read and by being waited for, and not
 * otherwise. All clocks run alike, the CPU's too.
 */
import type { FixedClock } from '../../traces/meta.ts';
import { CLOCK, type GuestTime } from './guest-time.ts';
import { sleep as plainSleep } from './sleep.ts';

const SECOND = 1_000_000_000n;
const MS = 1e6;

/**
 * What the monotonic clock shows at first: programs subtract hours from it, and some take 0 for no time.
 */
const UPTIME = 86_400n * SECOND;

/** No clock goes beyond what a signed number holds (the year 2262). A wait that leads there has no end. */
export const LAST_TIME = 2n ** 63n - 1n;

export function fixedTime({ startNs, stepNs }: FixedClock): GuestTime {
  const step = BigInt(stepNs);
  /** What each clock shows at first. */
  const origins: ReadonlyMap<number, bigint> = new Map([
    [CLOCK.realtime, BigInt(startNs)],
    [CLOCK.monotonic, UPTIME],
    [CLOCK.processCpu, 0n],
    [CLOCK.threadCpu, 0n],
  ]);
  const most = LAST_TIME - [...origins.values()].reduce((a, b) => (a > b ? a : b));
  let elapsed = 0n;

  const now = (clock: number) => {
    const origin = origins.get(clock);
    return origin === undefined ? undefined : origin + elapsed;
  };
  const advance = (by: bigint) => {
    if (elapsed + by > most) plainSleep(Number.POSITIVE_INFINITY);
    elapsed += by;
  };
  return {
    now,
    read(clock) {
      const time = now(clock);
      if (time !== undefined && elapsed + step <= most) elapsed += step;
      return time;
    },
    resolution: (clock) => (origins.has(clock) ? 1n : undefined),
    wait(sleep = plainSleep) {
      // milliseconds
      let waited = 0;
      return (due, look) => {
        const left = due === undefined ? Number.POSITIVE_INFINITY : Number(due) / MS - waited;
        if (look !== undefined && look < left) {
          if (!sleep(look)) waited += look;
          return;
        }
        // what comes through a stream comes in real time, and gets as long as the guest would wait
        if (look !== undefined && sleep(left)) return;
        advance(due ?? 0n);
      };
    },
  };
}
