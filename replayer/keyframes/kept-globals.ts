/**
 * Globals of an instance as keyframes keep them: as if they were a memory, so that they are kept, found and known
 * as one. 16 bytes each, by index: what kind of value it is, and its bits.
 */

import { PAGE_BYTES, PAGE_WORDS } from '../../traces/keyframes/page-patch.ts';
import { MAX_MEMORIES } from '../../traces/keyframes/parts.ts';
import type { GlobalContent } from '../session/messages.ts';

const WORDS = 4;
/** One page of them. Programs have a few; of one that has more, replays tell. */
export const MAX_KEPT_GLOBALS = PAGE_WORDS / WORDS;
/** Numbers of memories are far below these. */
const MAX_INSTANCES = MAX_MEMORIES / 2;

const KIND = { number: 1, bigint: 2, other: 3 } as const;

/** The number of the memory in whose place the globals of an instance stand; undefined for one too many. */
export function globalsMemory(instance: number): number | undefined {
  return instance < MAX_INSTANCES ? MAX_MEMORIES - 1 - instance : undefined;
}

/** @param words of a page */
export function encodeGlobals(values: readonly GlobalContent[], words: Int32Array): void {
  const view = new DataView(words.buffer);
  for (const [index, value] of values.entries()) {
    const at = index * WORDS * 4;
    const kind = typeof value === 'string' ? KIND.other : KIND[typeof value as 'number' | 'bigint'];
    view.setInt32(at, kind, true);
    if (typeof value === 'number') view.setFloat64(at + 8, value, true);
    else view.setBigInt64(at + 8, typeof value === 'bigint' ? value : 0n, true);
  }
}

/** @returns undefined for what was not kept */
export function decodeGlobal(page: Uint8Array, index: number): number | bigint | undefined {
  if (index >= MAX_KEPT_GLOBALS || page.length < PAGE_BYTES) return undefined;
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const at = index * WORDS * 4;
  const kind = view.getInt32(at, true);
  if (kind === KIND.number) return view.getFloat64(at + 8, true);
  return kind === KIND.bigint ? view.getBigInt64(at + 8, true) : undefined;
}
