/**
 * Copies of what could be seen at places that were left: looking at them again, or comparing with them,
 * needs no replay. Bounded by bytes; the one that was used least recently goes first.
 */
import type { Memories } from './guest.ts';
import type { GlobalContent } from './messages.ts';

export interface Image {
  readonly position: number;
  readonly memories: Memories;
  readonly stack: string | undefined;
  /** By instance, as the module that runs lists them. */
  readonly globals: readonly (readonly GlobalContent[])[];
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

  /** Keeps a copy, unless it is too large to be worth the while. */
  add(image: Image): void {
    const { position, memories } = image;
    if (!this.accepts(sizeOf(image))) return;
    this.remove(position);
    let spare: Memories = [];
    for (const oldest of this.images.keys()) {
      if (this.held + sizeOf(image) <= this.limit) break;
      spare = this.remove(oldest);
    }
    const copies = memories.map((memory, number) => copyInto(spare[number], memory));
    this.images.set(position, { ...image, memories: copies });
    this.held += sizeOf(image);
  }

  private remove(position: number): Memories {
    const image = this.images.get(position);
    if (image === undefined) return [];
    this.images.delete(position);
    this.held -= sizeOf(image);
    return image.memories;
  }
}

/** New pages cost more than the copying: those of an image that goes are used again. */
function copyInto(spare: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  if (spare?.length !== bytes.length) return bytes.slice();
  spare.set(bytes);
  return spare;
}

function sizeOf({ memories }: Image): number {
  return memories.reduce((sum, { length }) => sum + length, 0);
}
