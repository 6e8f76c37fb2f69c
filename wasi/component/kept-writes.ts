/** What the host writes to memory while someone waits for it: a result, or the contents of a stream. */
import type { Piece } from '../../wasm/component/pieces.ts';
import type { MemoryChange } from './described-call.ts';

/** Bytes that are kept for one, and for all together. */
const MAX_ONE = 4 << 20;
const MAX_ALL = 64 << 20;

/** Bytes that a write takes besides its own. */
const OVERHEAD = 64;

/** How many may wait at once. Each write is held against all of them, and a hostile log may begin any number. */
const MAX_WAITING = 1024;

export interface Range {
  readonly address: number;
  /** Bytes. */
  readonly length: number;
}

/** What was written since someone began to wait. */
export interface WrittenSince {
  readonly memory: number;
  /** Where anything is of interest; undefined for everywhere. */
  readonly range: Range | undefined;
  /** In the order in which they were written. */
  readonly pieces: Piece[];
  size: number;
}

export class KeptWrites {
  private readonly waiting = new Set<WrittenSince>();
  private size = 0;

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /**
   * From here on. Has to be given back with {@link end}.
   * @param changes that were made already: what is told of a call that was answered at once
   */
  since(
    memory: number | undefined,
    range: Range | undefined,
    changes: readonly MemoryChange[] = [],
  ): WrittenSince {
    const written = { memory: memory ?? -1, range, pieces: [], size: 0 };
    if (memory === undefined || this.waiting.size >= MAX_WAITING) return written;
    this.waiting.add(written);
    for (const change of changes) this.keep(written, change, undefined);
    return written;
  }

  end(written: WrittenSince | undefined): void {
    if (written !== undefined && this.waiting.delete(written)) this.size -= written.size;
  }

  /** The host has written. The bytes may be gone later. */
  see(changes: readonly MemoryChange[]): void {
    if (this.isEmpty) return;
    for (const change of changes) {
      let copy: Uint8Array | undefined;
      for (const one of this.waiting) copy = this.keep(one, change, copy) ?? copy;
    }
  }

  /** @param copy of its bytes, where there is one. @returns the one that was made */
  private keep(
    one: WrittenSince,
    { memory, address, bytes }: MemoryChange,
    copy: Uint8Array | undefined,
  ): Uint8Array | undefined {
    const { range, size } = one;
    if (bytes === undefined || address === undefined || one.memory !== memory) return copy;
    const { length } = bytes;
    if (range !== undefined && !overlaps(range, address, length)) return copy;
    const taken = length + OVERHEAD;
    if (size + taken > MAX_ONE || this.size + taken > MAX_ALL) return copy;
    const kept = copy ?? bytes.slice();
    one.pieces.push({ address, bytes: kept });
    one.size += taken;
    this.size += taken;
    return kept;
  }
}

function overlaps(range: Range, address: number, length: number): boolean {
  return address < range.address + range.length && range.address < address + length;
}
