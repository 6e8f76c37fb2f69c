/** random_get. */
import type { Family } from './family.ts';

export const random: Family = ({ memory, random: fill }) => ({
  random_get(address: number, length: number) {
    const size = length >>> 0;
    const at = memory.check(address, size);
    fill(memory.bytes, at, size);
  },
});
