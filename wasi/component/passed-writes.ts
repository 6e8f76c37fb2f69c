/**
 * What the host writes to memory before it calls a function of the guest: there lies what it passes. It asks the
 * guest for room in between, and what it has written so far belongs to that call.
 */
import { type Piece, WrittenMemory } from '../../wasm/component/pieces.ts';
import type { MemoryChange } from './described-call.ts';

/** Bytes that are kept, with those that each write takes besides its own. */
const MAX_SIZE = 1 << 20;
const OVERHEAD = 64;

interface PassedPiece extends Piece {
  readonly memory: number;
}

export class PassedWrites {
  private pieces: PassedPiece[] = [];
  private size = 0;

  /** What was written before a guest was entered. */
  see(changes: readonly MemoryChange[]): void {
    for (const { memory, address, bytes } of changes) {
      if (memory === undefined || address === undefined || bytes === undefined) continue;
      this.size += bytes.length + OVERHEAD;
      if (this.size > MAX_SIZE) return;
      // the bytes may be gone later
      this.pieces.push({ memory, address, bytes: bytes.slice() });
    }
  }

  /** The memory that was written to last, as far as it is known, for the function that is called. */
  take(): WrittenMemory {
    const { memory } = this.pieces.at(-1) ?? {};
    const own = this.pieces.filter((piece) => piece.memory === memory);
    this.forget();
    return new WrittenMemory(own);
  }

  /** Something else was done. */
  forget(): void {
    if (this.size === 0) return;
    this.pieces = [];
    this.size = 0;
  }
}
