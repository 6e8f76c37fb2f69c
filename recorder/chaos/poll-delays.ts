/** Waits that last longer than they must. */
import { sleep } from '../hosts/sandbox/sleep.ts';
import type { Injector } from './injector.ts';

/** Milliseconds. */
const DELAYS = [2, 20, 100] as const;

/** Milliseconds that a run is delayed by, all in all: a test suite is to end some day. */
const MOST = 2000;

export const pollDelays: Injector = (chances) => {
  const { dice } = chances;
  let left = MOST;
  return {
    poll_oneoff:
      (call) =>
      (...args) => {
        if (left <= 0 || !chances.strikes()) return call(...args);
        const ms = 1 + dice.below(dice.pick(DELAYS));
        left -= ms;
        chances.note(`of ${ms} ms`);
        sleep(ms);
        return call(...args);
      },
  };
};
