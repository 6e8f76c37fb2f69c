/** Calls that make, name and remove entries of directories. None follows a link at the end of a path. */
import {
  linkSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { hostPath } from './directory.ts';
import { ERRNO, Refusal, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { atEntry, IS_LINK, type Place, resolve } from './path-walk.ts';
import { RIGHT } from './rights.ts';
import { SYMLINK_FOLLOW, statAt } from './stat.ts';

/** With a slash behind it a name is one for a directory. @throws Refusal notdir, noent */
function checkSlash(place: Place): void {
  if (place.slash && !statAt(place).isDirectory()) refuse(ERRNO.notdir);
}

/** A name that is to be made for something else than a directory. @throws Refusal noent, exist */
function checkNoSlash(place: Place): void {
  if (!place.slash) return;
  statAt(place);
  refuse(ERRNO.exist);
}

function exists(place: Place): boolean {
  try {
    statAt(place);
    return true;
  } catch (thrown) {
    if (thrown instanceof Refusal) return false;
    throw thrown;
  }
}

export const paths: Family = ({ memory, table }) => ({
  path_create_directory(fd: number, path: number, length: number) {
    const name = memory.path(path, length);
    const start = table.directory(fd, RIGHT.path_create_directory);
    atEntry(start, name, (place) => mkdirSync(place.path));
  },

  path_remove_directory(fd: number, path: number, length: number) {
    const name = memory.path(path, length);
    const start = table.directory(fd, RIGHT.path_remove_directory);
    atEntry(start, name, (place) => rmdirSync(place.path));
  },

  path_unlink_file(fd: number, path: number, length: number) {
    const name = memory.path(path, length);
    const start = table.directory(fd, RIGHT.path_unlink_file);
    atEntry(start, name, (place) => {
      if (place.slash) refuse(statAt(place).isDirectory() ? ERRNO.isdir : ERRNO.notdir);
      unlinkSync(place.path);
    });
  },

  path_rename(
    fd: number,
    oldPath: number,
    oldLength: number,
    newFd: number,
    newPath: number,
    newLength: number,
  ) {
    const oldName = memory.path(oldPath, oldLength);
    const newName = memory.path(newPath, newLength);
    const from = table.directory(fd, RIGHT.path_rename_source);
    const to = table.directory(newFd, RIGHT.path_rename_target);
    atEntry(from, oldName, (source) => {
      checkSlash(source);
      atEntry(to, newName, (target) => {
        if (target.slash) checkSlash({ ...source, slash: true });
        if (target.slash && exists(target)) checkSlash(target);
        renameSync(source.path, target.path);
      });
    });
  },

  path_link(
    fd: number,
    flags: number,
    oldPath: number,
    oldLength: number,
    newFd: number,
    newPath: number,
    newLength: number,
  ) {
    const oldName = memory.path(oldPath, oldLength);
    const newName = memory.path(newPath, newLength);
    const from = table.directory(fd, RIGHT.path_link_source);
    const to = table.directory(newFd, RIGHT.path_link_target);
    const follow = (flags & SYMLINK_FOLLOW) !== 0;
    resolve(from, oldName, follow, (source) => {
      if ((follow || source.slash) && statAt(source).isSymbolicLink()) return IS_LINK;
      checkSlash(source);
      return atEntry(to, newName, (target) => {
        checkNoSlash(target);
        linkSync(source.path, target.path);
      });
    });
  },

  path_symlink(targetPath: number, targetLength: number, fd: number, path: number, length: number) {
    const target = memory.path(targetPath, targetLength);
    const name = memory.path(path, length);
    const start = table.directory(fd, RIGHT.path_symlink);
    // no guest could follow it; others might
    if (target.startsWith('/')) refuse(ERRNO.notcapable);
    if (target.includes('\0')) refuse(ERRNO.inval);
    atEntry(start, name, (place) => {
      checkNoSlash(place);
      symlinkSync(hostPath(target), place.path);
    });
  },

  path_readlink(
    fd: number,
    path: number,
    length: number,
    buffer: number,
    bufferLength: number,
    usedAt: number,
  ) {
    const room = bufferLength >>> 0;
    const start = memory.check(buffer, room);
    const at = memory.check(usedAt, 4);
    const name = memory.path(path, length);
    const directory = table.directory(fd, RIGHT.path_readlink);
    const target = atEntry(directory, name, (place) => {
      checkSlash(place);
      return readlinkSync(place.path, 'buffer');
    });
    // a link that does not fit is cut off, without a word, as POSIX has it
    const piece = target.subarray(0, room);
    memory.bytes.set(piece, start);
    memory.setU32(at, piece.length);
  },
});
