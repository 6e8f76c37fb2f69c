/** The subscriptions of a poll_oneoff, as they lie in the guest's memory. */
import type { GuestAccess } from './guest-access.ts';

const SIZE = 48;
const EVENT_SIZE = 32;
const MAX = 4096;
const TYPES = ['clock', 'fd_read', 'fd_write'] as const;

// Offsets in a subscription.
const TYPE = 8;
const CLOCK_ID = 16;
const TIMEOUT = 24;
const FLAGS = 40;

const ABSTIME = 1;

type Args = readonly (number | bigint)[];

/** Addresses of the subscriptions; none where they do not lie in the memory. */
function addresses(guest: GuestAccess, args: Args): number[] {
  const start = (args[0] as number) >>> 0;
  const count = (args[2] as number) >>> 0;
  if (count > MAX || !guest.holds(start, SIZE * count)) return [];
  return Array.from({ length: count }, (_, i) => start + SIZE * i);
}

export function subscriptionTypes(guest: GuestAccess, args: Args): (typeof TYPES)[number][] {
  const { view } = guest;
  return addresses(guest, args).flatMap((at) => TYPES[view.getUint8(at + TYPE)] ?? []);
}

/**
 * Does something while absolute deadlines are others.
 * @param ahead nanoseconds by which the guest's clock of this id is ahead of the host's
 */
export function withDeadlines(
  guest: GuestAccess,
  args: Args,
  ahead: (clock: number) => bigint,
  work: () => number,
): number {
  const list = addresses(guest, args);
  const out = (args[1] as number) >>> 0;
  const start = list[0] ?? 0;
  const end = start + SIZE * list.length;
  // a guest that gets its answer where its question is has no deadlines that could be put back
  if (out < end && out + EVENT_SIZE * list.length > start) return work();
  const { view } = guest;
  const saved: (readonly [at: number, timeout: bigint])[] = [];
  for (const at of list) {
    const absolute = (view.getUint16(at + FLAGS, true) & ABSTIME) !== 0;
    if (view.getUint8(at + TYPE) !== 0 || !absolute) continue;
    const offset = ahead(view.getUint32(at + CLOCK_ID, true));
    if (offset === 0n) continue;
    const timeout = view.getBigUint64(at + TIMEOUT, true);
    saved.push([at + TIMEOUT, timeout]);
    view.setBigUint64(at + TIMEOUT, timeout > offset ? clamp(timeout - offset) : 0n, true);
  }
  try {
    return work();
  } finally {
    for (const [at, timeout] of saved) view.setBigUint64(at, timeout, true);
  }
}

function clamp(value: bigint): bigint {
  const limit = 2n ** 64n - 1n;
  return value > limit ? limit : value;
}
