/**
 * Makes keyframes of a run's memories while it runs: of each moment that is looked at, what its dirty pages became.
 * Keeps to a budget of bytes: what is spent stays in proportion to how much of the run is past, so that moments
 * are left out where too much changes, and taken again behind. A page that changed is stored whole now and
 * then, and all of memory too, so that neither a page nor a memory takes long to put together again. Hot path.
 */
import { constants as zlib } from 'node:zlib';
import { ByteOutput } from '../byte-output.ts';
import { zstdCompressSync } from '../zstd.ts';
import { encodeHead, type KeyframeStep, type MemorySize } from './head.ts';
import { copyPage, makePatch, PAGE_WORDS } from './page-patch.ts';
import {
  GROUP_WORDS,
  type GroupInfo,
  type KeyframeParts,
  MAX_GROUP_WORDS,
  MAX_PATCHES,
  MAX_SIZES,
  MAX_STEPS,
  pageKey,
} from './parts.ts';

/** What a store may reach into a page in which it did not begin. */
const BEGUN_WORDS = 4;
/** Patches of a page until it is stored whole again. */
const CHAIN = 8;
/** Words of patches, in those of all memory that was ever written to, until all of it is stored whole again. */
const WHOLE_AFTER = 3;
/** And no fewer than these. */
const WHOLE_WORDS = 4 << 20;
/** The part of the budget that may be spent at once. */
const AT_ONCE = 0.2;
/** Bytes that a reader holds for each patch and each step. */
const PATCH_BYTES = 24;
const STEP_BYTES = 40;
/** Bytes of three varints, and of a group's patches, which have two words each. */
const MAX_INDEX = 12 * (MAX_GROUP_WORDS / 2);
/** Of what is not compressed yet, until it is known: it may not become less. */
const FIRST_RATIO = 1;
/** Pages are like those of the moment before: the fastest level finds as much as the default one. */
const LEVEL = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };

interface Shadow {
  /** The memory at the step before. */
  words: Int32Array;
  /** By page: patches since it was stored whole, and one more; 0 for one that was never written to. */
  chains: Uint8Array;
  written: number;
  pages: number;
}

export class KeyframeWriter {
  private readonly budget: number;
  private readonly shadows: Shadow[] = [];
  private readonly steps: KeyframeStep[] = [];
  private readonly sizes: MemorySize[] = [];
  private readonly groups: GroupInfo[] = [];
  private readonly data: Uint8Array[] = [];
  private readonly out = new Int32Array(MAX_GROUP_WORDS);
  private length = 0;
  private readonly index = new ByteOutput(new Uint8Array(MAX_INDEX));
  private lastStep = 0;
  private lastKey = 0;
  private patches = 0;
  /** Of the step at hand. */
  private patchesBefore = 0;
  private packed = 0;
  private raw = 0;
  private rawAtWhole = 0;
  /** The last moment at which memory was what the last step says. */
  private clean = 0;
  private overdrawn = false;

  /** @param budget bytes that a reader may hold */
  constructor(budget: number) {
    this.budget = budget;
  }

  /** Bytes that a reader of what there is so far holds. */
  get bytes(): number {
    const pending = this.length * 4 * this.ratio + this.index.at;
    return this.packed + pending + this.patches * PATCH_BYTES + this.steps.length * STEP_BYTES;
  }

  /**
   * Whether a moment is to be looked at.
   * @param past the part of the run that is, 0 to 1
   */
  wants(past: number): boolean {
    return !this.overdrawn && this.bytes <= this.budget * (AT_ONCE + (1 - AT_ONCE) * past);
  }

  /** A memory has another size than before. @param pages of 64 KiB */
  resize(moment: number, memory: number, pages: number): void {
    if (this.shadows[memory]?.pages === pages || this.overdrawn) return;
    if (this.sizes.length === MAX_SIZES) {
      this.overdrawn = true;
      return;
    }
    this.sizes.push({ moment, memory, pages });
    const shadow = this.shadowOf(memory);
    shadow.pages = pages;
    const words = pages * (65536 / 4);
    if (words <= shadow.words.length) return;
    const larger = new Int32Array(Math.max(words, Math.min(shadow.words.length * 1.5, words * 2)));
    larger.set(shadow.words);
    shadow.words = larger;
    const chains = new Uint8Array(larger.length / PAGE_WORDS);
    chains.set(shadow.chains);
    shadow.chains = chains;
  }

  /** A page that may have changed since the step before. @param now the memory, with the size that was told */
  page(memory: number, page: number, now: Int32Array): void {
    const shadow = this.shadows[memory];
    if (shadow === undefined || this.overdrawn) return;
    const at = page * PAGE_WORDS;
    let words = makePatch(shadow.words, now, at, this.out, this.length);
    if (words === 0) return;
    const chain = shadow.chains[page] as number;
    if (chain >= CHAIN) words = copyPage(now, at, this.out, this.length);
    shadow.words.set(now.subarray(at, at + PAGE_WORDS), at);
    if (chain === 0) shadow.written++;
    shadow.chains[page] = words === PAGE_WORDS ? 1 : chain + 1;
    this.add(memory, page, words);
  }

