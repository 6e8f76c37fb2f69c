/** clock_time_get and clock_res_get. */
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';

export const clocks: Family = ({ memory, time }) => ({
  clock_res_get(clock: number, resolutionAt: number) {
    const at = memory.check(resolutionAt, 8);
    memory.setU64(at, time.resolution(clock) ?? refuse(ERRNO.inval));
  },

  clock_time_get(clock: number, _precision: bigint, timeAt: number) {
    const at = memory.check(timeAt, 8);
    memory.setU64(at, time.read(clock) ?? refuse(ERRNO.inval));
  },
});
