/**
 * A directory as a place to start from, and one step down from it that never follows a link.
 *
 * Node has no openat, but on Linux a path under `/proc/self/fd/<n>/` starts at the directory that is open
 * as `n`, wherever it has been moved to. With one name after it and O_NOFOLLOW that is openat, so nothing
 * that another process does to the tree can lead outside.
 *
 * Elsewhere directories are known by their real path. A path is still walked name by name and links are
 * still expanded by hand, so no path and no link that is already there leads outside. But a process that
 * swaps a directory for a link between the check and the call can redirect that call.
 */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { sep } from 'node:path';
import { ERRNO, failedWith, refuse } from './errno.ts';

export interface Directory {
  /** What to put before a name in it; ends with a slash. */
  readonly prefix: string;
  /** Of the process; undefined where directories are known by their path. */
  readonly fd: number | undefined;
}

/** Not in node:fs. Names a file without opening it: no permission to read is needed, nothing happens. */
const O_PATH = 0o10000000;

export const HAS_PROC = process.platform === 'linux' && existsSync('/proc/self/fd');

/**
 * The folder of this process's descriptors. By its number, as /proc counts (which in a container need not be
 * process.pid): going through /proc/self each time costs 0.5 µs.
 */
const DESCRIPTORS = HAS_PROC ? `/proc/${readlinkSync('/proc/self')}/fd` : '';

/** A file that is open as `fd`, once more, as a path that node:fs takes. Only where {@link HAS_PROC}. */
export function descriptorPath(fd: number): string {
  return `${DESCRIPTORS}/${fd}`;
}

/** Where names may be joined by something else than a slash, or stand for a device, a name is not plain. */
const NOT_PLAIN = process.platform === 'win32' ? /[\\:]/ : undefined;

/** A byte string as node:fs takes it. */
export function hostPath(bytes: string): string | Buffer {
  return /[\u0080-\u00ff]/.test(bytes) ? Buffer.from(bytes, 'latin1') : bytes;
}

/** The directory that is open as `fd`. @param path where it was found, in bytes */
export function directoryOf(fd: number, path: string): Directory {
  if (HAS_PROC) return { prefix: `${descriptorPath(fd)}/`, fd };
  return { prefix: `${path.replace(/\/\.?$/, '')}/`, fd: undefined };
}

/** Opens a directory of the host by the path that the user gave. */
export function openRoot(path: string): { readonly fd: number; readonly directory: Directory } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const real = Buffer.from(realpathSync(path).replaceAll(sep, '/')).toString('latin1');
  return { fd, directory: directoryOf(fd, real) };
}

/**
 * The directory of that name, to be closed again; undefined where there is something else (a link, a file).
 * @throws system errors, as for a name that is not there
 */
export function enter(directory: Directory, name: string): Directory | undefined {
  const path = directory.prefix + name;
  if (!HAS_PROC) return enterByPath(path, name);
  try {
    const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const fd = openSync(hostPath(path), flags);
    return { prefix: `${descriptorPath(fd)}/`, fd };
  } catch (thrown) {
    if (failedWith(thrown, 'ENOTDIR')) return undefined;
    throw thrown;
  }
}

export function leave(directory: Directory): void {
  if (directory.fd !== undefined) closeSync(directory.fd);
}

function enterByPath(path: string, name: string): Directory | undefined {
  if (NOT_PLAIN?.test(name)) refuse(ERRNO.notcapable);
  if (!lstatSync(hostPath(path)).isDirectory()) return undefined;
  const real = realpathSync(hostPath(path), 'latin1').replaceAll(sep, '/');
  if (real !== path) refuse(ERRNO.notcapable);
  return { prefix: `${path}/`, fd: undefined };
}
