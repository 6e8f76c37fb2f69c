/**
 * A bounded cursor over one DWARF section. Every read is checked; what does not hold together is a
 * RangeError. Knows the encodings (DWARF 5, section 7.5 and 7.6), nothing of what they mean.
 */

/** 32-bit DWARF has offsets of 4 bytes, 64-bit DWARF of 8. */
export type OffsetSize = 4 | 8;

/** An integer of the file: a number where that is exact, else a bigint. */
export type Integer = number | bigint;

/** At which an initial length says that the 64-bit format follows. */
const DWARF64 = 0xffffffff;
/** From here up, lengths are reserved. */
const RESERVED = 0xfffffff0;

export class DwarfInput {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly end: number;
  /** Offset of the next byte. */
  position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    if (end > bytes.length || position > end || position < 0) {
      throw new RangeError('debug information reaches beyond its section');
    }
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.position = position;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  get limit(): number {
    return this.end;
  }

  skip(count: number): void {
    this.take(count);
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  i8(): number {
    return this.view.getInt8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u24(): number {
    const at = this.take(3);
    return this.view.getUint16(at, true) | (this.view.getUint8(at + 2) << 16);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  u64(): Integer {
    return narrow(this.view.getBigUint64(this.take(8), true));
  }

  /** An unsigned integer of 1, 2, 3, 4 or 8 bytes, as far as numbers are exact. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return Number(this.u64());
      default:
        throw new RangeError(`debug information has an integer of ${size} bytes`);
    }
  }

  /** An offset into a section. */
  offset(size: OffsetSize): number {
    return size === 4 ? this.u32() : Number(this.u64());
  }

  /** The length that begins a unit, and the format that it chooses (DWARF 5, section 7.4). */
  initialLength(): { readonly length: number; readonly offsetSize: OffsetSize } {
    const length = this.u32();
    if (length < RESERVED) return { length, offsetSize: 4 };
    if (length !== DWARF64) throw new RangeError('debug information has a reserved length');
    return { length: Number(this.u64()), offsetSize: 8 };
  }

  /** Unsigned LEB128. Beyond 2^53 the value is not exact: sizes, codes and offsets are not so large. */
  uleb(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
      if (scale > 2 ** 140) throw new RangeError('debug information has an endless number');
    }
  }

  /** Signed LEB128, as {@link uleb}. */
  sleb(): number {
    return Number(this.slebInteger());
  }

  /** Unsigned LEB128, exact to 64 bits. */
  ulebInteger(): Integer {
    const start = this.position;
    const value = this.uleb();
    return Number.isSafeInteger(value) ? value : narrow(BigInt.asUintN(64, this.bigFrom(start)));
  }

  /** Signed LEB128, exact to 64 bits. */
  slebInteger(): Integer {
    const start = this.position;
    const value = this.uleb();
    const bits = 7 * (this.position - start);
    const negative = ((this.bytes[this.position - 1] ?? 0) & 0x40) !== 0;
    if (bits <= 49) return negative ? value - 2 ** bits : value;
    const big = this.bigFrom(start);
    return narrow(BigInt.asIntN(64, negative ? big - (1n << BigInt(bits)) : big));
  }

  /** Bytes up to a zero, as UTF-8. */
  string(): string {
    const { position, end } = this;
    const zero = this.bytes.indexOf(0, position);
    if (zero < 0 || zero >= end) throw new RangeError('debug information has an endless string');
    this.position = zero + 1;
    return textOf(this.bytes, position, zero);
  }

  skipString(): void {
    const zero = this.bytes.indexOf(0, this.position);
    if (zero < 0 || zero >= this.end) {
      throw new RangeError('debug information has an endless string');
    }
    this.position = zero + 1;
  }

  /** A view of the next bytes. */
  block(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  private take(count: number): number {
    const at = this.position;
    // NaN and negative counts fail as well
    if (!(count >= 0 && at + count <= this.end)) {
      throw new RangeError('debug information ends too early');
    }
    this.position = at + count;
    return at;
  }

  private bigFrom(start: number): bigint {
    let value = 0n;
    for (let at = this.position - 1; at >= start; at--) {
      value = (value << 7n) | BigInt((this.bytes[at] ?? 0) & 0x7f);
    }
    return value;
  }
}

/** The string at an offset of a string section. */
export function stringAt(section: Uint8Array | undefined, offset: number): string {
  if (section === undefined) throw new RangeError('a section of strings is missing');
  return new DwarfInput(section, offset).string();
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

function narrow(value: bigint): Integer {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
