/** The code by which a function gives way to the one that took its place (patching.ts). */
import type { PatchingLayout } from './additions.ts';
import type { ModuleLayout } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import type { WasmOutput } from './wasm-output.ts';

/** Where the table has a function of the module, and the one of a patch that may take its place. */
export function placeOf(func: number): number {
  return func;
}

export function placeOfPatched(func: number, { functions }: ModuleLayout): number {
  return functions.length + func;
}

/**
 * Before anything else of a function is done: where the function is switched on, the module's gives way to the
 * patch's, which is what `back` says the other way round.
 */
export function divert(
  out: WasmOutput,
  layout: ModuleLayout,
  patching: PatchingLayout,
  { func, back }: { readonly func: number; readonly back: boolean },
): void {
  out.put([OP.i32Const, 0, OP.i32Load8U, 0x40]);
  out.u32(patching.memory);
  out.u32(func);
  if (back) out.byte(OP.i32Eqz);
  out.coldIf();
  goTo(out, layout, patching, { func, place: back ? placeOf(func) : placeOfPatched(func, layout) });
  out.byte(OP.end);
}

/** Leaves a function for one with the same parameters, which is at a place of the table. */
export function goTo(
  out: WasmOutput,
  { types, functions }: ModuleLayout,
  { table }: PatchingLayout,
  { func, place }: { readonly func: number; readonly place: number },
): void {
  const type = functions[func] as number;
  const params = types[type]?.params.length ?? 0;
  for (let i = 0; i < params; i++) {
    out.byte(OP.localGet);
    out.u32(i);
  }
  out.byte(OP.i32Const);
  out.s32(place);
  out.byte(OP.returnCallIndirect);
  out.u32(type);
  out.u32(table);
}