  /** A page of which the first words alone may have changed, if at all. Beyond the memory there are none. */
  pageIfBegun(memory: number, page: number, now: Int32Array): void {
    const shadow = this.shadows[memory]?.words;
    if (shadow === undefined) return;
    const at = page * PAGE_WORDS;
    for (let i = at; i < at + BEGUN_WORDS && i < now.length; i++) {
      if (shadow[i] === now[i]) continue;
      this.page(memory, page, now);
      return;
    }
  }

  /** All pages that may have changed by this moment were told. */
  step(moment: number): void {
    const { patches, patchesBefore } = this;
    // where pages are left out of a step, the one before is the last
    if (this.overdrawn) return;
    if (patches > patchesBefore) {
      const worth = this.rawWritten * 4 * this.ratio;
      const due = this.raw - this.rawAtWhole > Math.max(WHOLE_WORDS, WHOLE_AFTER * this.rawWritten);
      if (due && this.bytes + worth < this.budget) this.storeWhole();
      if (this.overdrawn) return;
      this.steps.push({ since: this.clean, at: moment });
      this.patchesBefore = this.patches;
    }
    this.clean = moment;
    if (this.steps.length >= MAX_STEPS) this.overdrawn = true;
  }

  /** Nothing can have changed between this moment and the one before. @param before the moment before */
  unchanged(before: number, moment: number): void {
    if (this.clean === before && !this.overdrawn) this.clean = moment;
  }

  /** What was made. Nothing can be added any more. */
  finish(): KeyframeParts {
    this.close();
    const { steps, sizes, groups, data } = this;
    const end = this.clean;
    const known = sizes.filter(({ moment }) => moment <= end);
    this.shadows.length = 0;
    return {
      head: encodeHead({ steps, end, sizes: known }),
      groups,
      data: (group) => data[group] as Uint8Array,
    };
  }

  /** Compares memories with what was kept of them: whatever differs was changed behind the dirty map's back. */
  difference(memory: number, now: Int32Array): number | undefined {
    const kept = this.shadows[memory]?.words ?? new Int32Array(0);
    const left = Buffer.from(kept.buffer, 0, now.byteLength);
    if (left.compare(new Uint8Array(now.buffer)) === 0) return undefined;
    return now.findIndex((word, i) => word !== kept[i]) * 4;
  }

  private get ratio(): number {
    return this.raw > this.length ? this.packed / ((this.raw - this.length) * 4) : FIRST_RATIO;
  }

  private get rawWritten(): number {
    return this.shadows.reduce((sum, { written }) => sum + written * PAGE_WORDS, 0);
  }

  private shadowOf(memory: number): Shadow {
    let shadow = this.shadows[memory];
    if (shadow === undefined) {
      shadow = { words: new Int32Array(0), chains: new Uint8Array(0), written: 0, pages: 0 };
      // an array without holes
      for (let i = this.shadows.length; i < memory; i++) this.shadowOf(i);
      this.shadows[memory] = shadow;
    }
    return shadow;
  }

  private add(memory: number, page: number, words: number): void {
    const { index } = this;
    const step = this.steps.length;
    const key = pageKey(memory, page);
    const by = key - this.lastKey;
    index.varint(step - this.lastStep);
    index.varint(by < 0 ? -2 * by - 1 : 2 * by);
    index.varint(words);
    this.lastStep = step;
    this.lastKey = key;
    this.length += words;
    this.raw += words;
    this.patches++;
    if (this.length >= GROUP_WORDS) this.close();
    if (this.patches >= MAX_PATCHES || this.bytes > this.budget) this.overdrawn = true;
  }

  private storeWhole(): void {
    for (const [memory, { words, chains, pages }] of this.shadows.entries()) {
      for (let page = 0; page < pages * 16; page++) {
        if (chains[page] === 0 || this.overdrawn) continue;
        copyPage(words, page * PAGE_WORDS, this.out, this.length);
        chains[page] = 1;
        this.add(memory, page, PAGE_WORDS);
      }
    }
    this.rawAtWhole = this.raw;
  }

  /** Compresses what there is of a group. */
  private close(): void {
    const { out, length, index } = this;
    if (length === 0) return;
    const patches = index.bytes.slice(0, index.at);
    const data = zstdCompressSync(new Uint8Array(out.buffer, 0, length * 4), LEVEL);
    this.groups.push({ words: length, patches });
    this.data.push(data);
    this.packed += patches.length + data.length;
    this.length = 0;
    index.at = 0;
    this.lastStep = 0;
    this.lastKey = 0;
  }
}
