/** Whether a guest's call is the recorded one: function, arguments, memory size, and what the host reads. */
import type {
  CallEvent,
  CoreValue,
  HostReads,
  LoggedFunction,
  OpenEvent,
} from '../../traces/events.ts';
import type { Mismatch } from '../divergence.ts';
import { GuestRanges } from '../guest-ranges.ts';
import type { PointedMemory } from './core-graph.ts';

/** What the host read of a memory. */
export function rangesOf({ places }: HostReads, memory: Uint8Array): GuestRanges {
  const ranges = new GuestRanges();
  for (const place of places) {
    if (place.form === 'absolute') ranges.addRange(place.address, place.length, memory);
  }
  return ranges;
}

/** NaN is itself. */
export function same(a: CoreValue | undefined, b: CoreValue | undefined): boolean {
  return a === b || Object.is(a, b);
}

/**
 * @param pages size of all memories now
 * @param pointed the memory that the function's pointers point into
 */
export function checkCall(
  event: CallEvent | OpenEvent,
  func: LoggedFunction,
  args: readonly CoreValue[],
  pages: number,
  pointed: PointedMemory | undefined,
): Mismatch | undefined {
  if (event.func.id !== func.id) return { what: 'function' };
  for (const [index, recorded] of event.args.entries()) {
    const actual = args[index] as CoreValue;
    if (!same(recorded, actual)) return { what: 'argument', index, recorded, actual };
  }
  if (event.pages !== pages) return { what: 'memory-size', recorded: event.pages, actual: pages };
  return pointed && checkReads(event.hostReads, pointed);
}

/** Whether the host reads what it read. */
export function checkReads(
  hostReads: HostReads,
  { memory, hash }: PointedMemory,
): Mismatch | undefined {
  const { places, length, kept, hash: recordedHash } = hostReads;
  if (places.length === 0) return undefined;
  const bytes = new Uint8Array(memory.buffer);
  const ranges = rangesOf(hostReads, bytes);
  if (ranges.total !== length) return { what: 'length', recorded: length, actual: ranges.total };
  const difference = ranges.compare(kept, 0, bytes);
  if (difference !== undefined) return { what: 'bytes', ...difference };
  if (recordedHash === undefined) return undefined;
  let actual = 0n;
  for (let i = 0; i < ranges.count; i++) {
    actual = hash(ranges.address(i), ranges.length(i), actual);
  }
  return actual === recordedHash ? undefined : { what: 'hash', kept: kept.length };
}
