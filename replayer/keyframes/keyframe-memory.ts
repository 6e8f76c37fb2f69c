/**
 * A session's questions about memory, answered out of keyframes: as a replay would, or not at all. "At" an event
 * is right after its effects.
 */

import { passedAt } from '../../traces/keyframes/moments.ts';
import { PAGE_BYTES, PAGE_WORDS } from '../../traces/keyframes/page-patch.ts';
import { MAX_PAGES, pageKey } from '../../traces/keyframes/parts.ts';
import type { KeyframeReader, KnownPages } from '../../traces/keyframes/reader.ts';
import {
  type DiffLimits,
  diffMemories,
  diffStretches,
  type Stretch,
} from '../session/memory-diff.ts';
import { searchMemory } from '../session/memory-search.ts';
import type { MemoryDiff, MemoryRange, SearchHits, SearchQuery } from '../session/messages.ts';

const NO_BYTES = new Uint8Array(0);

export class KeyframeMemory {
  readonly reader: KeyframeReader;
  /** Of a search, that the next one may be in. */
  private latest:
    | { readonly memory: number; readonly at: number; readonly bytes: Uint8Array }
    | undefined;

  constructor(reader: KeyframeReader) {
    this.reader = reader;
  }

  read(memory: number, at: number, address: number, length: number): MemoryRange | undefined {
    const size = this.reader.sizeAt(memory, passedAt(at));
    const bytes = this.reader.read(memory, passedAt(at), address, length);
    return bytes && size !== undefined ? { address, bytes, size } : undefined;
  }

  search(memory: number, at: number, query: SearchQuery): SearchHits | undefined {
    const bytes = this.whole(memory, at);
    return bytes && searchMemory(bytes, query);
  }

  /** At the cost of the pages that changed between the two events. */
  diff(memory: number, from: number, to: number, limits: DiffLimits): MemoryDiff | undefined {
    const { reader } = this;
    const [first, last] = [passedAt(from), passedAt(to)];
    const before = reader.sizeAt(memory, first);
    const after = reader.sizeAt(memory, last);
    if (before === undefined || after === undefined) return undefined;
    if (before !== after) {
      // all that was grown counts as changed, whether anything was written there or not
      const old = reader.whole(memory, first);
      const now = old && reader.whole(memory, last);
      return now && diffMemories(old, now, limits);
    }
    const [low, high] = first < last ? [first, last] : [last, first];
    const doubtful = reader.doubtfulStep(high);
    if (doubtful !== undefined && this.changed(memory, doubtful, doubtful).length > 0)
      return undefined;
    const keys = this.changed(memory, reader.stepUpTo(low) + 1, reader.stepUpTo(high));
    const old = reader.pagesAt(keys, first);
    const now = reader.pagesAt(keys, last);
    if (old === undefined || now === undefined) return undefined;
    const stretches = runsOf(keys).map((run) => stretchOf(memory, run, old, now));
    return diffStretches(stretches, { before, after }, limits);
  }

  private whole(memory: number, at: number): Uint8Array | undefined {
    const { latest } = this;
    if (latest?.memory === memory && latest.at === at) return latest.bytes;
    const bytes = this.reader.whole(memory, passedAt(at));
    if (bytes !== undefined) this.latest = { memory, at, bytes };
    return bytes;
  }

  /** Keys of pages of a memory that steps changed. */
  private changed(memory: number, from: number, to: number): number[] {
    const first = pageKey(memory, 0);
    const keys = this.reader.index.keysOfSteps(from, to);
    return keys.filter((key) => key >= first && key < first + MAX_PAGES);
  }
}

/** Keys that follow on each other. */
function runsOf(keys: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const key of keys) {
    const last = runs.at(-1);
    if (last?.at(-1) === key - 1) last.push(key);
    else runs.push([key]);
  }
  return runs;
}

function stretchOf(
  memory: number,
  run: readonly number[],
  before: KnownPages,
  after: KnownPages,
): Stretch {
  const [first = 0] = run;
  return {
    address: (first - pageKey(memory, 0)) * PAGE_BYTES,
    before: bytesOf(run, before),
    after: bytesOf(run, after),
  };
}

function bytesOf(run: readonly number[], { places, words }: KnownPages): Uint8Array {
  if (run.length === 0) return NO_BYTES;
  const made = new Int32Array(run.length * PAGE_WORDS);
  for (const [i, key] of run.entries()) {
    const place = places.get(key);
    if (place !== undefined) made.set(words.subarray(place, place + PAGE_WORDS), i * PAGE_WORDS);
  }
  return new Uint8Array(made.buffer);
}
