/** Between the option parser and a command: a command returns its exit code. */
import { endWithoutV8 } from './end-process.ts';

/** As {@link exitingWith}, for commands that replay here and there: V8 optimizes what nobody asks for any more. */
export function leavingWith<Args extends unknown[]>(
  work: (...args: Args) => number | Promise<number>,
): (...args: Args) => Promise<void> {
  return exitingWith(async (...args: Args) => {
    const status = await work(...args);
    endWithoutV8();
    return status;
  });
}

/** @param work takes what commander gives: the arguments, then the options */
export function exitingWith<Args extends unknown[]>(
  work: (...args: Args) => number | Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    process.exitCode = await work(...args);
  };
}
