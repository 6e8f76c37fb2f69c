/** Whether a read or a write would wait, for poll_oneoff and for descriptors that are not to wait. */
import { constants, fstatSync, readSync } from 'node:fs';
import { type Descriptor, FILETYPE } from './descriptors.ts';
import { ERRNO, errnoOf } from './errno.ts';
import { NO_TWIN, nonblockingTwin } from './nonblocking-twin.ts';
import { POLL, systemCalls } from './system-calls.ts';
import { systemState } from './system-state.ts';

export interface Readiness {
  /** That can be read at once. Of what can be written: more than 0, but not how much. */
  readonly bytes: number;
  /** Nothing more will come, or nobody takes anything any more. */
  readonly hangup: boolean;
}

/** Of what cannot be asked. */
const READY: Readiness = { bytes: 1, hangup: false };

const NOTHING: Readiness = { bytes: 0, hangup: false };

/** Bytes that are read ahead at most: what a pipe holds. */
const READ_AHEAD = 64 << 10;
const ahead = new Uint8Array(READ_AHEAD);

/** @returns undefined where a read would wait */
export function readable(descriptor: Descriptor): Readiness | undefined {
  const { socket, directory, filetype, fd, pending } = descriptor;
  if (socket !== undefined) return socket.readable();
  if (directory !== undefined) return NOTHING;
  if (filetype === FILETYPE.regularFile) {
    const position = descriptor.position ?? systemState(fd).offset;
    return { bytes: Math.max(0, fstatSync(fd).size - position), hangup: false };
  }
  if (pending.length > 0) return { bytes: pending.length, hangup: false };
  const system = systemCalls();
  if (system === undefined) return readAhead(descriptor);
  const events = system.poll(fd, POLL.in);
  if (events === 0) return undefined;
  const bytes = system.available(fd) ?? READY.bytes;
  return { bytes, hangup: (events & POLL.hangup) !== 0 };
}

/** @returns undefined where a write would wait */
export function writable({ socket, filetype, directory, fd }: Descriptor): Readiness | undefined {
  if (socket !== undefined) return socket.writable();
  const never = filetype === FILETYPE.regularFile || directory !== undefined;
  const events = never ? POLL.out : (systemCalls()?.poll(fd, POLL.out) ?? POLL.out);
  if (events === 0) return undefined;
  // of a pipe that nobody reads Linux says error
  return { bytes: 1, hangup: (events & (POLL.hangup | POLL.error)) !== 0 };
}

/** Without poll(2): reads what there is, without waiting, and keeps it for the guest. */
function readAhead(descriptor: Descriptor): Readiness | undefined {
  const { filetype } = descriptor;
  const asks = filetype === FILETYPE.unknown || filetype === FILETYPE.characterDevice;
  const twin = asks ? nonblockingTwin(descriptor, constants.O_RDONLY) : NO_TWIN;
  if (twin === NO_TWIN) return READY;
  try {
    const read = readSync(twin, ahead);
    descriptor.pending = ahead.slice(0, read);
    return { bytes: read, hangup: read === 0 };
  } catch (thrown) {
    if (errnoOf(thrown) === ERRNO.again) return undefined;
    // the guest is to see the error when it reads
    return { bytes: 0, hangup: true };
  }
}
