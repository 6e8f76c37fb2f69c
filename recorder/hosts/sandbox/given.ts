/** The descriptors that a guest has from the start: standard streams and directories. */
import { constants, fstatSync } from 'node:fs';
import type { Preopen } from '../../../traces/meta.ts';
import { Descriptor, FILETYPE } from './descriptors.ts';
import { openRoot } from './directory.ts';
import { errnoOf } from './errno.ts';
import { startingAt } from './known-directories.ts';
import { FDFLAG } from './open-flags.ts';
import {
  ALL_RIGHTS,
  CHANGING_RIGHTS,
  DIRECTORY_RIGHTS,
  FILE_RIGHTS,
  RIGHT,
  STREAM_RIGHTS,
} from './rights.ts';
import { filetypeOf } from './stat.ts';
import { systemState } from './system-state.ts';

/** The three lowest bits of open's flags. */
const ACCESS = 3;

/** @returns undefined where the process has it closed */
export function standardStream(fd: number): Descriptor | undefined {
  let filetype: number;
  let flags: number | undefined;
  try {
    const { mode } = fstatSync(fd);
    // Node gives its child processes sockets for pipes; a guest has as little to do with the one as the other
    filetype = filetypeOf(mode) === FILETYPE.socketStream ? FILETYPE.unknown : filetypeOf(mode);
    flags = systemState(fd).flags;
  } catch (thrown) {
    errnoOf(thrown);
    return undefined;
  }
  return new Descriptor({
    fd,
    filetype,
    // whether it waits is not passed on: the guest did not ask for a stream that does not
    flags: (flags ?? 0) & constants.O_APPEND ? FDFLAG.append : 0,
    rights: rightsOf(fd, filetype) & accessRights(flags),
    inheriting: 0,
    shared: true,
  });
}

/** @throws system errors for a directory that cannot be opened */
export function preopened({ guest, host, readOnly }: Preopen): Descriptor {
  const { fd, directory } = openRoot(host);
  const granted = readOnly ? ~CHANGING_RIGHTS : ~0;
  return new Descriptor({
    fd,
    filetype: FILETYPE.directory,
    flags: 0,
    rights: DIRECTORY_RIGHTS & granted,
    inheriting: ALL_RIGHTS & granted,
    directory: startingAt(directory),
    preopen: Buffer.from(guest),
  });
}

function rightsOf(fd: number, filetype: number): number {
  // by its missing right to seek wasi-libc tells a terminal from /dev/null
  const seeks = filetype === FILETYPE.regularFile || filetype === FILETYPE.blockDevice;
  return seeks || (filetype === FILETYPE.characterDevice && !isTerminal(fd))
    ? FILE_RIGHTS
    : STREAM_RIGHTS;
}

/** The major number of /dev/null and the like on Linux. */
const MEMORY_DEVICES = 1;

function isTerminal(fd: number): boolean {
  if (process.platform === 'linux' && fstatSync(fd).rdev >> 8 === MEMORY_DEVICES) return false;
  // loads the whole of networking, which takes 3 ms
  return process.getBuiltinModule('node:tty').isatty(fd);
}

function accessRights(flags: number | undefined): number {
  switch (flags === undefined ? constants.O_RDWR : flags & ACCESS) {
    case constants.O_RDONLY:
      return ~(RIGHT.fd_write | RIGHT.fd_allocate | RIGHT.fd_filestat_set_size);
    case constants.O_WRONLY:
      return ~RIGHT.fd_read;
    default:
      return ~0;
  }
}
