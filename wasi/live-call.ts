/**
 * A call as a {@link RecordedCall}, taken from live guest memory instead of a trace: what the host would
 * read before it answers, what it wrote after. For a replay that wants to know what a call says.
 */
import type { CallEffect, ReadRule, RecordedCall } from './call.ts';
import { IOVEC_SIZE } from './call-memory.ts';
import { PREVIEW1 } from './preview1.ts';
import { lengthArg, u32At } from './scalars.ts';

/** Entries of an iovec array that are followed; hosts take fewer in one call. */
const MAX_IOVECS = 65_536;

/**
 * What the host reads for a call.
 * @param memory the guest's whole memory, before the call's effects
 * @param limit bytes after which nothing more is taken
 * @returns a copy, in the order of the function's read rules; nothing for an unknown function
 */
export function liveReads(
  name: string,
  args: readonly (number | bigint)[],
  memory: Uint8Array,
  limit: number,
): { bytes: Uint8Array; length: number } {
  const chunks: Uint8Array[] = [];
  let taken = 0;
  let length = 0;
  for (const [address, size] of readRanges(PREVIEW1.get(name)?.reads ?? [], args, memory)) {
    const inside = memory.subarray(address, address + Math.min(size, limit - taken));
    if (inside.length > 0) chunks.push(inside);
    taken += inside.length;
    length += Math.max(0, Math.min(size, memory.length - address));
  }
  return { bytes: Buffer.concat(chunks), length };
}

/**
 * What the host wrote for a call that succeeded, out of memory after it. Scattered data and the strings
 * of args_get and environ_get are left out: their sizes are not in memory, and no one asks.
 */
export function liveEffects(
  name: string,
  args: readonly (number | bigint)[],
  memory: Uint8Array,
): CallEffect[] {
  const effects: CallEffect[] = [];
  for (const rule of PREVIEW1.get(name)?.writes ?? []) {
    const size =
      rule.kind === 'fixed'
        ? rule.size
        : rule.kind === 'buffer'
          ? lengthArg(args[rule.length])
          : undefined;
    if (size === undefined) continue;
    const address = lengthArg(args[rule.pointer]);
    effects.push({ param: rule.pointer, bytes: memory.slice(address, address + size) });
  }
  return effects;
}

/** The call with nothing but its arguments and reads: how it looks before it is answered. */
export function unansweredCall(
  name: string,
  args: readonly (number | bigint)[],
  memory: Uint8Array,
  limit: number,
): RecordedCall {
  const { bytes, length } = liveReads(name, args, memory, limit);
  return { name, args, result: undefined, reads: bytes, readLength: length, effects: [] };
}

function* readRanges(
  rules: readonly ReadRule[],
  args: readonly (number | bigint)[],
  memory: Uint8Array,
): Generator<readonly [address: number, size: number]> {
  for (const rule of rules) {
    const pointer = lengthArg(args[rule.pointer]);
    if (rule.kind === 'bytes') {
      yield [pointer, lengthArg(args[rule.length]) * rule.unit];
      continue;
    }
    const there = Math.max(0, Math.floor((memory.length - pointer) / IOVEC_SIZE));
    const entries = Math.min(lengthArg(args[rule.pointer + 1]), there, MAX_IOVECS);
    yield [pointer, entries * IOVEC_SIZE];
    if (!rule.contents) continue;
    for (let i = 0; i < entries; i++) {
      const at = pointer + i * IOVEC_SIZE;
      yield [u32At(memory, at), u32At(memory, at + 4)];
    }
  }
}
