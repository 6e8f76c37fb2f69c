/** sched_yield and proc_raise. proc_exit is the boundary's. */
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';

export const processCalls: Family = () => ({
  sched_yield() {
    // a guest has one thread, and the system shares its processor out anyway
  },

  proc_raise() {
    // a signal would reach the recorder too: it is the same process
    refuse(ERRNO.nosys);
  },
});
