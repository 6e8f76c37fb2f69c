/**
 * A view of the guest's memory that survives growth: the buffer is another one after every growth, and the
 * old one is left with length 0. Hot path: ask {@link GuestMemory.refresh} only then.
 */
import { type MemoryHasher, memoryHasher } from '../wasm/xxh64.ts';

export class GuestMemory {
  /** Empty before {@link bind}, and after a growth until {@link refresh}. */
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  private memory: WebAssembly.Memory | undefined;
  private hasher: MemoryHasher | undefined;

  get bound(): boolean {
    return this.memory !== undefined;
  }

  bind(memory: WebAssembly.Memory): void {
    this.memory = memory;
    this.hasher = memoryHasher(memory);
    this.refresh();
  }

  refresh(): void {
    if (this.memory === undefined) return;
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
  }

  /** Pages of 64 KiB. */
  pages(): number {
    if (this.bytes.length === 0) this.refresh();
    return this.bytes.length / 65536;
  }

  /** 0 where it lies outside. @param address as the guest passes it, a signed i32 */
  u32(address: number): number {
    const at = address >>> 0;
    return at + 4 <= this.bytes.length ? this.view.getUint32(at, true) : 0;
  }

  /** How many of `length` bytes at `address` are inside. */
  available(address: number, length: number): number {
    return Math.max(0, Math.min(length, this.bytes.length - (address >>> 0)));
  }

  /** XXH64; see {@link MemoryHasher}. Only with a memory. */
  hash(address: number, length: number, seed: bigint): bigint {
    return this.hasher?.(address, length, seed) ?? seed;
  }
}
