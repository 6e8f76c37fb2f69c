/** What variables are read from: a stopped guest, as far as it is known. */

/** Bits of a wasm local, global or operand, as they stand in memory. */
export interface WasmBits {
  /** Unsigned. */
  readonly bits: bigint;
  /** Bytes of its type: 4, 8 or 16. */
  readonly size: number;
}

/** Of one frame. Undefined is what is not known: a location that needs it says so. */
export interface Machine {
  readonly local: (index: number) => WasmBits | undefined;
  /** As it was for this frame. */
  readonly global: (index: number) => WasmBits | undefined;
  /** Of the operand stack, 0 the lowest of the frame. */
  readonly operand: (index: number) => WasmBits | undefined;
  /** So many bytes of memory 0; undefined where it does not reach so far. */
  readonly memory: (address: number, length: number) => Uint8Array | undefined;
}

/** Thrown for a value that cannot be had; the message says why, in a few words: people see it in its place. */
export class Unreadable extends Error {}

/** `length` bytes. @throws Unreadable */
export function readMemory(machine: Machine, address: number, length: number): Uint8Array {
  const bytes = machine.memory(address, length);
  if (bytes?.length === length) return bytes;
  throw new Unreadable(`cannot read memory at 0x${address.toString(16)}`);
}

/** Of which nothing is known. */
export const NOTHING: Machine = {
  local: () => undefined,
  global: () => undefined,
  operand: () => undefined,
  memory: () => undefined,
};
