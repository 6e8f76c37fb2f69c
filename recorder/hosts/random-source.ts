/** Where a guest's random bytes come from. */

/** Fills `size` bytes of `into` from `at` on. */
export type RandomSource = (into: Uint8Array, at: number, size: number) => void;
