/** Tells a recording in progress from one that was killed. */
import { systemCode } from '../errors.ts';
import type { TraceMeta } from './meta.ts';

/** Whether a trace without an end is still being written by a process of this machine. */
export function isBeingRecorded({ outcome, pid }: TraceMeta): boolean {
  if (outcome !== undefined || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // it exists, and belongs to someone else
    return systemCode(cause) === 'EPERM';
  }
}
