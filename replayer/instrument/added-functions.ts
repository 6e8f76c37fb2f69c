/**
 * Functions that are added to a module, for code that would stand behind each store or at each loop otherwise.
 * V8 compiles what it calls little faster than what it never does, and a function of 150 KB with a branch and an
 * indirect call behind each store in 3.5 s where it had taken 0.2: with these, in 0.5.
 */
import type { Additions } from './additions.ts';
import { TYPE } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import { type InstrumentPlan, WIDTHS, type Width } from './plan.ts';
import { WasmOutput } from './wasm-output.ts';

/** Hooks that are told of accesses, and those that are hardly ever called where they stand. */
export type AccessHook = 'wrote' | 'read';
export type RareHook = 'ticked' | 'stop';

/**
 * `tell:ticked` (pc, depth) calls the hook. `tell:wrote:4` (address, pc) does so for an access of 4 bytes,
 * `check:wrote:4` (address, pc) if they touch the watched range.
 */
export type FunctionName =
  | `tell:${RareHook}`
  | `tell:${AccessHook}:${Width}`
  | `check:${AccessHook}:${Width}`;

export interface AddedFunction {
  readonly name: FunctionName;
  /** Index of its type. */
  readonly type: number;
  /** Locals and code. */
  readonly body: Uint8Array;
}

type Given = Pick<Additions, 'global' | 'hookType' | 'typeOf'>;

/** @param wide the watched memory has 64-bit addresses */
export function addedFunctions(plan: InstrumentPlan, wide: boolean, given: Given): AddedFunction[] {
  const functions: AddedFunction[] = [];
  const rare: RareHook[] = [];
  if (plan.tick) rare.push('ticked');
  if (plan.breaks || plan.steps) rare.push('stop');
  for (const hook of rare) {
    const out = begun();
    out.put([OP.localGet, 0, OP.localGet, 1]);
    callHook(out, hook, given);
    functions.push({
      name: `tell:${hook}`,
      type: given.typeOf([TYPE.i32, TYPE.i32], []),
      body: ended(out),
    });
  }
  const accesses: AccessHook[] = [];
  if (plan.watch) accesses.push('wrote');
  if (plan.reads) accesses.push('read');
  for (const hook of accesses) {
    for (const width of WIDTHS) {
      const type = given.typeOf([wide ? TYPE.i64 : TYPE.i32, TYPE.i32], []);
      const tell = begun();
      tellAccess(tell, { hook, width, wide }, given);
      functions.push({ name: `tell:${hook}:${width}`, type, body: ended(tell) });
      const check = begun();
      check.put([OP.localGet, 0]);
      touches(check, width, wide, given);
      check.put([OP.if, 0x40]);
      tellAccess(check, { hook, width, wide }, given);
      check.byte(OP.end);
      functions.push({ name: `check:${hook}:${width}`, type, body: ended(check) });
    }
  }
  return functions;
}

/**
 * From an address on the stack to whether an access of this width touches the watched range: if it begins in it, or less
 * than its width before it. For each width there is a range that says so.
 */
export function touches(
  out: WasmOutput,
  width: Width,
  wide: boolean,
  { global }: Pick<Given, 'global'>,
): void {
  out.byte(OP.globalGet);
  out.u32(global(`watchFrom${width}`));
  out.byte(wide ? OP.i64Sub : OP.i32Sub);
  out.byte(OP.globalGet);
  out.u32(global(`watchLength${width}`));
  out.byte(wide ? OP.i64LtU : OP.i32LtU);
}

/** The parameters are an address and a pc. */
function tellAccess(
  out: WasmOutput,
  {
    hook,
    width,
    wide,
  }: { readonly hook: AccessHook; readonly width: Width; readonly wide: boolean },
  given: Given,
): void {
  out.put([OP.localGet, 1, OP.localGet, 0]);
  out.byte(wide ? OP.f64ConvertI64U : OP.f64ConvertI32U);
  out.put([OP.i32Const, width, OP.f64ConvertI32U]);
  callHook(out, hook, given);
}

/** The hook takes the place of this function: who looks at the stack sees the guest's. */
function callHook(out: WasmOutput, hook: AccessHook | RareHook, given: Given): void {
  out.byte(OP.globalGet);
  out.u32(given.global(hook));
  out.byte(OP.returnCallRef);
  out.u32(given.hookType(hook));
}

function begun(): WasmOutput {
  const out = new WasmOutput(64);
  out.byte(0);
  return out;
}

function ended(out: WasmOutput): Uint8Array {
  out.byte(OP.end);
  return out.written();
}
