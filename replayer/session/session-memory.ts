/** A session's questions about the guest's memory. Everything is bounded: what is cut says so. */
import { WasiRrError } from '../../errors.ts';
import type { Keyframes } from '../keyframes/keyframes.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import { patternBytes, type SearchPattern } from './memory-search.ts';
import type {
  MemoryDiff,
  MemoryHistory,
  MemoryRange,
  Requests,
  SearchHits,
  StoredCheck,
} from './messages.ts';
import type { WorkerLink } from './worker-link.ts';

/** Bytes that one read gives at most. */
export const MAX_READ = 64 << 20;
/** Bytes of a range whose history is asked for, at most: each event compares them. */
export const MAX_WATCHED = 1 << 20;
/** How many hits, ranges and changes are listed, unless asked otherwise. */
const LISTED = 1000;
/** Bytes of a changed range that are copied, unless asked otherwise. */
const COPIED = 256;

/** @property memory by its number in {@link Session.layout}; that of the program by default */
export interface MemoryOptions extends RequestOptions {
  readonly memory?: number | undefined;
  /** Of a replay, whatever keyframes say; false by default. */
  readonly replayed?: boolean;
}

export class SessionMemory {
  private readonly link: WorkerLink;
  private readonly keyframes: Keyframes;
  private readonly position: () => number;
  private readonly lastEvent: number;

  constructor(link: WorkerLink, keyframes: Keyframes, position: () => number, lastEvent: number) {
    this.link = link;
    this.keyframes = keyframes;
    this.position = position;
    this.lastEvent = lastEvent;
  }

  /**
   * Bytes at the present position, cut where the memory ends. All methods here throw a WasiRrError
   * OPTION_INVALID for a memory that is none, others where the trace does not replay so far (the problem's code), SESSION_FAILED, SESSION_CLOSED, and the
   * reason of `signal`.
   * @param length in bytes, up to 64 MiB
   * @throws WasiRrError OPTION_INVALID
   */
  async read(address: number, length: number, options: MemoryOptions = {}): Promise<MemoryRange> {
    checkRange(address, length, MAX_READ);
    const { memory } = options;
    return this.ask('memory', { at: this.position(), address, length, memory }, options);
  }

  /**
   * Bytes after an event out of keyframes, without any replay; the session's position stays.
   * @returns undefined where they do not know, or there are none
   * @throws WasiRrError OPTION_INVALID
   */
  async kept(
    event: number,
    address: number,
    length: number,
    options: MemoryOptions = {},
  ): Promise<MemoryRange | undefined> {
    checkRange(address, length, MAX_READ);
    const { memory } = options;
    return this.keyframes.ask('memory', { at: event, address, length, memory }, options);
  }

  /**
   * The whole memory after an event as the trace itself holds it (a snapshot), without any replay.
   * @returns undefined where the trace holds none, or a damaged one
   */
  stored(event: number, options: MemoryOptions = {}): Promise<Uint8Array | undefined> {
    return this.link.request('stored', { at: event, memory: options.memory }, options);
  }

  /**
   * Replays to an event, and compares its memory with the one that the trace holds for it.
   * @returns undefined where the trace holds none, or a damaged one
   */
  checkStored(event: number, options: MemoryOptions = {}): Promise<StoredCheck | undefined> {
    return this.link.request('checkStored', { at: event, memory: options.memory }, options);
  }

  /** Bytes of the whole memory; 0 for a guest without one. */
  async size(options?: MemoryOptions): Promise<number> {
    return (await this.read(0, 0, options)).size;
  }

  /**
   * Addresses at which the memory holds something, in ascending order.
   * @param options `from`: first address; `limit`: how many, 1000 by default; `backwards`: from there
   *   downwards, in descending order
   * @throws WasiRrError OPTION_INVALID
   */
  async search(
    pattern: SearchPattern,
    options: MemoryOptions & {
      readonly from?: number;
      readonly limit?: number;
      readonly backwards?: boolean;
    } = {},
  ): Promise<SearchHits> {
    const { backwards = false, limit = LISTED, memory } = options;
    const { from = backwards ? Number.MAX_SAFE_INTEGER : 0 } = options;
    const query = { ...patternBytes(pattern), from, backwards, limit };
    return this.ask('search', { at: this.position(), query, memory }, options);
  }

  /**
   * What differs between two events, whichever comes first.
   * @param options `ranges`: how many to list, 1000 by default; `bytes`: to copy of each, 256 by default
   */
  diff(
    from: number,
    to: number,
    options: MemoryOptions & { readonly ranges?: number; readonly bytes?: number } = {},
  ): Promise<MemoryDiff> {
    const { ranges = LISTED, bytes = COPIED, memory } = options;
    return this.ask('diff', { from, to, ranges, bytes, memory }, options);
  }

  /**
   * Which events changed a range, with the bytes before and after: out of keyframes, or by one replay of that part
   * of the run.
   * @param length in bytes, up to 1 MiB
   * @param options `from`, `to`: events between which to look, the whole run by default; `limit`: how
   *   many changes to list, the last 1000 by default
   * @throws WasiRrError OPTION_INVALID
   */
  async history(
    address: number,
    length: number,
    options: MemoryOptions & {
      readonly from?: number;
      readonly to?: number;
      readonly limit?: number;
    } = {},
  ): Promise<MemoryHistory> {
    checkRange(address, length, MAX_WATCHED);
    const { from = -1, to = this.lastEvent, limit = LISTED, memory } = options;
    const range = { address, length, from, to, limit, memory };
    return this.ask('history', range, options);
  }

  /** XXH64 of the whole memory in 16 hexadecimal digits; undefined for a guest without one. */
  hash(options: MemoryOptions = {}): Promise<string | undefined> {
    return this.link.request('hash', { at: this.position(), memory: options.memory }, options);
  }

  /** Out of keyframes, as far as they know; else of a replay. */
  private async ask<K extends 'memory' | 'search' | 'diff' | 'history'>(
    name: K,
    params: Requests[K]['params'],
    options: MemoryOptions,
  ): Promise<Requests[K]['answer']> {
    const kept = options.replayed ? undefined : await this.keyframes.ask(name, params, options);
    return kept ?? this.link.request(name, params, options);
  }
}

function checkRange(address: number, length: number, most: number): void {
  const valid = [address, length].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (valid && length <= most) return;
  throw new WasiRrError(
    'OPTION_INVALID',
    `no range of memory: ${length} bytes at ${address}. At most ${most} bytes can be asked for at once.`,
  );
}
