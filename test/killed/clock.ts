/** A clock that all processes of this machine share. */

/** Milliseconds, with a fraction, since some moment in the past. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
