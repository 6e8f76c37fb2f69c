/** File attributes: fd_filestat_get, path_filestat_get, fd_filestat_set_size. */
import { type BigIntStats, constants, fstatSync, ftruncateSync, lstatSync } from 'node:fs';
import { FILETYPE } from './descriptors.ts';
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import type { SandboxMemory } from './memory.ts';
import { IS_LINK, type Place, resolve } from './path-walk.ts';
import { RIGHT } from './rights.ts';

const FILESTAT_SIZE = 64;
const AS_IT_IS = { bigint: true } as const;
const MAYBE_MISSING = { bigint: true, throwIfNoEntry: false } as const;

export const SYMLINK_FOLLOW = 1;

/** By the type bits of a file's mode. A pipe is none of WASI's types. */
const FILETYPES: ReadonlyMap<number, number> = new Map([
  [constants.S_IFREG, FILETYPE.regularFile],
  [constants.S_IFDIR, FILETYPE.directory],
  [constants.S_IFLNK, FILETYPE.symbolicLink],
  [constants.S_IFCHR, FILETYPE.characterDevice],
  [constants.S_IFBLK, FILETYPE.blockDevice],
  [constants.S_IFSOCK, FILETYPE.socketStream],
]);

export function filetypeOf(mode: number): number {
  return FILETYPES.get(mode & constants.S_IFMT) ?? FILETYPE.unknown;
}

/** The attributes of what is at a place, links included. @throws Refusal noent */
export function statAt({ path }: Place): BigIntStats {
  return lstatSync(path, MAYBE_MISSING) ?? refuse(ERRNO.noent);
}

function writeFilestat(memory: SandboxMemory, at: number, stat: BigIntStats): void {
  memory.setU64(at, stat.dev);
  memory.setU64(at + 8, stat.ino);
  memory.setU64(at + 16, BigInt(filetypeOf(Number(stat.mode))));
  memory.setU64(at + 24, stat.nlink);
  memory.setU64(at + 32, stat.size);
  memory.setU64(at + 40, stat.atimeNs);
  memory.setU64(at + 48, stat.mtimeNs);
  memory.setU64(at + 56, stat.ctimeNs);
}

export const stat: Family = ({ memory, table }) => ({
  fd_filestat_get(fd: number, bufAt: number) {
    const at = memory.check(bufAt, FILESTAT_SIZE);
    const descriptor = table.get(fd, RIGHT.fd_filestat_get);
    if (descriptor.socket === undefined) {
      writeFilestat(memory, at, fstatSync(descriptor.fd, AS_IT_IS));
      return;
    }
    // no place, no size and no times
    memory.bytes.fill(0, at, at + FILESTAT_SIZE);
    memory.setU64(at + 16, BigInt(descriptor.filetype));
  },

  path_filestat_get(fd: number, flags: number, path: number, length: number, bufAt: number) {
    const at = memory.check(bufAt, FILESTAT_SIZE);
    const name = memory.path(path, length);
    const start = table.directory(fd, RIGHT.path_filestat_get);
    const follow = (flags & SYMLINK_FOLLOW) !== 0;
    const found = resolve(start, name, follow, (place) => {
      const one = statAt(place);
      if (one.isSymbolicLink() && (follow || place.slash)) return IS_LINK;
      if (place.slash && !one.isDirectory()) refuse(ERRNO.notdir);
      return one;
    });
    writeFilestat(memory, at, found);
  },

  fd_filestat_set_size(fd: number, size: bigint) {
    const descriptor = table.file(fd, RIGHT.fd_filestat_set_size);
    if (BigInt.asUintN(64, size) > Number.MAX_SAFE_INTEGER) refuse(ERRNO.fbig);
    ftruncateSync(descriptor.fd, Number(size));
  },
});
