/** How long this thread has worked: what bounds it in a test must not depend on what else the machine does. */

/** Milliseconds of the processor. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
