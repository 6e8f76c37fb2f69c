/** How the process ends when its guest does not: a thread in a system call keeps `process.exit` waiting. */
import { stderr, stdout } from './streams.ts';

/**
 * Ends as from the signal itself, so that a shell sees it and a script stops (https://www.cons.org/cracauer/sigint.html).
 * No handler of it may be left.
 */
export async function endBySignal(signal: NodeJS.Signals): Promise<never> {
  await flushAll();
  process.kill(process.pid, signal);
  return forEver();
}

/** Ends with an exit code, at once and without waiting for any thread. */
export async function endByForce(status: number): Promise<never> {
  await flushAll();
  // Replacing the process is the only way to a chosen exit code: process.exit, process.reallyExit and
  // process.abort all join or crash. execve warns that it is experimental, but only in a later tick.
  if (process.execve !== undefined && process.platform !== 'win32') {
    process.execve('/bin/sh', ['sh', '-c', `exit ${status}`], process.env);
  }
  process.kill(process.pid, 'SIGKILL');
  return forEver();
}

async function flushAll(): Promise<void> {
  await stdout.flush();
  await stderr.flush();
}

function forEver(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1 << 30));
}
