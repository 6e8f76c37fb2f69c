/** Memory of which some pieces are known. */
import type { LiftMemory } from './lift.ts';

export interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes that one read gives at most: a hostile trace may ask for any length. */
const MAX_READ = 1 << 20;

/** Pieces as they were at one moment. */
export class PieceMemory implements LiftMemory {
  protected readonly pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces;
  }

  read(address: number, length: number): Uint8Array {
    const size = Math.min(length, MAX_READ);
    const only = this.pieces.length === 1 ? this.pieces[0] : undefined;
    if (only !== undefined) {
      const from = address - only.address;
      return from < 0 ? new Uint8Array(0) : only.bytes.subarray(from, from + size);
    }
    const bytes = new Uint8Array(size);
    const known = new Uint8Array(size);
    for (const piece of this.pieces) {
      const from = Math.max(address, piece.address);
      const to = Math.min(address + size, piece.address + piece.bytes.length);
      if (from >= to) continue;
      bytes.set(piece.bytes.subarray(from - piece.address, to - piece.address), from - address);
      known.fill(1, from - address, to - address);
    }
    const end = known.indexOf(0);
    return end < 0 ? bytes : bytes.subarray(0, end);
  }

  asOf(_address: number): LiftMemory {
    return this;
  }
}

/** Pieces in the order in which they were written, later ones over earlier ones. */
export class WrittenMemory extends PieceMemory {
  override asOf(address: number): LiftMemory {
    const last = this.pieces.findLastIndex(
      (piece) => piece.address <= address && address < piece.address + piece.bytes.length,
    );
    return last < 0 ? this : new WrittenMemory(this.pieces.slice(0, last + 1));
  }
}
