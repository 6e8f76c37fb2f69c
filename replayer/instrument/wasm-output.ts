/** Bytes of a module being written: grows, and writes LEB128. Hot path of the rewriter. */
export class WasmOutput {
  bytes: Uint8Array;
  length = 0;
  /** Where each {@link coldIf} is. */
  readonly coldIfs: number[] = [];

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  reset(): void {
    this.length = 0;
    this.coldIfs.length = 0;
  }

  /** An `if` without results that is hardly ever taken (branch-hints.ts). */
  coldIf(): void {
    this.coldIfs.push(this.length);
    this.byte(0x04);
    this.byte(0x40);
  }

  /** What was written; a view, until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = value;
  }

  put(values: Uint8Array | readonly number[]): void {
    const { length } = values;
    this.room(length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < length; i++) bytes[at++] = values[i] as number;
    this.length = at;
  }

  /** Bytes `[from, to)` of `source`. */
  copy(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length <= 0) return;
    this.room(length);
    // a native copy costs more than it saves on a few instructions
    if (length > 32) this.bytes.set(source.subarray(from, to), this.length);
    else {
      const { bytes } = this;
      let at = this.length;
      for (let i = from; i < to; i++) bytes[at++] = source[i] as number;
    }
    this.length += length;
  }

  /** Bytes at the end, for a hot path to write itself; it then sets {@link length}. */
  reserve(length: number): Uint8Array {
    this.room(length);
    return this.bytes;
  }

  /** Unsigned LEB128 of a number below 2^32. */
  u32(value: number): void {
    this.room(5);
    const { bytes } = this;
    let left = value >>> 0;
    while (left >= 0x80) {
      bytes[this.length++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    bytes[this.length++] = left;
  }

  /** Signed LEB128 of the bits of a number below 2^32: the operand of `i32.const`. */
  s32(value: number): void {
    this.room(5);
    const { bytes } = this;
    let left = value | 0;
    for (;;) {
      const low = left & 0x7f;
      left >>= 7;
      const last = (left === 0 && (low & 0x40) === 0) || (left === -1 && (low & 0x40) !== 0);
      bytes[this.length++] = last ? low : low | 0x80;
      if (last) return;
    }
  }

  /** Signed LEB128 of 64 bits: the operand of `i64.const`. */
  s64(value: bigint): void {
    let left = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(left & 0x7fn);
      left >>= 7n;
      const last = (left === 0n && (low & 0x40) === 0) || (left === -1n && (low & 0x40) !== 0);
      this.byte(last ? low : low | 0x80);
      if (last) return;
    }
  }

  /** A vector of bytes: length, UTF-8. */
  name(text: string): void {
    const bytes = Buffer.from(text);
    this.u32(bytes.length);
    this.put(bytes);
  }

  /** A section: id, size, contents. */
  section(id: number, contents: WasmOutput): void {
    this.byte(id);
    this.u32(contents.length);
    this.copy(contents.bytes, 0, contents.length);
  }

  private room(length: number): void {
    if (this.length + length > this.bytes.length) this.grow(length);
  }

  private grow(length: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + length, 64));
    larger.set(this.written());
    this.bytes = larger;
  }
}

/** Unsigned LEB128 of a number below 2^32, at a place where there is room for 5 bytes. @returns what follows */
export function putU32(bytes: Uint8Array, at: number, value: number): number {
  let left = value >>> 0;
  let next = at;
  while (left >= 0x80) {
    bytes[next++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  bytes[next++] = left;
  return next;
}

/** What follows an unsigned LEB128. */
export function behindLeb(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end] as number) >= 0x80) end++;
  return end + 1;
}
