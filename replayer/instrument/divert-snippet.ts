/**
 * The code by which a function gives way to the one that took its place (patching.ts): when it is called, and at its
 * ticks, where the other one goes on in the same frame.
 */
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
  loadMark(out, patching.memory, func);
  if (back) out.byte(OP.i32Eqz);
  out.coldIf();
  goTo(out, layout, patching, { func, place: back ? placeOf(func) : placeOfPatched(func, layout) });
  out.byte(OP.end);
}

/**
 * Marks in the memory of functions that are switched on: the frame that runs goes on in the patch's, which then is on or
 * off for other calls.
 */
export const GO_ON = { thenOff: 2, thenOn: 3 } as const;

/** Whether that is so for a function, onto the stack. */
export function goesOn(out: WasmOutput, { memory }: PatchingLayout, func: number): void {
  loadMark(out, memory, func);
  out.put([OP.i32Const, GO_ON.thenOff, OP.i32GeU]);
}

/** It has gone on. */
export function wentOn(out: WasmOutput, { memory }: PatchingLayout, func: number): void {
  out.put([OP.i32Const, 0]);
  loadMark(out, memory, func);
  out.put([OP.i32Const, GO_ON.thenOff, OP.i32Sub, OP.i32Store8, 0x40]);
  out.u32(memory);
  out.u32(func);
}

function loadMark(out: WasmOutput, memory: number, func: number): void {
  out.put([OP.i32Const, 0, OP.i32Load8U, 0x40]);
  out.u32(memory);
  out.u32(func);
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
