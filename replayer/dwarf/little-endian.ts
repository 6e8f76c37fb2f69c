/** Whole numbers as they stand in memory. */

export function unsignedFrom(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** @param size bytes; higher bits are left out */
export function littleEndian(bits: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let left = BigInt.asUintN(8 * size, bits);
  for (let i = 0; i < size; i++) {
    bytes[i] = Number(left & 0xffn);
    left >>= 8n;
  }
  return bytes;
}
