/** A poll as a test writes it. */
import { type DirectGuest, OUT } from './direct-guest.ts';

export const ABSTIME = 1;
const MONOTONIC = 1;
const EVENTS = 16384;

type Subscription =
  | { readonly timeout: bigint; readonly flags?: number; readonly clock?: number }
  | { readonly read: number }
  | { readonly write: number };

/** Calls poll_oneoff; userdata counts from 0. @returns the events, or the name of the errno */
export function poll(guest: DirectGuest, ...subscriptions: readonly Subscription[]) {
  const list = new DataView(new ArrayBuffer(48 * subscriptions.length));
  subscriptions.forEach((one, i) => {
    const at = 48 * i;
    list.setBigUint64(at, BigInt(i), true);
    if ('timeout' in one) {
      list.setUint32(at + 16, one.clock ?? MONOTONIC, true);
      list.setBigUint64(at + 24, one.timeout, true);
      list.setUint16(at + 40, one.flags ?? 0, true);
      return;
    }
    list.setUint8(at + 8, 'read' in one ? 1 : 2);
    list.setUint32(at + 16, 'read' in one ? one.read : one.write, true);
  });
  const [address] = guest.put(new Uint8Array(list.buffer));
  const errno = guest.call('poll_oneoff', address, EVENTS, subscriptions.length, OUT);
  if (errno !== 'success') return errno;
  return Array.from({ length: guest.u32 }, (_, i) => guest.structure('event', EVENTS + 32 * i));
}
