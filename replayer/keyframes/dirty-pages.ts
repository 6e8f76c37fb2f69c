/**
 * The memories of a guest that marks the pages that it stores to (instrument/, plan `dirty`): collects the
 * marks of all instances and what the host wrote, and hands pages on at moments of the run.
 */

import { WasiRrError } from '../../errors.ts';
import type { KeyframeWriter } from '../../traces/keyframes/writer.ts';
import type { GlobalContent } from '../session/messages.ts';
import { encodeGlobals, globalsMemory, MAX_KEPT_GLOBALS } from './kept-globals.ts';

const PAGE_SHIFT = 12;
/** Bytes of memories that are followed: a copy of them is held. */
const MAX_FOLLOWED = 1 << 30;
/** Bytes of maps that are looked through at every moment; of larger ones, each so many moments. */
const MAP_AT_ONCE = 64 << 10;

interface Followed {
  readonly memory: WebAssembly.Memory;
  /** Of each instance that stores to it. */
  readonly maps: Buffer[];
  buffer: ArrayBufferLike;
  words: Int32Array;
}

interface FollowedGlobals {
  readonly number: number;
  readonly read: () => readonly GlobalContent[];
  readonly words: Int32Array;
}

export interface DirtyPagesOptions {
  readonly writer: KeyframeWriter;
  /** Of the whole run. */
  readonly events: number;
  /** Compares all of memory at every moment: whatever changed must have been marked. */
  readonly paranoid?: boolean | undefined;
}

export class DirtyPages {
  private readonly options: DirtyPagesOptions;
  private readonly globals: FollowedGlobals[] = [];
  /** By number; undefined for one that does not exist yet. */
  private readonly memories: (Followed | undefined)[] = [];
  private moment = 0;
  /** Moments until the next look. */
  private rest = 0;
  private over = false;

  constructor(options: DirtyPagesOptions) {
    this.options = options;
  }

  /**
   * An instance is there, with what its data segments put into a memory.
   * @param map one byte a page, which the instance sets
   */
  follow(number: number, memory: WebAssembly.Memory, map: WebAssembly.Memory): void {
    let followed = this.memories[number];
    if (followed?.memory !== memory) {
      followed = { memory, maps: [], buffer: new ArrayBuffer(0), words: new Int32Array(0) };
      this.memories[number] = followed;
    }
    followed.maps.push(Buffer.from(map.buffer));
    this.wrote(number, 0, memory.buffer.byteLength);
  }

  /** An instance is there, with globals. @param count how many `read` gives */
  followGlobals(instance: number, count: number, read: () => readonly GlobalContent[]): void {
    const number = globalsMemory(instance);
    if (number === undefined || count > MAX_KEPT_GLOBALS) return;
    this.globals.push({ number, read, words: new Int32Array(65536 / 4) });
  }

  /** The host wrote to a memory, or is about to. Bytes. */
  wrote(number: number, address: number, length: number): void {
    const map = this.memories[number]?.maps[0];
    if (map === undefined || length === 0) return;
    map.fill(1, address >>> PAGE_SHIFT, Math.floor((address + length - 1) / 4096) + 1);
  }

  /**
   * The run has come to a moment.
   * @param idle nothing can have been written since the moment before
   * @throws WasiRrError for a page that changed without a mark, where that is looked for
   */
  come(moment: number, idle = false): void {
    const { writer, events, paranoid } = this.options;
    const before = this.moment;
    this.moment = moment;
    if (idle) {
      writer.unchanged(before, moment);
      return;
    }
    if (this.over) return;
    this.resize(moment);
    if (this.over || (--this.rest > 0 && !paranoid)) return;
    if (!writer.wants(moment / (2 * events + 2))) return;
    this.take(moment);
  }

  /** The run is over. */
  end(): void {
    if (!this.over) this.take(this.moment);
  }

  private take(moment: number): void {
    const { writer, paranoid } = this.options;
    let looked = 0;
    for (const [number, followed] of this.memories.entries()) {
      if (followed === undefined) continue;
      const { maps, words } = followed;
      const pages = words.length >>> 10;
      for (const map of maps) {
        looked += pages;
        for (
          let page = map.indexOf(1);
          page >= 0 && page < pages;
          page = map.indexOf(1, page + 1)
        ) {
          map[page] = 0;
          writer.page(number, page, words);
          // what a store that began in it wrote beyond it
          if (map[page + 1] === 0) writer.pageIfBegun(number, page + 1, words);
        }
      }
      const difference = paranoid ? writer.difference(number, words) : undefined;
      if (difference !== undefined) throw unmarked(number, difference, moment);
    }
    for (const { number, read, words } of this.globals) {
      encodeGlobals(read(), words);
      writer.resize(moment, number, 1);
      writer.page(number, 0, words);
    }
    this.rest = Math.ceil(looked / MAP_AT_ONCE);
    writer.step(moment);
  }

  private resize(moment: number): void {
    let bytes = 0;
    for (const [number, followed] of this.memories.entries()) {
      if (followed === undefined) continue;
      const { buffer } = followed.memory;
      bytes += buffer.byteLength;
      if (buffer === followed.buffer) continue;
      if (bytes > MAX_FOLLOWED) {
        // what is known up to here stays
        this.over = true;
        return;
      }
      followed.buffer = buffer;
      followed.words = new Int32Array(buffer);
      this.options.writer.resize(moment, number, buffer.byteLength / 65536);
    }
  }
}

function unmarked(memory: number, address: number, moment: number): WasiRrError {
  return new WasiRrError(
    'REPLAY_FAILED',
    `memory ${memory} changed at 0x${address.toString(16)} without a mark, at moment ${moment}: this is a defect of wasi-rr.`,
  );
}
