/** Reading and writing, and where in a file: fd_read … fd_tell, fd_sync, fd_allocate, fd_advise. Hot path. */
import { fdatasyncSync, fstatSync, fsyncSync, ftruncateSync } from 'node:fs';
import { type Descriptor, FILETYPE, mayTell } from './descriptors.ts';
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { FDFLAG } from './open-flags.ts';
import { RIGHT } from './rights.ts';
import { readStream, writeStream } from './streams.ts';
import { systemState } from './system-state.ts';
import { readInto, writeFrom } from './transfer.ts';

const WHENCE = { set: 0, cur: 1, end: 2 } as const;

const LAST_ADVICE = 5;

/** @throws Refusal inval: offsets are signed in every system, and no file has one above 2^53 */
function fileOffset(value: bigint): number {
  const offset = Number(value);
  if (!(offset >= 0 && offset <= Number.MAX_SAFE_INTEGER)) refuse(ERRNO.inval);
  return offset;
}

/** Where to read or write next; null for the system's own offset. */
function offsetOf({ position, inStep }: Descriptor): number | null {
  return position === undefined || inStep ? null : position;
}

function position(descriptor: Descriptor): number {
  return descriptor.position ?? systemState(descriptor.fd).offset;
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
      if (!canSeek(descriptor)) {
        memory.setU32(at, readStream(memory, descriptor, buffers));
        return;
      }
      const read = readInto(memory, descriptor.fd, buffers, offsetOf(descriptor));
      if (descriptor.position !== undefined) descriptor.position += read;
      memory.setU32(at, read);
    },

    fd_pread(fd: number, list: number, count: number, offset: bigint, nreadAt: number) {
      const at = memory.check(nreadAt, 4);
      const descriptor = seekable(fd, RIGHT.fd_read | RIGHT.fd_seek);
      const buffers = memory.buffers(list, count);
      memory.setU32(at, readInto(memory, descriptor.fd, buffers, fileOffset(offset)));
    },

    fd_write(fd: number, list: number, count: number, nwrittenAt: number) {
      const at = memory.check(nwrittenAt, 4);
      const descriptor = table.file(fd, RIGHT.fd_write);
      const buffers = memory.buffers(list, count);
      if (!canSeek(descriptor)) {
        memory.setU32(at, writeStream(memory, descriptor, buffers));
        return;
      }
      // the system appends wherever it is told to write, and moves its own offset to the end
      const appends = (descriptor.flags & FDFLAG.append) !== 0;
      const offset = appends ? null : offsetOf(descriptor);
      const written = writeFrom(memory, descriptor.fd, buffers, offset);
      if (appends) descriptor.position = undefined;
      else if (descriptor.position !== undefined) descriptor.position += written;
      memory.setU32(at, written);
    },

    fd_pwrite(fd: number, list: number, count: number, offset: bigint, nwrittenAt: number) {
      const at = memory.check(nwrittenAt, 4);
      const descriptor = seekable(fd, RIGHT.fd_write | RIGHT.fd_seek);
      const buffers = memory.buffers(list, count);
      memory.setU32(at, writeFrom(memory, descriptor.fd, buffers, fileOffset(offset)));
    },

    fd_seek(fd: number, delta: bigint, whence: number, offsetAt: number) {
      const at = memory.check(offsetAt, 8);
      if (table.any(fd).directory !== undefined) refuse(ERRNO.isdir);
      const tells = whence === WHENCE.cur && delta === 0n;
      const descriptor = tells ? table.any(fd) : table.get(fd, RIGHT.fd_seek);
      if (!mayTell(descriptor)) refuse(ERRNO.notcapable);
      if (!canSeek(descriptor)) refuse(ERRNO.spipe);
      const offset = fileOffset(origin(descriptor, whence) + delta);
      if (!tells && offset !== descriptor.position) {
        descriptor.position = offset;
        descriptor.inStep = false;
      }
      memory.setU64(at, BigInt(offset));
    },

    fd_tell(fd: number, offsetAt: number) {
      const at = memory.check(offsetAt, 8);
      const descriptor = table.file(fd, 0);
      if (!mayTell(descriptor)) refuse(ERRNO.notcapable);
      if (!canSeek(descriptor)) refuse(ERRNO.spipe);
      memory.setU64(at, BigInt(position(descriptor)));
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
      return BigInt(position(descriptor));
    case WHENCE.end:
      return fstatSync(descriptor.fd, { bigint: true }).size;
    default:
      return refuse(ERRNO.inval);
  }
}
