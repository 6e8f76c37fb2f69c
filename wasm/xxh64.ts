/**
 * XXH64 of guest memory, computed in place by a small wasm module that imports the memory. Measured
 * on a 64 MiB memory: 14 GB/s once it is warm (2.8 the first time), against 1.8 GB/s for node's sha256.
 */
import { XXH64_MODULE_BASE64 } from './xxh64-module.ts';

/**
 * Hashes `length` bytes at `address` of the memory it was made for.
 * @returns the unsigned 64-bit hash; `seed` chains the hash of an earlier range
 */
export type MemoryHasher = (address: number, length: number, seed?: bigint) => bigint;

let compiled: WebAssembly.Module | undefined;

/** @param memory a 32-bit, unshared memory; it may grow afterwards */
export function memoryHasher(memory: WebAssembly.Memory): MemoryHasher {
  compiled ??= new WebAssembly.Module(Buffer.from(XXH64_MODULE_BASE64, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, { guest: { memory } });
  const xxh64 = exports.xxh64 as (at: bigint, length: bigint, seed: bigint) => bigint;
  return (address, length, seed = 0n) =>
    BigInt.asUintN(64, xxh64(BigInt(address), BigInt(length), seed));
}

/** The hash of a whole memory as 16 hexadecimal digits. */
export function hashOfMemory(memory: WebAssembly.Memory): string {
  return memoryHasher(memory)(0, memory.buffer.byteLength).toString(16).padStart(16, '0');
}

/** Size and hash of several memories as one: the hash of each seeds the next. Null for none. */
export function hashOfMemories(
  memories: readonly WebAssembly.Memory[],
): { readonly pages: number; readonly xxh64: string } | null {
  if (memories.length === 0) return null;
  let hash = 0n;
  let bytes = 0;
  for (const memory of memories) {
    hash = memoryHasher(memory)(0, memory.buffer.byteLength, hash);
    bytes += memory.buffer.byteLength;
  }
  return { pages: bytes / 65536, xxh64: hash.toString(16).padStart(16, '0') };
}
