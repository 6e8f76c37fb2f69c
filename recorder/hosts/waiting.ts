/** Waiting for clocks and streams at once: look, let some time pass, look again. */
import type { GuestTime } from './guest-time.ts';
import type { Sleep } from './sleep.ts';

/** Milliseconds between two looks at streams, at first and at most: at most 100 a second when it lasts. */
const FIRST_PAUSE = 0.25;
const LONGEST_PAUSE = 10;

/** Something that is waited for. */
export interface Awaited {
  /** Nanoseconds until it happens; undefined where nobody can say. */
  due?(): bigint;
  /** Whether it wakes the sleeper, so that nobody needs to look again and again. */
  readonly wakes?: boolean;
}

/**
 * @param look what has happened; asked before each pause
 * @param sleep where something that is waited for wakes the sleeper
 * @returns what that gave, once it is something
 */
export function waitFor<T>(
  time: GuestTime,
  awaited: readonly Awaited[],
  look: () => readonly T[],
  sleep?: Sleep,
): readonly T[] {
  const letPass = time.wait(sleep);
  const streams = awaited.filter(({ due }) => due === undefined);
  const watches = streams.some(({ wakes }) => !wakes);
  const longest = streams.length > 0 ? Number.POSITIVE_INFINITY : undefined;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const found = look();
    if (found.length > 0) return found;
    letPass(nearest(awaited), watches ? pause : longest);
  }
}

function nearest(awaited: readonly Awaited[]): bigint | undefined {
  let shortest: bigint | undefined;
  for (const { due } of awaited) {
    const left = due?.();
    if (left !== undefined && (shortest === undefined || left < shortest)) shortest = left;
  }
  return shortest;
}
