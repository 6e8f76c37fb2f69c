/** Calls about descriptors themselves: fd_close, fd_renumber, fd_fdstat_*, fd_prestat_*. */

import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { setFlags } from './open-flags.ts';
import { RIGHT, rightsFrom } from './rights.ts';

/** WASI has one type only; programs skip what has another. */
const PREOPENTYPE = { dir: 0, other: 1 } as const;

export const descriptorCalls: Family = ({ memory, table }) => ({
  fd_close(fd: number) {
    table.close(fd);
  },

  fd_renumber(from: number, to: number) {
    table.renumber(from, to);
  },

  fd_fdstat_get(fd: number, statAt: number) {
    const at = memory.check(statAt, 24);
    const { filetype, flags, rights, inheriting } = table.any(fd);
    memory.bytes.fill(0, at, at + 24);
    memory.view.setUint8(at, filetype);
    memory.view.setUint16(at + 2, flags, true);
    memory.setU64(at + 8, BigInt(rights));
    memory.setU64(at + 16, BigInt(inheriting));
  },

  fd_fdstat_set_flags(fd: number, flags: number) {
    setFlags(table.get(fd, RIGHT.fd_fdstat_set_flags), flags);
  },

  fd_fdstat_set_rights(fd: number, rights: bigint, inheriting: bigint) {
    const descriptor = table.any(fd);
    const [base, inherited] = [rightsFrom(rights), rightsFrom(inheriting)];
    const added = (base & ~descriptor.rights) | (inherited & ~descriptor.inheriting);
    if (added !== 0) refuse(ERRNO.notcapable);
    descriptor.rights = base;
    descriptor.inheriting = inherited;
  },

  fd_prestat_get(fd: number, statAt: number) {
    const at = memory.check(statAt, 8);
    // wasi-libc asks number by number until one is badf; anything else ends the program
    const { preopen, directory } = table.any(fd);
    if (preopen === undefined) refuse(ERRNO.badf);
    memory.setU32(at, directory === undefined ? PREOPENTYPE.other : PREOPENTYPE.dir);
    memory.setU32(at + 4, preopen.length);
  },

  fd_prestat_dir_name(fd: number, address: number, length: number) {
    const at = memory.check(address, length >>> 0);
    const preopen = table.any(fd).preopen ?? refuse(ERRNO.badf);
    if (length >>> 0 < preopen.length) refuse(ERRNO.nametoolong);
    memory.bytes.set(preopen, at);
  },
});
