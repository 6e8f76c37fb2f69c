/**
 * A map from short runs of bytes to values. Hot path of the recorder's index: looked up once or twice a call.
 * With a string made of the bytes and a Map instead, the supervisor took 12 to 22 % more CPU a call.
 */

/** A power of two. Small, since the recorder clears its map at every change of the open files. */
const FIRST_SLOTS = 256;

interface Entry<T> {
  readonly hash: number;
  readonly tag: number;
  readonly key: Uint8Array;
  readonly value: T;
  /** Another one in the same slot. */
  readonly next: Entry<T> | undefined;
}

export class ByteKeys<T> {
  private slots = emptySlots<T>(FIRST_SLOTS);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @param tag a small number, so that the same bytes can stand for different things */
  get(bytes: Uint8Array, length: number, tag: number): T | undefined {
    const hash = hashOf(bytes, length, tag);
    let entry = this.slots[hash & (this.slots.length - 1)];
    while (entry !== undefined) {
      if (entry.hash === hash && entry.tag === tag && equal(entry.key, bytes, length)) {
        return entry.value;
      }
      entry = entry.next;
    }
    return undefined;
  }

  /** Adds a key that is not there. The bytes are copied. */
  add(bytes: Uint8Array, length: number, tag: number, value: T): void {
    if (this.count >= this.slots.length / 2) this.grow();
    this.put({ hash: hashOf(bytes, length, tag), tag, key: bytes.slice(0, length), value });
    this.count++;
  }

  clear(): void {
    this.slots = emptySlots(FIRST_SLOTS);
    this.count = 0;
  }

  private put(entry: Omit<Entry<T>, 'next'>): void {
    const { slots } = this;
    const slot = entry.hash & (slots.length - 1);
    slots[slot] = { ...entry, next: slots[slot] };
  }

  private grow(): void {
    const old = this.slots;
    this.slots = emptySlots(old.length * 2);
    for (const first of old) {
      for (let entry = first; entry !== undefined; entry = entry.next) this.put(entry);
    }
  }
}

function emptySlots<T>(count: number): (Entry<T> | undefined)[] {
  return new Array<Entry<T> | undefined>(count).fill(undefined);
}

/** FNV-1a, folded so that its low bits are good. */
function hashOf(bytes: Uint8Array, length: number, tag: number): number {
  let hash = 0x811c9dc5 ^ tag;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}

function equal(key: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (key[i] !== bytes[i]) return false;
  return true;
}
