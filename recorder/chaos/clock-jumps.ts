/** Clocks that jump: what the guest sees is the host's clock and an offset that changes now and then. */
import { type Around, ERRNO, type Injector } from './injector.ts';
import { withDeadlines } from './poll-list.ts';

const CLOCK = { realtime: 0, monotonic: 1 } as const;

/** Milliseconds: a second of a leap, a correction, a summer time done wrong, a wrong date. */
const STEPS = [20, 1000, 3_600_000, 86_400_000] as const;
const PAUSES = [20, 1000, 60_000] as const;

/** Milliseconds by which the time of day goes wrong, all in all. */
const FARTHEST = 7 * 86_400_000;

const MS = 1_000_000n;

export const clockJumps: Injector = (chances) => {
  const { guest, dice } = chances;
  /** Milliseconds ahead of the host's. */
  const ahead = { realtime: 0, monotonic: 0 };

  const jump = () => {
    if (dice.chance(1 / 3)) {
      const ms = 1 + dice.below(dice.pick(PAUSES));
      ahead.realtime += ms;
      ahead.monotonic += ms;
      chances.note(`of both clocks by ${seconds(ms)}`);
      return;
    }
    const size = 1 + dice.below(dice.pick(STEPS));
    const back = dice.chance(1 / 2);
    const ms =
      (back && ahead.realtime - size > -FARTHEST) || ahead.realtime + size > FARTHEST
        ? -size
        : size;
    ahead.realtime += ms;
    chances.note(`of the time of day by ${seconds(ms)}`);
  };

  const offset = (clock: number): bigint => {
    if (clock === CLOCK.realtime) return BigInt(ahead.realtime) * MS;
    return clock === CLOCK.monotonic ? BigInt(ahead.monotonic) * MS : 0n;
  };

  const read: Around =
    (call) =>
    (...args) => {
      const errno = call(...args);
      const clock = args[0] as number;
      if (errno !== ERRNO.success || clock > CLOCK.monotonic) return errno;
      if (chances.strikes()) jump();
      const at = (args[2] as number) >>> 0;
      const { view } = guest;
      const time = view.getBigUint64(at, true) + offset(clock);
      view.setBigUint64(at, time > 0n ? time : 0n, true);
      return errno;
    };
  const poll: Around =
    (call) =>
    (...args) =>
      withDeadlines(guest, args, offset, () => call(...args));
  return { clock_time_get: read, poll_oneoff: poll };
};

/** `+3600.000 s` */
function seconds(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / 1000).toFixed(3)} s`;
}
