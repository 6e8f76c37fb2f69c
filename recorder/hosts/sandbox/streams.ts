/**
 * What cannot seek: pipes, terminals, devices, inherited sockets, connections. Reading and writing wait or
 * not as the guest asked, whatever the descriptor does that the process got (a pipe that somebody set to
 * nonblocking).
 */
import { closeSync, constants } from 'node:fs';
import { sleep } from '../sleep.ts';
import type { Descriptor } from './descriptors.ts';
import { ERRNO, failedWith, refuse } from './errno.ts';
import type { Buffers, SandboxMemory } from './memory.ts';
import { NO_TWIN, nonblockingTwin, reopened } from './nonblocking-twin.ts';
import { isNonblocking } from './open-flags.ts';
import { readable, writable } from './readiness.ts';
import { readInto, writeFrom } from './transfer.ts';

/** Milliseconds between two attempts, at first and at most. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 10;

/** Reads or writes once, on a descriptor of the process. @returns bytes */
type Once = (fd: number) => number;

/** @returns bytes read */
export function readStream(memory: SandboxMemory, descriptor: Descriptor, into: Buffers): number {
  const { socket, pending } = descriptor;
  if (socket?.kind === 'connection') {
    return socket.receive(memory.pieces(into), { nonblocking: isNonblocking(descriptor) });
  }
  if (pending.length > 0) return takePending(memory, descriptor, into);
  const once: Once = (fd) => readInto(memory, fd, into, null);
  if (!isNonblocking(descriptor)) return waiting(descriptor.fd, constants.O_RDONLY, once);
  const twin = nonblockingTwin(descriptor, constants.O_RDONLY);
  if (twin !== NO_TWIN) return once(twin);
  if (readable(descriptor) === undefined) refuse(ERRNO.again);
  return once(descriptor.fd);
}

/** @returns bytes written */
export function writeStream(memory: SandboxMemory, descriptor: Descriptor, from: Buffers): number {
  const { socket } = descriptor;
  if (socket?.kind === 'connection') {
    return socket.send(memory.pieces(from), isNonblocking(descriptor));
  }
  const once: Once = (fd) => writeFrom(memory, fd, from, null);
  if (!isNonblocking(descriptor)) return waiting(descriptor.fd, constants.O_WRONLY, once);
  const twin = nonblockingTwin(descriptor, constants.O_WRONLY);
  if (twin !== NO_TWIN) return once(twin);
  if (writable(descriptor) === undefined) refuse(ERRNO.again);
  return once(descriptor.fd);
}

function takePending(memory: SandboxMemory, descriptor: Descriptor, into: Buffers): number {
  let taken = 0;
  for (const target of memory.pieces(into)) {
    const piece = descriptor.pending.subarray(taken, taken + target.length);
    target.set(piece);
    taken += piece.length;
  }
  descriptor.pending = descriptor.pending.subarray(taken);
  return taken;
}

/** @param mode to open it in once more where it does not wait itself */
function waiting(fd: number, mode: number, once: Once): number {
  try {
    return once(fd);
  } catch (thrown) {
    if (!failedWith(thrown, 'EAGAIN')) throw thrown;
  }
  const blocking = reopened(fd, mode);
  if (blocking === NO_TWIN) return retrying(fd, once);
  try {
    return once(blocking);
  } finally {
    closeSync(blocking);
  }
}

function retrying(fd: number, once: Once): number {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    sleep(pause);
    try {
      return once(fd);
    } catch (thrown) {
      if (!failedWith(thrown, 'EAGAIN')) throw thrown;
    }
  }
}
