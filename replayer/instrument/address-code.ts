/** Addresses of a memory in added code. A wide memory is one of 64 bits. */
import { OP } from './opcode-numbers.ts';
import type { WasmOutput } from './wasm-output.ts';

export function constant(out: WasmOutput, wide: boolean, value: number): void {
  out.byte(wide ? OP.i64Const : OP.i32Const);
  if (wide) out.s64(BigInt(value));
  else out.s32(value);
}

/** @param address the local that holds it */
export function addressPlus(out: WasmOutput, wide: boolean, address: number, offset: number): void {
  out.byte(OP.localGet);
  out.u32(address);
  if (offset === 0) return;
  constant(out, wide, offset);
  out.byte(wide ? OP.i64Add : OP.i32Add);
}
