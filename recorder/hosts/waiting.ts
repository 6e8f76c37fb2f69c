/** Waiting for clocks and streams at once: look, let some time pass, look again. */
import type { GuestTime } from './guest-time.ts';

/** Milliseconds between two looks at streams, at first and at most: at most 100 a second when it lasts. */
const FIRST_PAUSE = 0.25;
const LONGEST_PAUSE = 10;

/** Something that is waited for. */
export interface Awaited {
  /** Nanoseconds until it happens; undefined where nobody can say. */
  due?(): bigint;
}

/**
 * @param look what has happened; asked before each pause
 * @returns what that gave, once it is something
 */
export function waitFor<T>(
  time: GuestTime,
  awaited: readonly Awaited[],
  look: () => readonly T[],
): readonly T[] {
  const letPass = time.wait();
  const watches = awaited.some(({ due }) => due === undefined);
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const found = look();
    if (found.length > 0) return found;
    letPass(nearest(awaited), watches ? pause : undefined);
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
