/** How many of the process's descriptors the guest may have: the recorder needs some for the trace. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { HAS_PROC } from './sandbox/directory.ts';

/** The database with what belongs to it, and what a thread that starts later opens. */
const KEPT = 48;

/** The highest descriptor of the process that may be the guest's. The lowest free one is given, so it tells how many there are. */
export function highestDescriptor(): number {
  if (!HAS_PROC) return Number.POSITIVE_INFINITY;
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft) - KEPT;
}

/** Whether the next file that is opened would get a higher one. Costs some 5 µs: for who is not told the numbers. */
export function isBeyond(highest: number): boolean {
  if (highest === Number.POSITIVE_INFINITY) return false;
  let next: number;
  try {
    next = openSync(devNull, 'r');
  } catch {
    return true;
  }
  closeSync(next);
  return next > highest;
}
