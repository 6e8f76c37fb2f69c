/** Between the option parser and a command: a command returns its exit code. */

/** @param work takes what commander gives: the arguments, then the options */
export function exitingWith<Args extends unknown[]>(
  work: (...args: Args) => number | Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    process.exitCode = await work(...args);
  };
}
