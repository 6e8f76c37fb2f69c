/** Sleeping in the guest's thread, from which the thread can still be ended. */
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/** @param milliseconds may have a fraction; wakes a little late, never early */
export function sleep(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(nobodyWakes, 0, 0, milliseconds);
}
