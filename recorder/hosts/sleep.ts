/** Sleeping in the guest's thread, from which the thread can still be ended. */
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/** Lets milliseconds pass, or fewer. @returns whether it was woken before they were over */
export type Sleep = (milliseconds: number) => boolean;

/** @param milliseconds may have a fraction; wakes a little late, never early */
export function sleep(milliseconds: number): false {
  if (milliseconds > 0) Atomics.wait(nobodyWakes, 0, 0, milliseconds);
  return false;
}
