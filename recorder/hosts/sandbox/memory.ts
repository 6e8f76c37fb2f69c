/**
 * The guest's memory as the sandbox sees it. Every address that a guest gives is checked here, before
 * anything is done: a call that fails writes nothing. Hot path.
 */
import { MAX_ENTRIES } from '../../../wasm/iovecs.ts';
import { ERRNO, refuse } from './errno.ts';

/** Bytes of a path with the NUL that ends it in C, as Linux has it. */
export const MAX_PATH = 4096;

/** Bytes that Linux moves in one read or write at most. */
const MAX_TRANSFER = 0x7fff_f000;

/** The buffers of an iovec array that a call may use. */
export interface Buffers {
  /** Of the first buffer that is not empty. */
  readonly address: number;
  readonly length: number;
  /** All of them, where there are several that are not empty. */
  readonly all: readonly Uint8Array[] | undefined;
}

export class SandboxMemory {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  private buffer = Buffer.alloc(0);
  private memory: WebAssembly.Memory | undefined;
  /** Of the last call that had buffers; one object for all, since each read and write needs it. */
  private readonly found: { address: number; length: number; all: Uint8Array[] | undefined } = {
    address: 0,
    length: 0,
    all: undefined,
  };

  bind(memory: WebAssembly.Memory): void {
    this.memory = memory;
    this.refresh();
  }

  /** After a growth the old buffer has length 0. Call it then; a guest cannot grow it during a call. */
  refresh(): void {
    if (this.memory === undefined) return;
    const { buffer } = this.memory;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.buffer = Buffer.from(buffer);
  }

  /**
   * The address as an index, all of its `length` bytes inside.
   * @param address as the guest passes it, a signed i32
   * @throws Refusal fault
   */
  check(address: number, length: number): number {
    const at = address >>> 0;
    if (at + length > this.bytes.length) refuse(ERRNO.fault);
    return at;
  }

  /**
   * A path as a string with one character (0–255) a byte, so that names which are no UTF-8 stay what they
   * are. @throws Refusal fault, nametoolong
   */
  path(address: number, length: number): string {
    const at = this.check(address, length >>> 0);
    if (length >>> 0 >= MAX_PATH) refuse(ERRNO.nametoolong);
    return this.buffer.toString('latin1', at, at + (length >>> 0));
  }

  /**
   * Good until the next call. @throws Refusal fault where the array or a buffer lies outside
   */
  buffers(address: number, count: number): Buffers {
    const list = this.check(address, 8 * (count >>> 0));
    const { view } = this;
    const { found } = this;
    found.length = 0;
    found.all = undefined;
    let room = MAX_TRANSFER;
    // what lies behind the first 65,536 entries the trace does not look at either
    const entries = Math.min(count >>> 0, MAX_ENTRIES);
    for (let i = 0; i < entries; i++) {
      const length = view.getUint32(list + 8 * i + 4, true);
      const start = this.check(view.getUint32(list + 8 * i, true), length);
      const taken = Math.min(length, room);
      if (taken === 0) continue;
      room -= taken;
      this.addBuffer(start, taken);
    }
    return found;
  }

  /** The buffers one by one. */
  pieces({ address, length, all }: Buffers): readonly Uint8Array[] {
    return all ?? [this.bytes.subarray(address, address + length)];
  }

  private addBuffer(start: number, length: number): void {
    const { found, bytes } = this;
    if (found.length === 0) {
      found.address = start;
      found.length = length;
      return;
    }
    found.all ??= [bytes.subarray(found.address, found.address + found.length)];
    found.all.push(bytes.subarray(start, start + length));
  }

  setU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  setU64(at: number, value: bigint): void {
    this.view.setBigUint64(at, value, true);
  }
}
