/**
 * Copies of what could be seen at places that were left: looking at them again, or comparing with them,
 * needs no replay. Bounded by bytes; the one that was used least recently goes first.
 */
import type { GlobalValue } from './messages.ts';

export interface Image {
  readonly position: number;
  /** Undefined for a guest without a memory. */
  readonly memory: Uint8Array | undefined;
  readonly stack: string | undefined;
  readonly globals: readonly GlobalValue[];
}

export class Images {
  private readonly limit: number;
  private readonly images = new Map<number, Image>();
  private held = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.limit = limit;
  }

  get bytes(): number {
    return this.held;
  }

  get positions(): number[] {
    return [...this.images.keys()];
  }

  /** Whether an image of so many bytes would be kept: fewer than four are not worth the copying. */
  accepts(bytes: number): boolean {
    return 4 * bytes <= this.limit;
  }

  get(position: number): Image | undefined {
    const image = this.images.get(position);
    if (image === undefined) return undefined;
    this.images.delete(position);
    this.images.set(position, image);
    return image;
  }

  has(position: number): boolean {
    return this.images.has(position);
  }

  add(image: Image): void {
    if (!this.accepts(sizeOf(image))) return;
    this.remove(image.position);
    this.images.set(image.position, image);
    this.held += sizeOf(image);
    for (const position of this.images.keys()) {
      if (this.held <= this.limit) return;
      this.remove(position);
    }
  }

  private remove(position: number): void {
    const image = this.images.get(position);
    if (image === undefined) return;
    this.images.delete(position);
    this.held -= sizeOf(image);
  }
}

function sizeOf(image: Image): number {
  return image.memory?.length ?? 0;
}
