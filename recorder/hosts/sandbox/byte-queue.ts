/** Bytes in the order in which they came, in the pieces in which they came. */
export class ByteQueue {
  private readonly pieces: Uint8Array[] = [];
  /** Bytes of the first piece that are gone. */
  private start = 0;
  length = 0;

  push(piece: Uint8Array): void {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  /** Copies as much as there is and fits; nothing is taken away. @returns bytes copied */
  copyTo(targets: readonly Uint8Array[]): number {
    let copied = 0;
    let piece = 0;
    let from = this.start;
    for (const target of targets) {
      for (let at = 0; at < target.length && copied < this.length; ) {
        const source = this.pieces[piece] ?? NONE;
        const part = source.subarray(from, from + target.length - at);
        target.set(part, at);
        at += part.length;
        copied += part.length;
        from += part.length;
        if (from < source.length) continue;
        piece++;
        from = 0;
      }
    }
    return copied;
  }

  /** Takes the first bytes away. @param count not more than there are */
  drop(count: number): void {
    this.length -= count;
    this.start += count;
    for (let first = this.pieces[0]; first && this.start >= first.length; first = this.pieces[0]) {
      this.start -= first.length;
      this.pieces.shift();
    }
  }
}

const NONE = new Uint8Array(0);
