/**
 * Directories in another order. When a guest begins to read one, all of it is asked of the host; the guest
 * is then answered from that list, where a cookie is an index. The order follows from the names and the
 * seed, so a directory that is read twice has the same one, as on a file system.
 */
import type { HostFunction } from '../hosts/host.ts';
import type { GuestAccess } from './guest-access.ts';
import { type Around, ERRNO, type Injector } from './injector.ts';

const HEAD = 24;
const NEXT = 0;
const NAME_LENGTH = 16;

/** Bytes of guest memory that a listing goes through; every memory with anything in it has them. */
const ROOM = 32 << 10;
/** Where the host says how much of them it used. */
const USED_AT = ROOM;
const BORROWED = ROOM + 8;

/** A dirent with its name, as the host gave it. */
type Entry = Uint8Array;

export const readdirOrder: Injector = (chances) => {
  const { guest, dice } = chances;
  const salt = dice.below(2 ** 32);
  const listings = new Map<
    number,
    { readonly entries: readonly Entry[]; readonly moved: boolean }
  >();

  const readdir: Around =
    (call) =>
    (...args) => {
      const [fd, buffer, length, cookie, usedAt] = args as [number, number, number, bigint, number];
      const start = buffer >>> 0;
      const capacity = length >>> 0;
      const used = usedAt >>> 0;
      if (!guest.holds(start, capacity) || !guest.holds(used, 4)) return call(...args);
      const first = BigInt.asUintN(64, cookie);
      if (first === 0n) {
        const entries = listAll(guest, call, fd);
        if (typeof entries === 'number') return entries;
        if (entries === undefined) return call(...args);
        const ordered = inOrder(entries, salt);
        listings.set(fd, {
          entries: ordered,
          moved: ordered.some((entry, i) => entry !== entries[i]),
        });
      }
      const listing = listings.get(fd);
      // a cookie of another descriptor's: the host may know it
      if (listing === undefined) return call(...args);
      const { entries, moved } = listing;
      if (first > BigInt(entries.length)) return ERRNO.inval;
      const target = guest.bytes.subarray(start, start + capacity);
      guest.view.setUint32(used, fill(target, entries, Number(first)), true);
      if (moved) chances.note(`of ${entries.length} entries`);
      return ERRNO.success;
    };
  const close: Around =
    (call) =>
    (...args) => {
      const errno = call(...args);
      if (errno === ERRNO.success) listings.delete(args[0] as number);
      return errno;
    };
  const renumber: Around =
    (call) =>
    (...args) => {
      const errno = call(...args);
      const [from, to] = args as [number, number];
      if (errno !== ERRNO.success || from === to) return errno;
      const listing = listings.get(from);
      listings.delete(from);
      listings.delete(to);
      if (listing !== undefined) listings.set(to, listing);
      return errno;
    };
  return { fd_readdir: readdir, fd_close: close, fd_renumber: renumber };
};

/** @returns an errno of the host; undefined where the guest's memory is too small to list through */
function listAll(guest: GuestAccess, call: HostFunction, fd: number): Entry[] | number | undefined {
  return guest.borrow(BORROWED, (view) => {
    const entries: Entry[] = [];
    for (let cookie = 0n; ; ) {
      const errno = call(fd, 0, ROOM, cookie, USED_AT);
      if (errno !== ERRNO.success) return errno;
      const used = view.getUint32(USED_AT, true);
      const before = entries.length;
      for (let at = 0; at + HEAD <= used; ) {
        const end = at + HEAD + view.getUint32(at + NAME_LENGTH, true);
        // cut off: it comes again
        if (end > used) break;
        const entry = new Uint8Array(view.buffer.slice(at, end));
        entries.push(entry);
        cookie = view.getBigUint64(at + NEXT, true);
        at = end;
      }
      if (used < ROOM || entries.length === before) return entries;
    }
  });
}

function inOrder(entries: readonly Entry[], salt: number): Entry[] {
  return entries
    .map((entry) => ({ entry, key: hash(entry.subarray(HEAD), salt) }))
    .sort((a, b) => a.key - b.key)
    .map(({ entry }) => entry);
}

/** FNV-1a with a final mix, so that names that differ in their last letter are far apart. */
function hash(name: Uint8Array, salt: number): number {
  let value = 0x811c9dc5 ^ salt;
  for (const byte of name) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  return (value ^ (value >>> 15)) >>> 0;
}

/** @returns bytes used; the last entry is cut off where the buffer ends */
function fill(target: Uint8Array, entries: readonly Entry[], first: number): number {
  let used = 0;
  for (let i = first; i < entries.length && used < target.length; i++) {
    const entry = (entries[i] as Entry).slice();
    new DataView(entry.buffer).setBigUint64(NEXT, BigInt(i + 1), true);
    const piece = entry.subarray(0, target.length - used);
    target.set(piece, used);
    used += piece.length;
  }
  return used;
}
