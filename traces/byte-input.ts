/**
 * Reads the primitives of the segment encoding. Hot path of replay. A trace is untrusted: a read past
 * the end gives zeros and moves `at` beyond `end`; who reads a record checks {@link ByteInput.overrun}
 * once at its end instead of at every byte. Lengths are checked before anything is allocated.
 */
import type { CoreValue, LoggedType } from './events.ts';

const wide = new BigInt64Array(1);
const halves = new Uint32Array(wide.buffer);

export class ByteInput {
  bytes: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;

  constructor(bytes?: Uint8Array) {
    if (bytes !== undefined) this.reset(bytes);
  }

  /** Goes on with other bytes, from their beginning. Whoever holds this input goes on with it. */
  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.end = bytes.length;
  }

  /** Whether something read lay beyond the end. */
  overrun(): boolean {
    return this.at > this.end;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    return value === undefined ? 0 : value;
  }

  /** An integer from 0 to 2^53 - 1; a longer one comes out rounded. */
  varint(): number {
    const first = this.bytes[this.at++];
    if (first === undefined) return 0;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    let scale = 2 ** 28;
    for (let i = 4; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return value;
  }

  /** 64 bits as a signed bigint. */
  varint64(): bigint {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    halves[0] = low;
    halves[1] = high;
    return wide[0] as bigint;
  }

  u64(): bigint {
    const at = this.at;
    this.at += 8;
    return this.at <= this.end ? this.view.getBigUint64(at, true) : 0n;
  }

  /** A view of the next `length` bytes; empty (and an overrun) where there are not so many. */
  take(length: number): Uint8Array {
    const from = this.at;
    this.at += length;
    return this.bytes.subarray(from, this.at <= this.end ? this.at : from);
  }

  value(type: LoggedType): CoreValue {
    if (type === 'i32' || type === 'funcref') return this.varint() | 0;
    if (type === 'i64') return this.varint64();
    const at = this.at;
    this.at += type === 'f32' ? 4 : 8;
    if (this.at > this.end) return 0;
    return type === 'f32' ? this.view.getFloat32(at, true) : this.view.getFloat64(at, true);
  }

  text(): string {
    const bytes = this.take(this.varint());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }
}
