/** What is known of a stopped guest, for one of its frames. */
import { unsignedFrom } from '../dwarf/little-endian.ts';
import type { Machine, WasmBits } from '../dwarf/machine.ts';
import { sizeOfType } from '../instrument/frame-layout.ts';
import { TYPE } from '../instrument/module-layout.ts';
import type { LocalValue } from '../timetravel/frames.ts';
import type { StoppedGuest } from '../timetravel/state-at.ts';

/** @param level of the frame, 0 the innermost; none for what is of no frame */
export function frameMachine(guest: StoppedGuest, level?: number): Machine {
  const { memory, frames } = guest;
  const frame = level === undefined ? undefined : frames[level];
  return {
    local: (index) => {
      guest.onLocal?.(index);
      const type = frame?.types[index];
      return type === undefined ? undefined : bitsOfLocal(frame?.locals[index], type);
    },
    // callers' globals are those of what they called
    global: (index) => (level === 0 ? bitsOfGlobal(guest.global(index)) : undefined),
    // operands are not stored
    operand: () => undefined,
    memory: (address, length) => {
      guest.onMemory?.();
      return address >= 0 && address + length <= memory.length
        ? memory.slice(address, address + length)
        : undefined;
    },
  };
}

function bitsOfLocal(value: LocalValue, type: number): WasmBits | undefined {
  const size = sizeOfType(type);
  if (value === undefined || size === 0) return undefined;
  if (value instanceof Uint8Array) return { bits: unsignedFrom(value), size };
  if (type !== TYPE.f32 && type !== TYPE.f64) {
    return { bits: BigInt.asUintN(8 * size, BigInt(value)), size };
  }
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) view.setFloat32(0, Number(value), true);
  else view.setFloat64(0, Number(value), true);
  return { bits: view.getBigUint64(0, true), size };
}

/** Of those that locations name: addresses. */
function bitsOfGlobal(value: number | bigint | undefined): WasmBits | undefined {
  if (typeof value === 'bigint') return { bits: BigInt.asUintN(64, value), size: 8 };
  if (value === undefined || !Number.isInteger(value)) return undefined;
  return { bits: BigInt(value >>> 0), size: 4 };
}
