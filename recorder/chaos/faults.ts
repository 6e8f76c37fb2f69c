/**
 * What chaos does to a run, as a table: which faults there are, to which calls they happen, how often, and
 * why a correct program must cope. Pure data; the other files of this folder carry it out.
 *
 * A run does not get all of it (as rr's chaos mode has it): a fault takes part in a `share` of the runs, and
 * then at one of its `rates`. A bug that needs many short reads in a row and one that needs a single one in
 * a long run are both found that way, and most runs of a correct program pass.
 */

export const FAULT_NAMES = [
  'short-read',
  'short-write',
  'readdir-order',
  'clock-jump',
  'poll-delay',
  'again',
  'interrupt',
  'no-space',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

export interface Fault {
  /**
   * Whether a correct program must come to the same result in spite of it. What is not gentle, a correct
   * program may answer with an error message and an exit code.
   */
  readonly gentle: boolean;
  /** The calls that it happens to. */
  readonly calls: readonly string[];
  /** Part of the runs in which it takes part, unless it is asked for by name. */
  readonly share: number;
  /** Chances of a call; a run has one of them. */
  readonly rates: readonly number[];
  /** What happens, and why that is allowed. */
  readonly about: string;
}

export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  'short-read': {
    gentle: true,
    calls: ['fd_read', 'fd_pread', 'sock_recv'],
    share: 3 / 4,
    rates: [0.02, 0.15, 0.6],
    about:
      'A read gives less than was asked for, at least one byte. WASI and POSIX promise no more; wasmtime, ' +
      'for one, fills only the first buffer of a list. Not for datagrams and MSG_WAITALL, where it would lose data.',
  },
  'short-write': {
    gentle: true,
    calls: ['fd_write', 'fd_pwrite', 'sock_send'],
    share: 3 / 4,
    rates: [0.02, 0.15, 0.6],
    about: 'A write takes less than it was given, at least one byte. As for reads.',
  },
  'readdir-order': {
    gentle: true,
    calls: ['fd_readdir'],
    share: 3 / 4,
    rates: [1],
    about:
      'Directories are listed in another order, the same one throughout the run, as on another file system. ' +
      'POSIX leaves the order open. Each entry comes exactly once, whatever the size of the buffer.',
  },
  'clock-jump': {
    gentle: true,
    calls: ['clock_time_get', 'poll_oneoff'],
    share: 1 / 2,
    rates: [0.01, 0.1, 0.5],
    about:
      'The time of day is set, back or forth, or both clocks go forward as if the machine had slept. The ' +
      'monotonic clock never goes back. Deadlines of poll_oneoff are meant by the clock that the program ' +
      'sees; times of files are not changed, as on a file server.',
  },
  'poll-delay': {
    gentle: true,
    calls: ['poll_oneoff'],
    share: 1 / 2,
    rates: [0.1, 0.5],
    about:
      'A sleep or a wait lasts longer, as on a busy machine. No sleep promises to end in time.',
  },
  again: {
    gentle: true,
    calls: ['fd_read', 'fd_write', 'sock_accept', 'sock_recv', 'sock_send'],
    share: 1 / 2,
    rates: [0.05, 0.3],
    about:
      'EAGAIN, only from descriptors that the program itself made non-blocking and that can block (no files, ' +
      'no directories): whoever asks for that must expect it, even after a poll said that there was something.',
  },
  interrupt: {
    gentle: false,
    calls: ['fd_read', 'fd_write', 'sock_accept', 'sock_recv', 'sock_send', 'poll_oneoff'],
    share: 1 / 8,
    rates: [0.005, 0.05],
    about:
      'EINTR from standard streams, pipes, terminals and sockets, and from polls that wait for a descriptor: ' +
      'where POSIX has it, and hosts pass it on. Not from files (they never give it in practice), and not ' +
      'from mere sleeps: the runtimes of Rust and Go end a program then. C stdio takes it for an error.',
  },
  'no-space': {
    gentle: false,
    calls: ['fd_write', 'fd_pwrite', 'fd_allocate', 'path_create_directory', 'path_symlink'],
    share: 1 / 8,
    rates: [0.005, 0.05],
    about:
      'The disk is full: ENOSPC for a while, after a last short write or at once. For files and folders only, ' +
      'not for standard streams.',
  },
};

export function isFaultName(name: string): name is FaultName {
  return (FAULT_NAMES as readonly string[]).includes(name);
}
