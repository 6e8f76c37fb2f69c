/** A clock for measuring how long something takes; never goes back. */

/** As performance.now(), which would be the only thing to load what it is part of. */
export function uptimeMs(): number {
  return process.uptime() * 1000;
}
