/** The clocks of WASI 0.3 out of a time that is the same in every run. */
import { CLOCK, type GuestTime } from '../hosts/guest-time.ts';

const SECOND = 1_000_000_000n;

/**
 * Waits end in the order of their deadlines, those of the same in the order in which they began, and take
 * no time: the earliest ends when nothing else is left to do.
 */
export function laterClocks(time: GuestTime) {
  const waits: { readonly deadline: bigint; readonly resolve: () => void }[] = [];
  const now = () => time.now(CLOCK.monotonic) ?? 0n;

  function endNext(): void {
    waits.sort((a, b) => (a.deadline < b.deadline ? -1 : a.deadline > b.deadline ? 1 : 0));
    const next = waits.shift();
    if (next === undefined) return;
    const left = next.deadline - now();
    if (left > 0n) time.wait()(left, undefined);
    next.resolve();
    if (waits.length > 0) setTimeout(endNext);
  }

  function waitUntil(deadline: bigint): Promise<void> {
    return new Promise((resolve) => {
      if (waits.length === 0) setTimeout(endNext);
      waits.push({ deadline, resolve });
    });
  }

  return {
    monotonicClock: {
      now: () => time.read(CLOCK.monotonic),
      getResolution: () => time.resolution(CLOCK.monotonic),
      waitUntil,
      waitFor: (duration: bigint) => waitUntil(now() + duration),
    },
    systemClock: {
      now: () => {
        const ns = time.read(CLOCK.realtime) ?? 0n;
        return { seconds: ns / SECOND, nanoseconds: Number(ns % SECOND) };
      },
      getResolution: () => time.resolution(CLOCK.realtime),
    },
  };
}
