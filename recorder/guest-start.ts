/**
 * Starts guests' threads. A thread takes 20 ms to be there, about as long as all that has to be known before
 * a guest can run, so whoever will record can begin with it. Imports nothing that takes long to load.
 */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../worker-url.ts';
import type { ComponentSetup } from './component/component-messages.ts';
import { hasCurrentDirectory } from './current-directory.ts';
import { GUEST_STACK_MB } from './stack-size.ts';

let waiting: Worker | undefined;

/** Starts the thread of the next core module. One that is not needed after all ends with the process. */
export function startAhead(): void {
  // that will be told in time
  if (!hasCurrentDirectory()) return;
  waiting ??= start('recorder/guest-worker');
  waiting.unref();
}

/** The thread of a core module. Its setup is the first message. */
export function moduleThread(): Worker {
  const worker = waiting ?? start('recorder/guest-worker');
  waiting = undefined;
  worker.ref();
  return worker;
}

export function componentThread(setup: ComponentSetup): Worker {
  return start('recorder/component/component-worker', setup);
}

function start(program: string, workerData?: ComponentSetup): Worker {
  return new Worker(workerUrl(program), {
    workerData,
    execArgv: ['--no-warnings'],
    resourceLimits: { stackSizeMb: GUEST_STACK_MB },
    // else Node opens process.stdout and .stderr, which makes a pipe non-blocking that the guest
    // writes to as well: it would get AGAIN from every full pipe
    stdout: true,
    stderr: true,
  });
}
