/** How the process ends where Node would wait: for a guest in a system call, or for V8, which optimizes code. */
import { existsSync } from 'node:fs';
import { stderr, stdout } from './streams.ts';

/** Not on Windows, where processes cannot be replaced either. */
const SHELL = '/bin/sh';

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
  leave(status);
  process.kill(process.pid, 'SIGKILL');
  return forEver();
}

/**
 * Once all is done, the process ends without V8, which would first optimize to its end what it has begun: of a JavaScript
 * engine's interpreter, which is one function, that took 12 s.
 */
export function endWithoutV8(): void {
  process.once('exit', leave);
}

/** Returns where it cannot be done. */
function leave(status: number): void {
  // execve aborts where there is nothing to run
  if (process.execve === undefined || !existsSync(SHELL)) return;
  // Replacing the process is the only way to a chosen exit code: process.exit, process.reallyExit and
  // process.abort all join or crash. execve warns that it is experimental, but only in a later tick.
  process.execve(SHELL, ['sh', '-c', `exit ${status}`], process.env);
}

async function flushAll(): Promise<void> {
  await stdout.flush();
  await stderr.flush();
}

function forEver(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1 << 30));
}
