/** The code that counts how often control comes to a place. */
import type { Additions } from './additions.ts';
import { OP } from './opcode-numbers.ts';
import type { WasmOutput } from './wasm-output.ts';

/** Adds 1 to a number of the memory `counts`. */
export function countHere(out: WasmOutput, added: Additions, number: number): void {
  const memory = added.memory('counts');
  const access = (opcode: number) => {
    out.byte(opcode);
    // alignment 8, with a memory index
    out.byte(0x43);
    out.u32(memory);
    out.u32(8 * number);
  };
  out.put([OP.i32Const, 0, OP.i32Const, 0]);
  access(OP.i64Load);
  out.put([OP.i64Const, 1, OP.i64Add]);
  access(OP.i64Store);
}
