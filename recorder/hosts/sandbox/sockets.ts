/**
 * sock_accept, sock_recv, sock_send, sock_shutdown. The sockets that a guest can have are the listening
 * ones that it was given, and what it accepts from them. A standard stream that is a socket (what Node
 * gives its child processes for a pipe) is a stream like any other to its guest.
 */
import { FLAGS } from '../../../wasi/names.ts';
import type { Connection } from './connection.ts';
import { Descriptor, FILETYPE } from './descriptors.ts';
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';
import type { Listener } from './listener.ts';
import { FDFLAG, isNonblocking } from './open-flags.ts';
import { CONNECTION_RIGHTS, LISTENER_RIGHTS, RIGHT } from './rights.ts';

const PEEK = 1 << FLAGS.riflags.indexOf('recv_peek');
const WAITALL = 1 << FLAGS.riflags.indexOf('recv_waitall');
const [READS, WRITES] = [1 << FLAGS.sdflags.indexOf('rd'), 1 << FLAGS.sdflags.indexOf('wr')];

/** No descriptor of the process's: its sockets belong to another thread. */
const NO_FD = -1;

export function listening(listener: Listener): Descriptor {
  return new Descriptor({
    fd: NO_FD,
    filetype: FILETYPE.socketStream,
    flags: 0,
    rights: LISTENER_RIGHTS,
    inheriting: CONNECTION_RIGHTS,
    socket: listener,
    // Programs look at each number from 3 on for directories that they were given, and stop at the first
    // that was not. This is given, and no directory: wasi-libc and Go then go on to the next one.
    preopen: Buffer.alloc(0),
  });
}

export const sockets: Family = ({ memory, table }) => {
  function connection(fd: number, needed: number): [Connection, Descriptor] {
    const descriptor = table.any(fd);
    const { socket } = descriptor;
    if (socket === undefined) refuse(ERRNO.notsock);
    if (socket.kind === 'listener') refuse(ERRNO.notconn);
    return [socket, table.get(fd, needed)];
  }

  return {
    sock_accept(fd: number, flags: number, openedAt: number) {
      const at = memory.check(openedAt, 4);
      const { socket } = table.any(fd);
      if (socket === undefined) refuse(ERRNO.notsock);
      if (socket.kind === 'connection' || (flags & ~FDFLAG.nonblock) !== 0) refuse(ERRNO.inval);
      const listener = table.get(fd, RIGHT.sock_accept);
      const accepted = new Descriptor({
        fd: NO_FD,
        filetype: FILETYPE.socketStream,
        flags,
        rights: listener.inheriting,
        inheriting: 0,
        socket: socket.accept(isNonblocking(listener)),
      });
      memory.setU32(at, table.add(accepted));
    },

    sock_recv(fd: number, list: number, count: number, flags: number, readAt: number, out: number) {
      const [readAddress, flagsAddress] = [memory.check(readAt, 4), memory.check(out, 2)];
      const [socket, descriptor] = connection(fd, RIGHT.fd_read);
      if ((flags & ~(PEEK | WAITALL)) !== 0) refuse(ERRNO.inval);
      const read = socket.receive(memory.pieces(memory.buffers(list, count)), {
        nonblocking: isNonblocking(descriptor),
        peek: (flags & PEEK) !== 0,
        all: (flags & WAITALL) !== 0,
      });
      memory.setU32(readAddress, read);
      // a stream is never cut short
      memory.view.setUint16(flagsAddress, 0, true);
    },

    sock_send(fd: number, list: number, count: number, flags: number, sentAt: number) {
      const at = memory.check(sentAt, 4);
      const [socket, descriptor] = connection(fd, RIGHT.fd_write);
      if (flags !== 0) refuse(ERRNO.inval);
      const pieces = memory.pieces(memory.buffers(list, count));
      memory.setU32(at, socket.send(pieces, isNonblocking(descriptor)));
    },

    sock_shutdown(fd: number, how: number) {
      const [socket] = connection(fd, RIGHT.sock_shutdown);
      if (how === 0 || (how & ~(READS | WRITES)) !== 0) refuse(ERRNO.inval);
      socket.shutdown((how & READS) !== 0, (how & WRITES) !== 0);
    },
  };
};
