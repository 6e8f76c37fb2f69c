/** The code by which a function gives way to the one that took its place (patching.ts). */
import type { PatchingLayout } from './additions.ts';
import type { ModuleLayout } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import type { WasmOutput } from './wasm-output.ts';

/** Before anything else of a function is done. */
export function divert(
  out: WasmOutput,
  layout: ModuleLayout,
  patching: PatchingLayout,
  func: number,
): void {
  out.put([OP.i32Const, 0, OP.i32Load8U, 0x40]);
  out.u32(patching.memory);
  out.u32(func);
  out.coldIf();
  goTo(out, layout, patching, func);
  out.byte(OP.end);
}

/** Leaves a function for the one of this index, with the same parameters. */
export function goTo(
  out: WasmOutput,
  { types, functions }: ModuleLayout,
  { table }: PatchingLayout,
  func: number,
): void {
  const type = functions[func] as number;
  const params = types[type]?.params.length ?? 0;
  for (let i = 0; i < params; i++) {
    out.byte(OP.localGet);
    out.u32(i);
  }
  out.byte(OP.i32Const);
  out.s32(func);
  out.byte(OP.returnCallIndirect);
  out.u32(type);
  out.u32(table);
}
