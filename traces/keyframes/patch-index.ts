/** Where the patches of each page lie: by page and time. */
import { ByteInput } from '../byte-input.ts';
import { PAGE_WORDS } from './page-patch.ts';
import { type GroupInfo, MAX_GROUP_WORDS, MAX_MEMORIES, MAX_PAGES, MAX_PATCHES } from './parts.ts';

/** Patches are numbered in the order of time. */
export class PatchIndex {
  private readonly steps: Uint32Array;
  private readonly groups: Uint32Array;
  private readonly offsets: Uint32Array;
  private readonly sizes: Uint16Array;
  private readonly pages: Uint32Array;
  /** Keys of all pages that were written to, ascending. */
  private readonly keys: Float64Array;
  /** By position in `keys`: where a page's patches begin in `order`. */
  private readonly starts: Uint32Array;
  private readonly order: Uint32Array;
  /** By step, and one more: its first patch. */
  private readonly firsts: Uint32Array;

  /** @throws RangeError for what does not fit together */
  constructor(groups: readonly GroupInfo[], stepCount: number) {
    const count = countPatches(groups);
    this.steps = new Uint32Array(count);
    this.groups = new Uint32Array(count);
    this.offsets = new Uint32Array(count);
    this.sizes = new Uint16Array(count);
    const keys = new Float64Array(count);
    this.fill(groups, keys);
    let used = count;
    // of a step that was not finished nothing counts
    while (used > 0 && (this.steps[used - 1] as number) >= stepCount) used--;
    this.keys = Float64Array.from(new Set(keys.subarray(0, used))).sort();
    const position = new Map<number, number>();
    for (const [i, key] of this.keys.entries()) position.set(key, i);
    this.pages = new Uint32Array(used);
    this.starts = new Uint32Array(this.keys.length + 1);
    for (let patch = 0; patch < used; patch++) {
      const page = position.get(keys[patch] as number) as number;
      this.pages[patch] = page;
      this.starts[page + 1] = (this.starts[page + 1] as number) + 1;
    }
    for (let i = 0; i < this.keys.length; i++) {
      this.starts[i + 1] = (this.starts[i + 1] as number) + (this.starts[i] as number);
    }
    this.order = new Uint32Array(used);
    const next = this.starts.slice();
    for (let patch = 0; patch < used; patch++) {
      const page = this.pages[patch] as number;
      this.order[next[page] as number] = patch;
      next[page] = (next[page] as number) + 1;
    }
    this.firsts = new Uint32Array(stepCount + 1).fill(used);
    for (let patch = used - 1; patch >= 0; patch--)
      this.firsts[this.steps[patch] as number] = patch;
    for (let step = stepCount - 1; step >= 0; step--) {
      // a step without patches has none of the next one's
      this.firsts[step] = Math.min(this.firsts[step] as number, this.firsts[step + 1] as number);
    }
  }

  get count(): number {
    return this.order.length;
  }

  keyOf(patch: number): number {
    return this.keys[this.pages[patch] as number] as number;
  }

  stepOf(patch: number): number {
    return this.steps[patch] as number;
  }

  groupOf(patch: number): number {
    return this.groups[patch] as number;
  }

  /** In words, in its group. */
  offsetOf(patch: number): number {
    return this.offsets[patch] as number;
  }

  wordsOf(patch: number): number {
    return this.sizes[patch] as number;
  }

  /** Keys of pages that were ever written to, from `first` to `last`, ascending. */
  keysBetween(first: number, last: number): Float64Array {
    return this.keys.subarray(this.firstKey(first), this.firstKey(last + 1));
  }

  /** Keys of pages that any of these steps wrote to, ascending. @param to the last one */
  keysOfSteps(from: number, to: number): number[] {
    const end = this.firsts[to + 1] ?? this.count;
    const pages = new Set<number>();
    for (let i = this.firsts[from] ?? end; i < end; i++) pages.add(this.pages[i] as number);
    return [...pages].sort((a, b) => a - b).map((page) => this.keys[page] as number);
  }

  /** Patches of a page, in order. */
  patchesOf(key: number): Uint32Array {
    const page = this.pageOf(key);
    return page < 0
      ? this.order.subarray(0, 0)
      : this.order.subarray(this.starts[page], this.starts[page + 1]);
  }

  /** Whether a step wrote to a page. */
  isIn(step: number, key: number): boolean {
    const patches = this.patchesOf(key);
    const last = patches[this.upTo(patches, step) - 1];
    return last !== undefined && this.stepOf(last) === step;
  }

  /**
   * The patches that a page is made of after a step, from the last whole one on, oldest first.
   * @param into gets them; @returns how many
   */
  chain(key: number, step: number, into: number[]): number {
    const patches = this.patchesOf(key);
    const end = this.upTo(patches, step);
    let from = end - 1;
    while (from > 0 && this.wordsOf(patches[from] as number) !== PAGE_WORDS) from--;
    for (let i = Math.max(0, from); i < end; i++) into.push(patches[i] as number);
    return end - Math.max(0, from);
  }

  /** How many of a page's patches belong to steps up to this one. */
  private upTo(patches: Uint32Array, step: number): number {
    let low = 0;
    let high = patches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.stepOf(patches[middle] as number) <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private pageOf(key: number): number {
    const at = this.firstKey(key);
    return this.keys[at] === key ? at : -1;
  }

  /** Position of the first key that is not below this one. */
  private firstKey(key: number): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private fill(groups: readonly GroupInfo[], keys: Float64Array): void {
    let patch = 0;
    let latest = 0;
    for (const [group, { words, patches }] of groups.entries()) {
      const input = new ByteInput(patches);
      let step = 0;
      let key = 0;
      let offset = 0;
      while (input.at < input.end) {
        step += input.varint();
        const by = input.varint();
        key += by % 2 === 0 ? by / 2 : -(by + 1) / 2;
        const size = input.varint();
        const known = key >= 0 && key < MAX_MEMORIES * MAX_PAGES && size > 0 && size <= PAGE_WORDS;
        if (!known || step < latest || step > 0xffff_ffff)
          throw new RangeError('a patch of no page');
        latest = step;
        this.steps[patch] = step;
        this.groups[patch] = group;
        this.offsets[patch] = offset;
        this.sizes[patch] = size;
        keys[patch] = key;
        offset += size;
        patch++;
      }
      if (input.overrun() || offset !== words || words > MAX_GROUP_WORDS) {
        throw new RangeError('a group of another size than its patches');
      }
    }
  }
}

/** Each patch has three varints: as many numbers as bytes that end one. */
function countPatches(groups: readonly GroupInfo[]): number {
  let ends = 0;
  for (const { patches } of groups) {
    for (let i = 0; i < patches.length; i++) if ((patches[i] as number) < 0x80) ends++;
    if (ends > 3 * MAX_PATCHES) throw new RangeError('too many changes');
  }
  return Math.ceil(ends / 3);
}
