/** fd_readdir. */

import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { Listing } from './listing.ts';
import { RIGHT } from './rights.ts';

const DIRENT_SIZE = 24;

export const directories: Family = ({ memory, table }) => ({
  /** Fills the buffer, the last entry cut off where it ends; a buffer that is not full says: no more. */
  fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, usedAt: number) {
    const capacity = length >>> 0;
    const start = memory.check(buffer, capacity);
    const at = memory.check(usedAt, 4);
    const directory = table.directory(fd, RIGHT.fd_readdir);
    const descriptor = table.any(fd);
    const first = Number(BigInt.asUintN(64, cookie));
    if (first === 0) descriptor.listing = undefined;
    descriptor.listing ??= new Listing(directory);
    if (first > descriptor.listing.length) refuse(ERRNO.inval);
    memory.setU32(
      at,
      fill(descriptor.listing, first, memory.bytes.subarray(start, start + capacity)),
    );
  },
});

/** @returns bytes used */
function fill(listing: Listing, first: number, target: Uint8Array): number {
  const head = new DataView(new ArrayBuffer(DIRENT_SIZE));
  const headBytes = new Uint8Array(head.buffer);
  let used = 0;
  const put = (bytes: Uint8Array) => {
    const piece = bytes.subarray(0, target.length - used);
    target.set(piece, used);
    used += piece.length;
  };
  for (let i = first; i < listing.length && used < target.length; i++) {
    const entry = listing.entry(i);
    if (entry === undefined) continue;
    head.setBigUint64(0, BigInt(i + 1), true);
    head.setBigUint64(8, entry.inode, true);
    head.setUint32(16, entry.name.length, true);
    head.setUint32(20, entry.filetype, true);
    put(headBytes);
    put(entry.name);
  }
  return used;
}
