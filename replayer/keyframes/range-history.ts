/**
 * Which events changed a range of memory, out of keyframes: only the changes of its pages are looked at, however
 * long the run is. The same as session/memory-watch.ts sees in a replay.
 */
import { eventOf, isHosts, passedAt } from '../../traces/keyframes/moments.ts';
import { PAGE_BYTES, PAGE_WORDS } from '../../traces/keyframes/page-patch.ts';
import { pageKey } from '../../traces/keyframes/parts.ts';
import type { KeyframeReader } from '../../traces/keyframes/reader.ts';
import { changedPart } from '../session/memory-watch.ts';
import type { MemoryChange, MemoryHistory } from '../session/messages.ts';

export interface RangeQuery {
  readonly memory: number;
  readonly address: number;
  readonly length: number;
  /** Events. */
  readonly from: number;
  readonly to: number;
  /** Of changes, the last ones. */
  readonly limit: number;
}

/** @returns undefined where it is not known which event did it */
export function rangeHistory(reader: KeyframeReader, query: RangeQuery): MemoryHistory | undefined {
  const { memory, address, length, limit } = query;
  const [start, end] = [passedAt(query.from), passedAt(query.to)];
  const initial = reader.read(memory, start, address, length);
  if (initial === undefined || reader.sizeAt(memory, end) === undefined) return undefined;
  const pages = new RangePages(reader, memory, address, length);
  pages.comeTo(reader.stepUpTo(start));
  const changes: MemoryChange[] = [];
  let last = initial;
  let dropped = false;
  for (const moment of momentsOf(reader, pages, memory, { start, end })) {
    pages.comeTo(reader.stepUpTo(moment));
    const now = pages.bytes(reader.sizeAt(memory, moment) ?? 0);
    const change = changedPart(last, now);
    if (change === undefined) continue;
    if (isUncertain(reader, moment)) return undefined;
    changes.push({
      event: eventOf(moment),
      by: isHosts(moment) ? 'call' : 'guest',
      address: address + change.from,
      before: last.slice(change.from, change.to),
      after: now.slice(change.from, change.to),
    });
    last = now;
    if (changes.length < 2 * limit + 16) continue;
    changes.splice(0, changes.length - limit);
    dropped = true;
  }
  // what changed later than the last keyframe up to the end
  const doubtful = reader.doubtfulStep(end);
  if (doubtful !== undefined && pages.keys.some((key) => reader.index.isIn(doubtful, key))) {
    return undefined;
  }
  const truncated = dropped || changes.length > limit;
  return { changes: limit > 0 ? changes.slice(-limit) : [], initial, truncated };
}

/** Moments at which any page of the range, or the size of the memory, changed. */
function momentsOf(
  reader: KeyframeReader,
  pages: RangePages,
  memory: number,
  { start, end }: { readonly start: number; readonly end: number },
): number[] {
  const moments = new Set<number>();
  for (const key of pages.keys) {
    for (const patch of reader.index.patchesOf(key)) {
      const at = reader.steps[reader.index.stepOf(patch)]?.at ?? 0;
      if (at > start && at <= end) moments.add(at);
    }
  }
  for (const { moment } of reader.sizesOf(memory)) {
    if (moment > start && moment <= end) moments.add(moment);
  }
  return [...moments].sort((a, b) => a - b);
}

/** Whether what a keyframe at a moment shows may have come about at an earlier one. */
function isUncertain(reader: KeyframeReader, moment: number): boolean {
  const step = reader.steps[reader.stepUpTo(moment)];
  return step?.at === moment && step.since < moment - 1;
}

/** The pages of a range, at one step after the other. */
class RangePages {
  readonly keys: readonly number[];
  private readonly reader: KeyframeReader;
  private readonly first: number;
  private readonly address: number;
  private readonly length: number;
  private readonly words: Int32Array;
  /** By page: how many of its patches were applied. */
  private readonly applied: number[];

  constructor(reader: KeyframeReader, memory: number, address: number, length: number) {
    this.reader = reader;
    this.address = address;
    this.length = length;
    this.first = Math.floor(address / PAGE_BYTES);
    const last = Math.floor((address + Math.max(1, length) - 1) / PAGE_BYTES);
    this.keys = Array.from({ length: last - this.first + 1 }, (_, i) =>
      pageKey(memory, this.first + i),
    );
    this.words = new Int32Array(this.keys.length * PAGE_WORDS);
    this.applied = this.keys.map(() => 0);
  }

  comeTo(step: number): void {
    const { index } = this.reader;
    for (const [i, key] of this.keys.entries()) {
      const patches = index.patchesOf(key);
      let next = this.applied[i] as number;
      for (; next < patches.length && index.stepOf(patches[next] as number) <= step; next++) {
        this.reader.apply(patches[next] as number, this.words, i * PAGE_WORDS);
      }
      this.applied[i] = next;
    }
  }

  /** Of the range, as far as the memory reaches. */
  bytes(size: number): Uint8Array {
    const start = this.address - this.first * PAGE_BYTES;
    const length = Math.max(0, Math.min(this.length, size - this.address));
    return new Uint8Array(this.words.buffer, start, length).slice();
  }
}
