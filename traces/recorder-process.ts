/** Tells a recording in progress from one that was killed. */
import { readFileSync, readlinkSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import type { TraceMeta } from './meta.ts';

/** Whether a trace without an end is still being written by a process of this machine. */
export function isBeingRecorded({ outcome, pid, process: recorder }: TraceMeta): boolean {
  if (outcome !== undefined || pid <= 0) return false;
  const running = processIdentity(pid);
  // a number alone is soon another process's: in containers, say, where all recorders have the same
  if (recorder !== undefined && processIdentity(process.pid) !== undefined) {
    return running === recorder;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // it exists, and belongs to someone else
    return systemCode(cause) === 'EPERM';
  }
}

/**
 * What tells a running process from all that had or will have its number: on Linux the boot, the namespace in which it
 * has that number, and when it started.
 * @returns undefined where it does not run (or waits for its parent to take note of its end), and elsewhere
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // behind the name, which may hold anything
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const boot = bootIdentity();
    // field 22 of proc(5), in ticks since the boot
    return `${boot} ${readlinkSync('/proc/self/ns/pid')} ${fields[18]}`;
  } catch {
    return undefined;
  }
}

/** Whether the machine has been running since the recorder did; false where that cannot be said. */
export function isOfThisBoot({ process: recorder }: TraceMeta): boolean {
  try {
    return recorder?.split(' ')[0] === bootIdentity();
  } catch {
    return false;
  }
}

function bootIdentity(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
