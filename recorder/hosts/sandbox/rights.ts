/**
 * Rights as bits of a number (there are 30, so no bigint is needed where every call looks at them), and
 * which ones a descriptor can have at all. Source: `rights` in typenames.witx.
 */
import { FLAGS } from '../../../wasi/names.ts';

type RightName = (typeof FLAGS.rights)[number];

export const RIGHT = Object.fromEntries(FLAGS.rights.map((name, bit) => [name, 1 << bit])) as {
  readonly [name in RightName]: number;
};

export const ALL_RIGHTS = 2 ** FLAGS.rights.length - 1;

/** What can be done with any descriptor. */
const ANY =
  RIGHT.fd_fdstat_set_flags |
  RIGHT.fd_filestat_get |
  RIGHT.fd_filestat_set_times |
  RIGHT.fd_datasync |
  RIGHT.fd_sync |
  RIGHT.poll_fd_readwrite;

export const FILE_RIGHTS =
  ANY |
  RIGHT.fd_read |
  RIGHT.fd_write |
  RIGHT.fd_seek |
  RIGHT.fd_tell |
  RIGHT.fd_advise |
  RIGHT.fd_allocate |
  RIGHT.fd_filestat_set_size;

/** No seek and no tell: by their absence (and the file type) wasi-libc knows a terminal. */
export const STREAM_RIGHTS = ANY | RIGHT.fd_read | RIGHT.fd_write;

/** What any socket can do. */
const SOCKET_RIGHTS = RIGHT.fd_fdstat_set_flags | RIGHT.fd_filestat_get | RIGHT.poll_fd_readwrite;

export const LISTENER_RIGHTS = SOCKET_RIGHTS | RIGHT.sock_accept;

export const CONNECTION_RIGHTS =
  SOCKET_RIGHTS | RIGHT.fd_read | RIGHT.fd_write | RIGHT.sock_shutdown;

export const DIRECTORY_RIGHTS =
  ANY |
  RIGHT.path_create_directory |
  RIGHT.path_create_file |
  RIGHT.path_link_source |
  RIGHT.path_link_target |
  RIGHT.path_open |
  RIGHT.fd_readdir |
  RIGHT.path_readlink |
  RIGHT.path_rename_source |
  RIGHT.path_rename_target |
  RIGHT.path_filestat_get |
  RIGHT.path_filestat_set_size |
  RIGHT.path_filestat_set_times |
  RIGHT.path_symlink |
  RIGHT.path_remove_directory |
  RIGHT.path_unlink_file;

/**
 * All that makes, changes, renames or removes something. A link's source is among them: through the link a
 * file could be written from a directory that is not read-only.
 */
export const CHANGING_RIGHTS =
  RIGHT.fd_write |
  RIGHT.fd_allocate |
  RIGHT.fd_filestat_set_size |
  RIGHT.fd_filestat_set_times |
  RIGHT.path_create_directory |
  RIGHT.path_create_file |
  RIGHT.path_link_source |
  RIGHT.path_link_target |
  RIGHT.path_rename_source |
  RIGHT.path_rename_target |
  RIGHT.path_filestat_set_size |
  RIGHT.path_filestat_set_times |
  RIGHT.path_symlink |
  RIGHT.path_remove_directory |
  RIGHT.path_unlink_file;

/** Bits that WASI does not know are dropped: programs ask for all of them (~0). */
export function rightsFrom(value: bigint): number {
  return Number(value & 0x3fff_ffffn);
}
