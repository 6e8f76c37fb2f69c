/** path_open. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Descriptor, FILETYPE } from './descriptors.ts';
import { directoryOf } from './directory.ts';
import { ERRNO, failedWith, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { startingAt } from './known-directories.ts';
import { accessMode, FDFLAG, openFlags } from './open-flags.ts';
import { IS_LINK, type Place, resolve } from './path-walk.ts';
import { ALL_RIGHTS, DIRECTORY_RIGHTS, FILE_RIGHTS, RIGHT, rightsFrom } from './rights.ts';
import { filetypeOf, SYMLINK_FOLLOW, statAt } from './stat.ts';

const OFLAG = { creat: 1, directory: 2, excl: 4, trunc: 8 } as const;

/** Permission bits of what is created, before the process's umask. */
const NEW_FILE = 0o666;

/** Windows has neither; there a link is looked for first. */
const { O_NOFOLLOW = 0, O_DIRECTORY = 0 } = constants;

interface Wanted {
  readonly flags: number;
  /** `oflags`. */
  readonly how: number;
}

/** @returns a descriptor of the process; IS_LINK where there is a link */
function openAt(place: Place, { flags, how }: Wanted): number | typeof IS_LINK {
  const directory = place.slash || (how & OFLAG.directory) !== 0;
  // with a slash behind its name a file cannot be created, as in POSIX
  if (place.slash && how & OFLAG.creat) refuse(ERRNO.isdir);
  if (O_NOFOLLOW === 0 && statAt(place).isSymbolicLink()) return IS_LINK;
  try {
    return openSync(place.path, flags | O_NOFOLLOW | (directory ? O_DIRECTORY : 0), NEW_FILE);
  } catch (thrown) {
    if (failedWith(thrown, 'ELOOP')) return IS_LINK;
    // a link is no directory, and that is noticed first
    if (directory && failedWith(thrown, 'ENOTDIR') && statAt(place).isSymbolicLink())
      return IS_LINK;
    throw thrown;
  }
}

/** What can be done with a file of this type at all. */
function rightsOf(filetype: number): number {
  return filetype === FILETYPE.directory ? DIRECTORY_RIGHTS : FILE_RIGHTS;
}

export const pathOpen: Family = ({ memory, table }) => {
  function needed(how: number): number {
    return (
      RIGHT.path_open |
      (how & OFLAG.creat ? RIGHT.path_create_file : 0) |
      (how & OFLAG.trunc ? RIGHT.path_filestat_set_size : 0)
    );
  }

  return {
    path_open(
      fd: number,
      lookup: number,
      path: number,
      length: number,
      how: number,
      base: bigint,
      inheriting: bigint,
      fdflags: number,
      openedAt: number,
    ) {
      const at = memory.check(openedAt, 4);
      const name = memory.path(path, length);
      const start = table.directory(fd, needed(how));
      const granted = table.any(fd).inheriting;
      const [rights, inherited] = [rightsFrom(base), rightsFrom(inheriting)];
      if ((rights | inherited) & ~granted & ALL_RIGHTS) refuse(ERRNO.notcapable);
      if (how & OFLAG.creat && how & OFLAG.directory) refuse(ERRNO.inval);
      const flags =
        accessMode(rights, (how & OFLAG.trunc) !== 0) |
        openFlags(fdflags) |
        (how & OFLAG.creat ? constants.O_CREAT : 0) |
        (how & OFLAG.excl ? constants.O_EXCL : 0) |
        (how & OFLAG.trunc ? constants.O_TRUNC : 0);
      table.checkRoom();
      const follow = (lookup & SYMLINK_FOLLOW) !== 0;
      let directory = '';
      const opened = resolve(start, name, follow, (place) => {
        directory = place.directory.prefix + place.name;
        return openAt(place, { flags, how });
      });
      const descriptor = describe(opened, directory, rights, inherited, fdflags);
      memory.setU32(at, table.add(descriptor));
    },
  };
};

function describe(
  fd: number,
  path: string,
  rights: number,
  inheriting: number,
  flags: number,
): Descriptor {
  try {
    const filetype = filetypeOf(fstatSync(fd).mode);
    const isDirectory = filetype === FILETYPE.directory;
    // the system moves its own offset when it appends
    const counts = !isDirectory && (flags & FDFLAG.append) === 0;
    return new Descriptor({
      fd,
      filetype,
      flags,
      rights: rights & rightsOf(filetype),
      inheriting,
      ...(counts && { position: 0 }),
      ...(isDirectory && { directory: startingAt(directoryOf(fd, path)) }),
    });
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}
