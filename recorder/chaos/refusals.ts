/** Calls that are answered with an errno instead of by the host: EINTR, EAGAIN, ENOSPC. */
import { FILETYPE, type GuestAccess } from './guest-access.ts';
import { type Around, ERRNO, type Injector } from './injector.ts';
import { subscriptionTypes } from './poll-list.ts';
import { bufferList, callWithin, shortLength } from './short-transfers.ts';

const STANDARD_STREAMS = 3;

function isStored(filetype: number): boolean {
  return filetype === FILETYPE.regularFile || filetype === FILETYPE.directory;
}

/** Standard streams count as slow even where they are files: a program cannot tell in advance. */
function canBeInterrupted(guest: GuestAccess, fd: number): boolean {
  const state = guest.descriptor(fd);
  return state !== undefined && (fd < STANDARD_STREAMS || !isStored(state.filetype));
}

export const interruptions: Injector = (chances) => {
  const { guest } = chances;
  const slow: Around =
    (call) =>
    (...args) => {
      if (!chances.strikes() || !canBeInterrupted(guest, args[0] as number)) return call(...args);
      chances.note('(EINTR)');
      return ERRNO.intr;
    };
  const poll: Around =
    (call) =>
    (...args) => {
      const waits =
        chances.strikes() && subscriptionTypes(guest, args).some((type) => type !== 'clock');
      if (!waits) return call(...args);
      chances.note('(EINTR)');
      return ERRNO.intr;
    };
  return {
    fd_read: slow,
    fd_write: slow,
    sock_accept: slow,
    sock_recv: slow,
    sock_send: slow,
    poll_oneoff: poll,
  };
};

export const notReady: Injector = (chances) => {
  const { guest } = chances;
  const nonblocking: Around =
    (call) =>
    (...args) => {
      const state = chances.strikes() ? guest.descriptor(args[0] as number) : undefined;
      if (!state?.nonblocking || isStored(state.filetype)) return call(...args);
      chances.note('(EAGAIN)');
      return ERRNO.again;
    };
  return {
    fd_read: nonblocking,
    fd_write: nonblocking,
    sock_accept: nonblocking,
    sock_recv: nonblocking,
    sock_send: nonblocking,
  };
};

/** Calls for which a full disk stays full, at most. */
const LONGEST_FULL = 30;

export const fullDisk: Injector = (chances) => {
  const { guest, dice } = chances;
  /** Calls that will still fail. */
  let full = 0;
  /** Whether this call finds the disk full; asked before anything that costs more. */
  const isFull = () => full > 0 || chances.strikes();
  const refuse = () => {
    full = full > 0 ? full - 1 : dice.below(LONGEST_FULL);
    chances.note('(ENOSPC)');
    return ERRNO.nospc;
  };
  const write: Around =
    (call) =>
    (...args) => {
      if (!isFull()) return call(...args);
      const fd = args[0] as number;
      const list = bufferList(guest, args);
      const stored =
        list !== undefined &&
        list.total > 0 &&
        fd >= STANDARD_STREAMS &&
        guest.descriptor(fd)?.filetype === FILETYPE.regularFile;
      if (!stored) return call(...args);
      // the last bytes that there is room for
      if (full === 0 && list.total > 1 && dice.chance(0.5)) {
        full = 1 + dice.below(LONGEST_FULL);
        const limit = shortLength(dice, list.total);
        chances.note(`after ${limit} of ${list.total} bytes`);
        return callWithin(guest, call, args, list, limit);
      }
      return refuse();
    };
  const allocate: Around =
    (call) =>
    (...args) => {
      if (!isFull()) return call(...args);
      const stored = guest.descriptor(args[0] as number)?.filetype === FILETYPE.regularFile;
      return stored ? refuse() : call(...args);
    };
  const create: Around =
    (call) =>
    (...args) =>
      isFull() ? refuse() : call(...args);
  return {
    fd_write: write,
    fd_pwrite: write,
    fd_allocate: allocate,
    path_create_directory: create,
    path_symlink: create,
  };
};
