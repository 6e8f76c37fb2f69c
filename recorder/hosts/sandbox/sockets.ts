/**
 * sock_accept, sock_recv, sock_send, sock_shutdown. No descriptor of this host is a socket: none can be
 * opened by a path, and a standard stream that is one (what Node gives its child processes for a pipe) is
 * a stream like any other to its guest.
 */
import { ERRNO, refuse } from './errno.ts';
import type { Family } from './family.ts';

export const sockets: Family = ({ table }) => {
  function noSocket(fd: number): void {
    table.any(fd);
    refuse(ERRNO.notsock);
  }
  return {
    sock_accept: noSocket,
    sock_recv: noSocket,
    sock_send: noSocket,
    sock_shutdown: noSocket,
  };
};
