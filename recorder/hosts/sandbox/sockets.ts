/**
 * sock_accept, sock_recv, sock_send, sock_shutdown. A guest has a socket only where a standard stream is
 * one; those can be read and written. Node can neither accept nor shut down without its event loop.
 */
import { readSync, readvSync, writeSync, writevSync } from 'node:fs';
import { type Descriptor, FILETYPE } from './descriptors.ts';
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import { RIGHT } from './rights.ts';
import { readStream, writeStream } from './streams.ts';

export const sockets: Family = ({ memory, table }) => {
  /** What it is comes before what may be done with it: that a pipe is no socket is the better answer. */
  function socket(fd: number, needed: number): Descriptor {
    if (table.any(fd).filetype !== FILETYPE.socketStream) refuse(ERRNO.notsock);
    return table.get(fd, needed);
  }

  return {
    sock_accept(fd: number, _flags: number, _openedAt: number) {
      socket(fd, RIGHT.sock_accept);
      refuse(ERRNO.notsup);
    },

    sock_recv(
      fd: number,
      list: number,
      count: number,
      flags: number,
      lengthAt: number,
      flagsAt: number,
    ) {
      const [length, outFlags] = [memory.check(lengthAt, 4), memory.check(flagsAt, 2)];
      const descriptor = socket(fd, RIGHT.fd_read);
      // peeking and waiting for all need recv(2)
      if (flags !== 0) refuse(ERRNO.notsup);
      const buffers = memory.buffers(list, count);
      const { address, length: size, all } = buffers;
      const read = readStream(
        descriptor,
        (from) => (all ? readvSync(from, all) : readSync(from, memory.bytes, address, size, null)),
        buffers,
        memory,
      );
      memory.view.setUint16(outFlags, 0, true);
      memory.setU32(length, read);
    },

    sock_send(fd: number, list: number, count: number, flags: number, lengthAt: number) {
      const at = memory.check(lengthAt, 4);
      const descriptor = socket(fd, RIGHT.fd_write);
      if (flags !== 0) refuse(ERRNO.inval);
      const { address, length, all } = memory.buffers(list, count);
      const written = writeStream(descriptor, (to) =>
        all ? writevSync(to, all) : writeSync(to, memory.bytes, address, length, null),
      );
      memory.setU32(at, written);
    },

    sock_shutdown(fd: number, _how: number) {
      socket(fd, RIGHT.sock_shutdown);
      refuse(ERRNO.notsup);
    },
  };
};
