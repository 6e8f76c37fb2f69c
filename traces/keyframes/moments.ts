/**
 * Moments of a run at which memory can be looked at, as numbers in their order. Each event has two: it is
 * reached, and what the host answered with is not in memory yet; it has passed. Event -1, the instantiation,
 * has passed only.
 */

/** Event -1 has passed: the guest is instantiated. */
export const FIRST_MOMENT = 1;

/** What the guest did since the event before is in memory, and nothing else. */
export function reachedAt(event: number): number {
  return 2 * event + 2;
}

/** The effects of the event are in memory too. */
export function passedAt(event: number): number {
  return 2 * event + 3;
}

export function eventOf(moment: number): number {
  return Math.floor(moment / 2) - 1;
}

/** Whether a change that came between the moment before and this one is the host's. */
export function isHosts(moment: number): boolean {
  return moment % 2 === 1;
}
