/** Reading and writing, and where in a file: fd_read … fd_tell, fd_sync, fd_allocate, fd_advise. Hot path. */
import {
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  readvSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { type Descriptor, FILETYPE, mayTell } from './descriptors.ts';
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import type { Buffers, SandboxMemory } from './memory.ts';
import { FDFLAG } from './open-flags.ts';
import { RIGHT } from './rights.ts';
import { readStream, writeStream } from './streams.ts';
import { systemState } from './system-state.ts';

const WHENCE = { set: 0, cur: 1, end: 2 } as const;

const LAST_ADVICE = 5;

/** @throws Refusal inval: offsets are signed in every system, and no file has one above 2^53 */
function fileOffset(value: bigint): number {
  const offset = Number(value);
  if (!(offset >= 0 && offset <= Number.MAX_SAFE_INTEGER)) refuse(ERRNO.inval);
  return offset;
}

function readAt(
  memory: SandboxMemory,
  fd: number,
  { address, length, all }: Buffers,
  position: number | null,
): number {
  return all
    ? readvSync(fd, all, position ?? undefined)
    : readSync(fd, memory.bytes, address, length, position);
}

function writeAt(
  memory: SandboxMemory,
  fd: number,
  { address, length, all }: Buffers,
  position: number | null,
): number {
  return all
    ? writevSync(fd, all, position ?? undefined)
    : writeSync(fd, memory.bytes, address, length, position);
}

/** The offset of the next read or write, which is the sandbox's to count from now on. */
function settle(descriptor: Descriptor): number {
  descriptor.position ??= systemState(descriptor.fd).offset;
  return descriptor.position;
}

function canSeek({ filetype }: Descriptor): boolean {
  return filetype === FILETYPE.regularFile || filetype === FILETYPE.blockDevice;
}

export const fileData: Family = ({ memory, table }) => {
  function seekable(fd: number, needed: number): Descriptor {
    const descriptor = table.file(fd, needed);
    if (!canSeek(descriptor)) refuse(ERRNO.spipe);
    return descriptor;
  }

  return {
    fd_read(fd: number, list: number, count: number, nreadAt: number) {
      const at = memory.check(nreadAt, 4);
      const descriptor = table.file(fd, RIGHT.fd_read);
      const buffers = memory.buffers(list, count);
      let read: number;
      if (canSeek(descriptor)) {
        read = readAt(memory, descriptor.fd, buffers, descriptor.position ?? null);
        if (descriptor.position !== undefined) descriptor.position += read;
      } else {
        read = readStream(
          descriptor,
          (from) => readAt(memory, from, buffers, null),
          buffers,
          memory,
        );
      }
      memory.setU32(at, read);
    },

    fd_pread(fd: number, list: number, count: number, offset: bigint, nreadAt: number) {
      const at = memory.check(nreadAt, 4);
      const descriptor = seekable(fd, RIGHT.fd_read | RIGHT.fd_seek);
      const buffers = memory.buffers(list, count);
      memory.setU32(at, readAt(memory, descriptor.fd, buffers, fileOffset(offset)));
    },

    fd_write(fd: number, list: number, count: number, nwrittenAt: number) {
      const at = memory.check(nwrittenAt, 4);
      const descriptor = table.file(fd, RIGHT.fd_write);
      const buffers = memory.buffers(list, count);
      let written: number;
      if (!canSeek(descriptor)) {
        written = writeStream(descriptor, (to) => writeAt(memory, to, buffers, null));
      } else if (descriptor.position === undefined || descriptor.flags & FDFLAG.append) {
        written = writeAt(memory, descriptor.fd, buffers, null);
        // the system has moved its own offset to the end
        descriptor.position = undefined;
      } else {
        written = writeAt(memory, descriptor.fd, buffers, descriptor.position);
        descriptor.position += written;
      }
      memory.setU32(at, written);
    },

    fd_pwrite(fd: number, list: number, count: number, offset: bigint, nwrittenAt: number) {
      const at = memory.check(nwrittenAt, 4);
      const descriptor = seekable(fd, RIGHT.fd_write | RIGHT.fd_seek);
      const buffers = memory.buffers(list, count);
      memory.setU32(at, writeAt(memory, descriptor.fd, buffers, fileOffset(offset)));
    },

    fd_seek(fd: number, delta: bigint, whence: number, offsetAt: number) {
      const at = memory.check(offsetAt, 8);
      if (table.any(fd).directory !== undefined) refuse(ERRNO.isdir);
      const tells = whence === WHENCE.cur && delta === 0n;
      const descriptor = tells ? table.any(fd) : table.get(fd, RIGHT.fd_seek);
      if (!mayTell(descriptor)) refuse(ERRNO.notcapable);
      if (!canSeek(descriptor)) refuse(ERRNO.spipe);
      descriptor.position = fileOffset(origin(descriptor, whence) + delta);
      memory.setU64(at, BigInt(descriptor.position));
    },

    fd_tell(fd: number, offsetAt: number) {
      const at = memory.check(offsetAt, 8);
      const descriptor = table.file(fd, 0);
      if (!mayTell(descriptor)) refuse(ERRNO.notcapable);
      if (!canSeek(descriptor)) refuse(ERRNO.spipe);
      memory.setU64(at, BigInt(descriptor.position ?? systemState(descriptor.fd).offset));
    },

    fd_sync(fd: number) {
      fsyncSync(table.get(fd, RIGHT.fd_sync).fd);
    },

    fd_datasync(fd: number) {
      fdatasyncSync(table.get(fd, RIGHT.fd_datasync).fd);
    },

    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number) {
      seekable(fd, RIGHT.fd_advise);
      // only advice: Node has no way to pass it on
      if (advice >>> 0 > LAST_ADVICE) refuse(ERRNO.inval);
    },

    fd_allocate(fd: number, offset: bigint, length: bigint) {
      const { fd: file } = seekable(fd, RIGHT.fd_allocate);
      if (length <= 0n) refuse(ERRNO.inval);
      const end = fileOffset(offset + length);
      // Node has no fallocate: the size is as promised, the space is not reserved
      if (fstatSync(file).size < end) ftruncateSync(file, end);
    },
  };
};

function origin(descriptor: Descriptor, whence: number): bigint {
  switch (whence) {
    case WHENCE.set:
      return 0n;
    case WHENCE.cur:
      return BigInt(settle(descriptor));
    case WHENCE.end:
      return fstatSync(descriptor.fd, { bigint: true }).size;
    default:
      return refuse(ERRNO.inval);
  }
}
