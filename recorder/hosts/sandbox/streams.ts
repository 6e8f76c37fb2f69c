/**
 * What cannot seek: pipes, terminals, devices, sockets, connections. Reading and writing wait where the descriptor that
 * the process got does not (a pipe that somebody set to nonblocking), and a poll can look whether there
 * is something to read.
 *
 * Node has neither poll nor fcntl. A pipe or a terminal can be opened once more through /proc, blocking or
 * not, without changing it for the others who share it; where that fails (sockets; other systems) the
 * sandbox asks again after a pause.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { sleep } from '../sleep.ts';
import { type Descriptor, FILETYPE } from './descriptors.ts';
import { descriptorPath, HAS_PROC } from './directory.ts';
import { ERRNO, errnoOf, failedWith, refuse } from './errno.ts';
import type { Buffers, SandboxMemory } from './memory.ts';
import { isNonblocking } from './open-flags.ts';
import { readInto, writeFrom } from './transfer.ts';

/** Bytes that a poll reads ahead at most: what a pipe holds. */
const READ_AHEAD = 64 << 10;
const ahead = new Uint8Array(READ_AHEAD);

/** Milliseconds between two attempts, at first and at most. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 10;

const NONE = -1;

/** @returns bytes read */
export function readStream(memory: SandboxMemory, descriptor: Descriptor, into: Buffers): number {
  const { socket } = descriptor;
  if (socket?.kind === 'connection') {
    return socket.receive(memory.pieces(into), { nonblocking: isNonblocking(descriptor) });
  }
  if (descriptor.pending.length > 0) return takePending(memory, descriptor, into);
  try {
    return readInto(memory, descriptor.fd, into, null);
  } catch (thrown) {
    return waiting(thrown, descriptor, constants.O_RDONLY, (fd) =>
      readInto(memory, fd, into, null),
    );
  }
}

/** @returns bytes written */
export function writeStream(memory: SandboxMemory, descriptor: Descriptor, from: Buffers): number {
  const { socket } = descriptor;
  if (socket?.kind === 'connection') {
    return socket.send(memory.pieces(from), isNonblocking(descriptor));
  }
  try {
    return writeFrom(memory, descriptor.fd, from, null);
  } catch (thrown) {
    return waiting(thrown, descriptor, constants.O_WRONLY, (fd) =>
      writeFrom(memory, fd, from, null),
    );
  }
}

/** What a poll finds out about reading. */
export interface Readiness {
  /** That can be read at once. */
  readonly bytes: number;
  /** Nothing more will come. */
  readonly hangup: boolean;
}

/**
 * Whether a read would not wait: reads ahead, without waiting, and keeps it for the guest.
 * What cannot be asked (a socket, a device) is taken to be ready.
 * @returns undefined where a read would wait
 */
export function readiness(descriptor: Descriptor): Readiness | undefined {
  if (descriptor.pending.length > 0) return { bytes: descriptor.pending.length, hangup: false };
  const probe = probeOf(descriptor);
  if (probe === NONE) return { bytes: 1, hangup: false };
  try {
    const read = readSync(probe, ahead);
    descriptor.pending = ahead.slice(0, read);
    return { bytes: read, hangup: read === 0 };
  } catch (thrown) {
    if (errnoOf(thrown) === ERRNO.again) return undefined;
    // the guest is to see the error when it reads
    return { bytes: 0, hangup: true };
  }
}

function probeOf(descriptor: Descriptor): number {
  const { filetype } = descriptor;
  const asks = filetype === FILETYPE.unknown || filetype === FILETYPE.characterDevice;
  descriptor.probe ??= asks
    ? reopen(descriptor.fd, constants.O_RDONLY | constants.O_NONBLOCK)
    : NONE;
  return descriptor.probe;
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

/** @param thrown what the first attempt gave; @param once tries it once more on a descriptor of the process */
function waiting(
  thrown: unknown,
  descriptor: Descriptor,
  mode: number,
  once: (fd: number) => number,
): number {
  if (!failedWith(thrown, 'EAGAIN')) throw thrown;
  if (isNonblocking(descriptor)) refuse(ERRNO.again);
  const blocking = reopen(descriptor.fd, mode);
  if (blocking === NONE) return retrying(descriptor.fd, once);
  try {
    return once(blocking);
  } finally {
    closeSync(blocking);
  }
}

function retrying(fd: number, once: (fd: number) => number): number {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    sleep(pause);
    try {
      return once(fd);
    } catch (thrown) {
      if (!failedWith(thrown, 'EAGAIN')) throw thrown;
    }
  }
}

/** @returns -1 where it cannot be opened again */
function reopen(fd: number, flags: number): number {
  if (!HAS_PROC) return NONE;
  try {
    return openSync(descriptorPath(fd), flags | constants.O_NOCTTY);
  } catch (thrown) {
    errnoOf(thrown);
    return NONE;
  }
}
