/**
 * WASI Preview 1 as one table: the 46 functions of wasi_snapshot_preview1, their parameters, and what
 * the host reads and writes in guest memory. Recorder, decoder and formatter walk it; nothing else in
 * the project knows a function by name unless it is named as an exception there.
 *
 * Source: wasi_snapshot_preview1.witx in WebAssembly/WASI, legacy/preview1. Its last version leaves
 * results unnamed; they have the names here that earlier versions gave them (nread, opened_fd, …), which
 * is what wasi-libc and people use. sock_accept never had one and is named after path_open's.
 */
import {
  buffer,
  declare,
  events,
  gather,
  out,
  type Preview1Function,
  path,
  scatter,
  strings,
  subscriptions,
  value,
} from './preview1-declare.ts';

export type { Preview1Function, Preview1Param, WasiType } from './preview1-declare.ts';

export const PREVIEW1_MODULE = 'wasi_snapshot_preview1';
export const PREVIEW0_MODULE = 'wasi_unstable';

const fd = value('fd', 'fd');

const FUNCTIONS: readonly Preview1Function[] = [
  declare('args_get', [strings('argv', 'argv_buf', 'args')]),
  declare('args_sizes_get', [out('argc', 'size'), out('argv_buf_size', 'size')]),
  declare('environ_get', [strings('environ', 'environ_buf', 'environ')]),
  declare('environ_sizes_get', [out('environc', 'size'), out('environ_buf_size', 'size')]),

  declare('clock_res_get', [value('id', 'clockid'), out('resolution', 'timestamp')]),
  declare('clock_time_get', [
    value('id', 'clockid'),
    value('precision', 'timestamp'),
    out('time', 'timestamp'),
  ]),

  declare('fd_advise', [
    fd,
    value('offset', 'filesize'),
    value('len', 'filesize'),
    value('advice', 'advice'),
  ]),
  declare('fd_allocate', [fd, value('offset', 'filesize'), value('len', 'filesize')]),
  declare('fd_close', [fd]),
  declare('fd_datasync', [fd]),
  declare('fd_fdstat_get', [fd, out('stat', 'fdstat')]),
  declare('fd_fdstat_set_flags', [fd, value('flags', 'fdflags')]),
  declare('fd_fdstat_set_rights', [
    fd,
    value('fs_rights_base', 'rights'),
    value('fs_rights_inheriting', 'rights'),
  ]),
  declare('fd_filestat_get', [fd, out('buf', 'filestat')]),
  declare('fd_filestat_set_size', [fd, value('size', 'filesize')]),
  declare('fd_filestat_set_times', [
    fd,
    value('atim', 'timestamp'),
    value('mtim', 'timestamp'),
    value('fst_flags', 'fstflags'),
  ]),
  declare(
    'fd_pread',
    [fd, scatter('iovs', 'nread'), value('offset', 'filesize'), out('nread', 'size')],
    'nread',
  ),
  declare('fd_prestat_get', [fd, out('buf', 'prestat')]),
  declare('fd_prestat_dir_name', [fd, buffer('path', 'path')]),
  declare(
    'fd_pwrite',
    [fd, gather('iovs'), value('offset', 'filesize'), out('nwritten', 'size')],
    'nwritten',
  ),
  declare('fd_read', [fd, scatter('iovs', 'nread'), out('nread', 'size')], 'nread'),
  declare(
    'fd_readdir',
    [fd, buffer('buf', 'dirents', 'bufused'), value('cookie', 'dircookie'), out('bufused', 'size')],
    'bufused',
  ),
  declare('fd_renumber', [fd, value('to', 'fd')]),
  declare('fd_seek', [
    fd,
    value('offset', 'filedelta'),
    value('whence', 'whence'),
    out('newoffset', 'filesize'),
  ]),
  declare('fd_sync', [fd]),
  declare('fd_tell', [fd, out('offset', 'filesize')]),
  declare('fd_write', [fd, gather('iovs'), out('nwritten', 'size')], 'nwritten'),

  declare('path_create_directory', [fd, path('path', 'fd')]),
  declare('path_filestat_get', [
    fd,
    value('flags', 'lookupflags'),
    path('path', 'fd'),
    out('buf', 'filestat'),
  ]),
  declare('path_filestat_set_times', [
    fd,
    value('flags', 'lookupflags'),
    path('path', 'fd'),
    value('atim', 'timestamp'),
    value('mtim', 'timestamp'),
    value('fst_flags', 'fstflags'),
  ]),
  declare('path_link', [
    value('old_fd', 'fd'),
    value('old_flags', 'lookupflags'),
    path('old_path', 'old_fd'),
    value('new_fd', 'fd'),
    path('new_path', 'new_fd'),
  ]),
  declare('path_open', [
    fd,
    value('dirflags', 'lookupflags'),
    path('path', 'fd'),
    value('oflags', 'oflags'),
    value('fs_rights_base', 'rights'),
    value('fs_rights_inheriting', 'rights'),
    value('fdflags', 'fdflags'),
    out('opened_fd', 'fd'),
  ]),
  declare(
    'path_readlink',
    [fd, path('path', 'fd'), buffer('buf', 'path', 'bufused'), out('bufused', 'size')],
    'bufused',
  ),
  declare('path_remove_directory', [fd, path('path', 'fd')]),
  declare('path_rename', [
    fd,
    path('old_path', 'fd'),
    value('new_fd', 'fd'),
    path('new_path', 'new_fd'),
  ]),
  // old_path is the contents of the link: not looked up, so relative to nothing
  declare('path_symlink', [path('old_path'), fd, path('new_path', 'fd')]),
  declare('path_unlink_file', [fd, path('path', 'fd')]),

  declare('poll_oneoff', [
    subscriptions('in', 'nsubscriptions'),
    events('out', 'nsubscriptions', 'nevents'),
    value('nsubscriptions', 'size'),
    out('nevents', 'size'),
  ]),
  declare('proc_exit', [value('rval', 'exitcode')], undefined, 'noreturn'),
  declare('proc_raise', [value('sig', 'signal')]),
  declare('sched_yield', []),
  declare('random_get', [buffer('buf', 'bytes')], 'buf_len'),

  declare('sock_accept', [fd, value('flags', 'fdflags'), out('opened_fd', 'fd')]),
  declare(
    'sock_recv',
    [
      fd,
      scatter('ri_data', 'ro_datalen'),
      value('ri_flags', 'riflags'),
      out('ro_datalen', 'size'),
      out('ro_flags', 'roflags'),
    ],
    'ro_datalen',
  ),
  declare(
    'sock_send',
    [fd, gather('si_data'), value('si_flags', 'siflags'), out('so_datalen', 'size')],
    'so_datalen',
  ),
  declare('sock_shutdown', [fd, value('how', 'sdflags')]),
];

/** By name; the order is that of the witx. */
export const PREVIEW1: ReadonlyMap<string, Preview1Function> = new Map(
  FUNCTIONS.map((fn) => [fn.name, fn]),
);
