/**
 * Node has no fcntl, but a pipe, a FIFO or a terminal can be opened once more through /proc: blocking or not,
 * without changing it for the others who share it. Sockets cannot, and nothing can on other systems.
 */
import { constants, openSync } from 'node:fs';
import type { Descriptor } from './descriptors.ts';
import { descriptorPath, HAS_PROC } from './directory.ts';
import { errnoOf } from './errno.ts';

export const NO_TWIN = -1;

/**
 * One that does not wait; kept, and closed with the descriptor.
 * @param mode O_RDONLY or O_WRONLY
 */
export function nonblockingTwin(descriptor: Descriptor, mode: number): number {
  const known = descriptor.twins.get(mode);
  if (known !== undefined) return known;
  const twin = reopened(descriptor.fd, mode | constants.O_NONBLOCK);
  descriptor.twins.set(mode, twin);
  return twin;
}

/** To be closed again. @returns {@link NO_TWIN} where it cannot be opened once more */
export function reopened(fd: number, flags: number): number {
  if (!HAS_PROC) return NO_TWIN;
  try {
    return openSync(descriptorPath(fd), flags | constants.O_NOCTTY);
  } catch (thrown) {
    errnoOf(thrown);
    return NO_TWIN;
  }
}
