/**
 * Memory at any moment of a run, put together of keyframes. Says nothing where it does not know: a page that
 * changed between two keyframes is not known between them. Keyframes are untrusted where they come out of a
 * trace: sizes are checked before anything is allocated, and what does not fit together is refused.
 */
import { messageOf, WasiRrError } from '../../errors.ts';
import { zstdDecompressSync } from '../zstd.ts';
import { decodeHead, type KeyframeStep } from './head.ts';
import { FIRST_MOMENT } from './moments.ts';
import { applyPatch, PAGE_BYTES, PAGE_WORDS } from './page-patch.ts';
import { type KeyframeParts, MAX_GROUP_WORDS, pageKey } from './parts.ts';
import { PatchIndex } from './patch-index.ts';

/** Bytes of a memory that is put together as a whole: what is made on the way takes as much again. */
const MAX_WHOLE = 1 << 30;
/** Groups that are kept unpacked, of 256 KiB each. */
const UNPACKED = 64;

/** Pages that are known to be what they are, put together. */
export interface KnownPages {
  /** By {@link pageKey}: where in `words` a page begins. Those that were never written to are not there. */
  readonly places: ReadonlyMap<number, number>;
  readonly words: Int32Array;
}

export class KeyframeReader {
  private readonly parts: KeyframeParts;
  readonly steps: readonly KeyframeStep[];
  /** The last moment of which anything is known. */
  readonly end: number;
  /** By memory: moments from which it has a size, and the size in bytes. */
  private readonly sizes: { readonly moment: number; readonly bytes: number }[][] = [];
  readonly index: PatchIndex;
  /** Latest use last. */
  private readonly unpacked = new Map<number, Int32Array>();

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(parts: KeyframeParts) {
    this.parts = parts;
    try {
      const { steps, end, sizes } = decodeHead(parts.head);
      this.steps = steps;
      this.end = end;
      for (const { moment, memory, pages } of sizes) {
        for (let i = this.sizes.length; i <= memory; i++) this.sizes.push([]);
        this.sizes[memory]?.push({ moment, bytes: pages * 65536 });
      }
      this.index = new PatchIndex(parts.groups, steps.length);
    } catch (cause) {
      throw damaged(messageOf(cause), cause);
    }
  }

  /** Bytes of a memory; undefined for a moment of which nothing is known. */
  sizeAt(memory: number, moment: number): number | undefined {
    const sizes = this.sizes[memory];
    if (moment > this.end || moment < FIRST_MOMENT) return undefined;
    // one that never had a size is none
    if (sizes === undefined || sizes.length === 0) return undefined;
    return sizes.findLast((size) => size.moment <= moment)?.bytes ?? 0;
  }

  /** Moments at which a memory got another size. */
  sizesOf(memory: number): readonly { readonly moment: number; readonly bytes: number }[] {
    return this.sizes[memory] ?? [];
  }

  /** The last step up to a moment; -1 for none. */
  stepUpTo(moment: number): number {
    const { steps } = this;
    let low = 0;
    let high = steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((steps[middle] as KeyframeStep).at <= moment) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /**
   * Bytes at a moment, cut where the memory ends.
   * @returns undefined where they are not all known
   * @throws WasiRrError TRACE_CORRUPT
   */
  read(memory: number, moment: number, address: number, length: number): Uint8Array | undefined {
    const size = this.sizeAt(memory, moment);
    if (size === undefined) return undefined;
    const from = Math.min(address, size);
    const to = Math.min(address + length, size);
    if (from === to) return new Uint8Array(0);
    const first = Math.floor(from / PAGE_BYTES);
    const last = Math.floor((to - 1) / PAGE_BYTES);
    const keys = this.index.keysBetween(pageKey(memory, first), pageKey(memory, last));
    const pages = this.pagesAt(keys, moment);
    if (pages === undefined) return undefined;
    const words = new Int32Array((last - first + 1) * PAGE_WORDS);
    for (const [key, place] of pages.places) {
      const at = (key - pageKey(memory, first)) * PAGE_WORDS;
      words.set(pages.words.subarray(place, place + PAGE_WORDS), at);
    }
    const start = from - first * PAGE_BYTES;
    return new Uint8Array(words.buffer, start, to - from);
  }

  /** All of a memory. As {@link read}; undefined for one of more than a GiB, too. */
  whole(memory: number, moment: number): Uint8Array | undefined {
    const size = this.sizeAt(memory, moment) ?? 0;
    return size > MAX_WHOLE ? undefined : this.read(memory, moment, 0, MAX_WHOLE);
  }

  /**
   * Pages at a moment.
   * @param keys ascending
   * @returns undefined where not all are known
   * @throws WasiRrError TRACE_CORRUPT
   */
  pagesAt(keys: Iterable<number>, moment: number): KnownPages | undefined {
    const { index } = this;
    const step = this.stepUpTo(moment);
    const doubtful = this.doubtfulStep(moment);
    const places = new Map<number, number>();
    /** Patches to apply, each page's in order. */
    const wanted: number[] = [];
    let words = 0;
    for (const key of keys) {
      if (doubtful !== undefined && index.isIn(doubtful, key)) return undefined;
      if (index.chain(key, step, wanted) === 0) continue;
      places.set(key, words);
      words += PAGE_WORDS;
    }
    const made = new Int32Array(words);
    // in the order of time: each group is unpacked once
    for (const patch of Uint32Array.from(wanted).sort()) {
      this.apply(patch, made, places.get(index.keyOf(patch)) as number);
    }
    return { places, words: made };
  }

  /**
   * The step whose pages are not known at a moment, since they changed at some moment around it.
   * @returns undefined where all is known
   */
  doubtfulStep(moment: number): number | undefined {
    const next = this.stepUpTo(moment) + 1;
    const step = this.steps[next];
    return step !== undefined && moment > step.since ? next : undefined;
  }

  /** Applies a patch to a page that begins at word `at`. @throws WasiRrError TRACE_CORRUPT */
  apply(patch: number, into: Int32Array, at: number): void {
    const { index } = this;
    const words = this.group(index.groupOf(patch));
    if (applyPatch(words, index.offsetOf(patch), index.wordsOf(patch), into, at)) return;
    throw damaged('a change of memory that is none');
  }

  private group(number: number): Int32Array {
    let words = this.unpacked.get(number);
    if (words === undefined) words = this.unpack(number);
    else this.unpacked.delete(number);
    this.unpacked.set(number, words);
    if (this.unpacked.size > UNPACKED) {
      for (const oldest of this.unpacked.keys()) {
        this.unpacked.delete(oldest);
        break;
      }
    }
    return words;
  }

  private unpack(number: number): Int32Array {
    const expected = this.parts.groups[number]?.words ?? 0;
    if (!(expected > 0 && expected <= MAX_GROUP_WORDS)) throw damaged('a group of impossible size');
    let bytes: Uint8Array;
    try {
      bytes = zstdDecompressSync(this.parts.data(number), { maxOutputLength: expected * 4 });
    } catch (cause) {
      if (cause instanceof WasiRrError) throw cause;
      throw damaged(messageOf(cause), cause);
    }
    if (bytes.length !== expected * 4) throw damaged('a group of another size than it claims');
    const words = new Int32Array(expected);
    new Uint8Array(words.buffer).set(bytes);
    return words;
  }
}

/** @param what is wrong with them */
export function damaged(what: string, cause?: unknown): WasiRrError {
  return new WasiRrError(
    'TRACE_CORRUPT',
    `the keyframes of memory are damaged: ${what}. Replaying the trace gives the memory again; \`wasi-rr snapshots\` makes them anew.`,
    { cause },
  );
}
