/**
 * Writes the primitives of the segment encoding. Hot path: the recorder's boundary uses it for every
 * call, directly on its ring, so it checks no bounds; who sets `at` guarantees room for a record.
 */
import type { CoreValue, LoggedType } from './events.ts';

const wide = new BigUint64Array(1);
const halves = new Uint32Array(wide.buffer);

export class ByteOutput {
  bytes: Uint8Array;
  private view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** Unsigned LEB128 of an integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    const { bytes } = this;
    let { at } = this;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.at = at;
  }

  /** Unsigned LEB128 of the low 64 bits. */
  varint64(value: bigint): void {
    wide[0] = value;
    let low = halves[0] as number;
    let high = halves[1] as number;
    while (high !== 0) {
      this.bytes[this.at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.varint(low);
  }

  /** Eight bytes, little-endian. */
  u64(value: bigint): void {
    this.view.setBigUint64(this.at, BigInt.asUintN(64, value), true);
    this.at += 8;
  }

  /** `source[from, to)`. Short runs are copied by hand, which makes no view of them. */
  copy(source: Uint8Array, from: number, to: number): void {
    const { bytes } = this;
    let { at } = this;
    if (to - from <= 16) {
      for (let i = from; i < to; i++) bytes[at++] = source[i] as number;
    } else {
      bytes.set(source.subarray(from, to), at);
      at += to - from;
    }
    this.at = at;
  }

  value(type: LoggedType, value: CoreValue): void {
    if (type === 'i32' || type === 'funcref') this.varint((value as number) >>> 0);
    else if (type === 'i64') this.varint64(value as bigint);
    else if (type === 'f32') {
      this.view.setFloat32(this.at, value as number, true);
      this.at += 4;
    } else {
      this.view.setFloat64(this.at, value as number, true);
      this.at += 8;
    }
  }

  values(types: readonly LoggedType[], values: readonly CoreValue[]): void {
    for (let i = 0; i < types.length; i++) {
      this.value(types[i] as LoggedType, values[i] as CoreValue);
    }
  }

  text(value: string): void {
    const utf8 = Buffer.from(value);
    this.varint(utf8.length);
    this.copy(utf8, 0, utf8.length);
  }
}
