/** Short ways to write the calls of a run, for tests of what is learnt from them in order. */
import type { RecordedCall } from '../../wasi/call.ts';
import { bytes, fdstat, filestat, iovecs, text, u32, zeros } from './bytes.ts';

function call(
  name: string,
  args: readonly (number | bigint)[],
  more: Partial<RecordedCall> = {},
): RecordedCall {
  const reads = more.reads ?? zeros(0);
  return { name, args, result: 0, reads, readLength: reads.length, effects: [], ...more };
}

/** The same call, but the host refused it. */
export function failed(succeeded: RecordedCall, errno = 8): RecordedCall {
  return { ...succeeded, result: errno, effects: [] };
}

/** What every libc does at the start for a preopened directory. */
export function preopen(fd: number, name: string, type = 0): RecordedCall[] {
  const encoded = text(name);
  return [
    call('fd_prestat_get', [fd, 64], { effects: [{ param: 1, bytes: u32(type, encoded.length) }] }),
    call('fd_prestat_dir_name', [fd, 64, encoded.length], {
      effects: [{ param: 1, bytes: encoded }],
    }),
  ];
}

export function open(directory: number, path: string, fd: number, oflags = 0): RecordedCall {
  const reads = text(path);
  return call('path_open', [directory, 1, 64, reads.length, oflags, 2n, 0n, 0, 96], {
    reads,
    effects: [{ param: 8, bytes: u32(fd) }],
  });
}

export const DIRECTORY = 2;

export function unlink(directory: number, path: string): RecordedCall {
  const reads = text(path);
  return call('path_unlink_file', [directory, 64, reads.length], { reads });
}

export function close(fd: number): RecordedCall {
  return call('fd_close', [fd]);
}

export function renumber(from: number, to: number): RecordedCall {
  return call('fd_renumber', [from, to]);
}

export function accept(listener: number, fd: number): RecordedCall {
  return call('sock_accept', [listener, 0, 64], { effects: [{ param: 2, bytes: u32(fd) }] });
}

export function fdstatGet(fd: number, filetype: number): RecordedCall {
  return call('fd_fdstat_get', [fd, 64], {
    effects: [{ param: 1, bytes: fdstat(filetype, 0, 0n, 0n) }],
  });
}

export function filestatGet(fd: number, filetype: number): RecordedCall {
  return call('fd_filestat_get', [fd, 64], {
    effects: [{ param: 1, bytes: filestat({ filetype, size: 0n, time: 0n }) }],
  });
}

export function readdir(fd: number): RecordedCall {
  const effects = [
    { param: 1, bytes: zeros(0) },
    { param: 4, bytes: u32(0) },
  ];
  return call('fd_readdir', [fd, 64, 512, 0n, 32], { effects });
}

export function read(fd: number, contents: string): RecordedCall {
  const effects = [
    { param: 1, bytes: text(contents) },
    { param: 3, bytes: u32(contents.length) },
  ];
  return call('fd_read', [fd, 64, 1, 96], { reads: iovecs(4096), effects });
}

/** @param written bytes that the host took; all by default */
export function write(fd: number, parts: readonly string[], written?: number): RecordedCall {
  const whole = parts.join('');
  const reads = bytes(iovecs(...parts.map((part) => part.length)), text(whole));
  const effects = [{ param: 3, bytes: u32(written ?? whole.length) }];
  return call('fd_write', [fd, 64, parts.length, 96], { reads, effects });
}

export function pwrite(fd: number, contents: string): RecordedCall {
  const reads = bytes(iovecs(contents.length), text(contents));
  const effects = [{ param: 4, bytes: u32(contents.length) }];
  return call('fd_pwrite', [fd, 64, 1, 0n, 96], { reads, effects });
}

export function send(fd: number, contents: string): RecordedCall {
  const reads = bytes(iovecs(contents.length), text(contents));
  const effects = [{ param: 4, bytes: u32(contents.length) }];
  return call('sock_send', [fd, 64, 1, 0, 96], { reads, effects });
}
