/**
 * Starts guests' threads. A thread takes 20 ms to be there, about as long as all that has to be known before
 * a guest can run, so whoever will record can begin with it. Imports nothing that takes long to load.
 */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../worker-url.ts';
import { hasCurrentDirectory } from './current-directory.ts';
import { GUEST_STACK_MB } from './stack-size.ts';

/** What guests' threads run. */
const PROGRAMS = {
  module: 'recorder/guest-worker',
  component: 'recorder/component/component-worker',
} as const;

export type GuestKind = keyof typeof PROGRAMS;

let waiting: { readonly kind: GuestKind; readonly worker: Worker } | undefined;

/**
 * Starts the thread of the next guest. One that is not needed after all ends with the process.
 * @param kind what it is likely to be
 */
export function startAhead(kind: GuestKind = 'module'): void {
  // that will be told in time
  if (!hasCurrentDirectory()) return;
  waiting ??= { kind, worker: start(kind) };
  waiting.worker.unref();
}

/** The thread of a guest. Its setup is the first message. */
export function guestThread(kind: GuestKind): Worker {
  const worker = waiting?.kind === kind ? waiting.worker : start(kind);
  waiting = undefined;
  worker.ref();
  return worker;
}

function start(kind: GuestKind): Worker {
  return new Worker(workerUrl(PROGRAMS[kind]), {
    execArgv: ['--no-warnings'],
    resourceLimits: { stackSizeMb: GUEST_STACK_MB },
    // else Node opens process.stdout and .stderr, which makes a pipe non-blocking that the guest
    // writes to as well: it would get AGAIN from every full pipe
    stdout: true,
    stderr: true,
  });
}
