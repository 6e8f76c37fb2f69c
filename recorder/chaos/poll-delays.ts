/** Waits that last longer than they must. */
import type { Injector } from './injector.ts';

/** Milliseconds. */
const DELAYS = [2, 20, 100] as const;

/** Milliseconds that a run is delayed by, all in all: a test suite is to end some day. */
const MOST = 2000;

const MS = 1_000_000n;

export const pollDelays: Injector = (chances) => {
  const { dice, time } = chances;
  let left = MOST;
  return {
    poll_oneoff:
      (call) =>
      (...args) => {
        if (left <= 0 || !chances.strikes()) return call(...args);
        const ms = 1 + dice.below(dice.pick(DELAYS));
        left -= ms;
        chances.note(`of ${ms} ms`);
        time.wait()(BigInt(ms) * MS, undefined);
        return call(...args);
      },
  };
};
