/** `fdflags` as the system's open flags, and changing them on a descriptor that is open. */
import { closeSync, constants, openSync } from 'node:fs';
import type { Descriptor } from './descriptors.ts';
import { descriptorPath, HAS_PROC } from './directory.ts';
import { ERRNO, refuse } from './errno.ts';
import { RIGHT } from './rights.ts';
import { systemState } from './system-state.ts';

export const FDFLAG = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;

const ALL_FLAGS = 31;

export function isNonblocking({ flags }: Descriptor): boolean {
  return (flags & FDFLAG.nonblock) !== 0;
}

/** Rights for which a file must be open for writing. */
const WRITES = RIGHT.fd_write | RIGHT.fd_allocate | RIGHT.fd_filestat_set_size;

/** Windows has none of these. */
const O_SYNC = constants.O_SYNC ?? 0;
const O_DSYNC = constants.O_DSYNC ?? O_SYNC;
const O_NONBLOCK = constants.O_NONBLOCK ?? 0;
const O_NOCTTY = constants.O_NOCTTY ?? 0;

/** @throws Refusal inval for flags that WASI does not have */
export function openFlags(fdflags: number): number {
  if ((fdflags & ~ALL_FLAGS) !== 0) refuse(ERRNO.inval);
  return (
    O_NOCTTY |
    (fdflags & FDFLAG.append ? constants.O_APPEND : 0) |
    (fdflags & FDFLAG.dsync ? O_DSYNC : 0) |
    (fdflags & FDFLAG.nonblock ? O_NONBLOCK : 0) |
    (fdflags & (FDFLAG.rsync | FDFLAG.sync) ? O_SYNC : 0)
  );
}

/** @param truncates opens for writing even where there is no right to write afterwards */
export function accessMode(rights: number, truncates: boolean): number {
  if ((rights & WRITES) === 0 && !truncates) return constants.O_RDONLY;
  return rights & RIGHT.fd_read ? constants.O_RDWR : constants.O_WRONLY;
}

/**
 * Sets the flags of an open descriptor. Node has no fcntl, so the file is opened once more under the new
 * flags, by its descriptor: the same file even where it has been renamed or removed.
 * @throws Refusal inval, notsup where only a reopened file could have them and it cannot be reopened
 */
export function setFlags(descriptor: Descriptor, flags: number): void {
  const wanted = openFlags(flags);
  // whether to wait is decided in the sandbox; for a file it makes no difference
  const [kept, asked] = [descriptor.flags, flags].map((all) => all & ~FDFLAG.nonblock);
  if (kept !== asked) {
    // a standard stream is open for others too, who count on its offset; a directory has paths that start there
    const { shared, directory, socket } = descriptor;
    const fixed = shared || directory !== undefined || socket !== undefined;
    if (!HAS_PROC || fixed) refuse(ERRNO.notsup);
    const position = descriptor.position ?? systemState(descriptor.fd).offset;
    const access = accessMode(descriptor.rights, false);
    const fd = openSync(descriptorPath(descriptor.fd), access | wanted);
    closeSync(descriptor.fd);
    descriptor.fd = fd;
    descriptor.position = position;
    descriptor.inStep = false;
  }
  descriptor.flags = flags;
}
