/**
 * What the host reads of guest memory when a function is called: found by reading the arguments as the
 * canonical ABI does, before the host does it. Runs for every call with pointers.
 */
import type { ByteOutput } from '../../traces/byte-output.ts';
import { FORM, INLINE_LIMIT } from '../../traces/record-kinds.ts';
import type { CoreNumber } from '../../wasm/component/flat-values.ts';
import type { LiftMemory } from '../../wasm/component/lift.ts';
import type { MemoryHasher } from '../../wasm/xxh64.ts';

/** As many as a record can name. */
const MAX_PLACES = 255;

/** Bytes of strings, lists and structures that are kept of a call whatever the payload limit is. */
const MAX_STRUCTURE = 4096;

interface Range {
  readonly address: number;
  readonly length: number;
}

/** Places in the order in which they were read, those of lists of bytes last. */
export interface CallReads {
  readonly places: readonly Range[];
  /** Bytes of all places. */
  readonly total: number;
  readonly kept: Uint8Array;
  /** Of all places, where not all is kept. */
  readonly hash: bigint | undefined;
}

/** With the number of the memory that they are of. */
export interface MemoryReads {
  readonly memory: number;
  readonly reads: CallReads;
}

/** Reads all that a function is passed. */
export type ReadArguments = (args: readonly CoreNumber[], memory: LiftMemory) => void;

/** Reads the arguments of one function. */
export class CallReader {
  private readonly readArguments: ReadArguments;
  private readonly memory: WebAssembly.Memory;
  private readonly hash: MemoryHasher;
  private readonly payload: number;

  /**
   * @param hash of that memory
   * @param payload bytes that are kept of a call
   */
  constructor(
    readArguments: ReadArguments,
    memory: WebAssembly.Memory,
    hash: MemoryHasher,
    payload: number,
  ) {
    this.readArguments = readArguments;
    this.memory = memory;
    this.hash = hash;
    this.payload = payload;
  }

  read(args: readonly CoreNumber[]): CallReads | undefined {
    const notes = new NotingMemory(new Uint8Array(this.memory.buffer));
    this.readArguments(args, notes);
    const places = [...notes.structure, ...notes.data].slice(0, MAX_PLACES);
    if (places.length === 0) return undefined;
    const total = sizeOf(places);
    const structure = Math.min(sizeOf(notes.structure), MAX_STRUCTURE);
    const keep = Math.min(total, Math.max(this.payload, structure), INLINE_LIMIT);
    const kept = notes.copy(places, keep);
    return { places, total, kept, hash: keep < total ? this.hashOf(places) : undefined };
  }

  private hashOf(places: readonly Range[]): bigint {
    return places.reduce((seed, { address, length }) => this.hash(address, length, seed), 0n);
  }
}

export function writeReads(out: ByteOutput, reads: CallReads | undefined): void {
  out.byte(reads?.places.length ?? 0);
  if (reads === undefined) return;
  for (const { address, length } of reads.places) {
    out.byte(FORM.absolute << 4);
    out.varint(address);
    out.varint(length);
  }
  out.varint(reads.total);
  out.varint(reads.kept.length);
  if (reads.hash !== undefined) out.u64(reads.hash);
  out.copy(reads.kept, 0, reads.kept.length);
}

/** Bytes that {@link writeReads} writes at most. */
export function sizeOfReads(reads: CallReads | undefined): number {
  return reads === undefined ? 1 : 32 + 16 * reads.places.length + reads.kept.length;
}

function sizeOf(places: readonly Range[]): number {
  return places.reduce((sum, { length }) => sum + length, 0);
}

/** Notes what is read of it. */
class NotingMemory implements LiftMemory {
  readonly structure: Range[] = [];
  readonly data: Range[] = [];
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(address: number, length: number, isData = false): Uint8Array {
    // what lies beyond the end is left out of a place
    const read = this.bytes.subarray(address, address + length);
    const inside = (range: Range) =>
      range.address <= address && address + read.length <= range.address + range.length;
    if (read.length > 0 && !this.structure.some(inside)) {
      (isData ? this.data : this.structure).push({ address, length: read.length });
    }
    return read;
  }

  asOf(): LiftMemory {
    return this;
  }

  /** The first `size` bytes of all places. */
  copy(places: readonly Range[], size: number): Uint8Array {
    const copy = new Uint8Array(size);
    let at = 0;
    for (const { address, length } of places) {
      const count = Math.min(length, size - at);
      copy.set(this.bytes.subarray(address, address + count), at);
      at += count;
    }
    return copy;
  }
}
