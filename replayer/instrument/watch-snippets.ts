/**
 * The code behind an instruction that has accessed the watched memory and not trapped: tells a hook of it, if it touches the
 * range that is watched. Since the bytes lie inside the memory then, address arithmetic does not overflow.
 */

import type { Additions } from './additions.ts';
import { addressPlus } from './address-code.ts';
import { OP } from './opcode-numbers.ts';
import { type InstrumentPlan, WIDTHS } from './plan.ts';
import type { WasmOutput } from './wasm-output.ts';

export type AccessHook = 'wrote' | 'read';

export class WatchSnippets {
  private readonly wide: boolean;
  /** By width: indices of the globals. */
  private readonly froms = new Uint32Array(17);
  private readonly lengths = new Uint32Array(17);
  /** Indices of the hooks' globals, and of their type. */
  private readonly hooks = { wrote: 0, read: 0 };
  private readonly hookType: number = 0;

  /** @param wide the watched memory has 64-bit addresses */
  constructor(added: Additions, { watch, reads }: InstrumentPlan, wide: boolean) {
    this.wide = wide;
    if (!watch && !reads) return;
    for (const width of WIDTHS) {
      this.froms[width] = added.global(`watchFrom${width}`);
      this.lengths[width] = added.global(`watchLength${width}`);
    }
    if (watch) this.hooks.wrote = added.global('wrote');
    if (reads) this.hooks.read = added.global('read');
    this.hookType = added.hookType(watch ? 'wrote' : 'read');
  }

  /**
   * `width` bytes at `address + offset`. They touch the range if they begin in it, or less than their width before it:
   * for each width there is a range that says so.
   * @param address a local; @param and makes one more i32, which must not be 0 either
   */
  access(
    out: WasmOutput,
    hook: AccessHook,
    at: { readonly address: number; readonly offset: number; readonly width: number },
    pc: number,
    and?: () => void,
  ): void {
    const { wide } = this;
    const { address, offset, width } = at;
    addressPlus(out, this.wide, address, offset);
    global(out, this.froms[width] as number);
    out.byte(wide ? OP.i64Sub : OP.i32Sub);
    global(out, this.lengths[width] as number);
    out.byte(wide ? OP.i64LtU : OP.i32LtU);
    if (and) {
      and();
      out.byte(OP.i32And);
    }
    out.coldIf();
    out.byte(OP.i32Const);
    out.s32(pc);
    addressPlus(out, this.wide, address, offset);
    out.byte(wide ? OP.f64ConvertI64U : OP.f64ConvertI32U);
    out.put([OP.i32Const, width, OP.f64ConvertI32U]);
    this.call(out, hook);
    out.byte(OP.end);
  }

  /** @param address a local; @param count makes how many bytes, as wide as an address */
  range(out: WasmOutput, hook: AccessHook, address: number, count: () => void, pc: number): void {
    const { wide } = this;
    const sub = wide ? OP.i64Sub : OP.i32Sub;
    const less = wide ? OP.i64LtU : OP.i32LtU;
    // the first watched byte is among them, or the first one of them is watched
    global(out, this.froms[1] as number);
    local(out, address);
    out.byte(sub);
    count();
    out.byte(less);
    local(out, address);
    global(out, this.froms[1] as number);
    out.byte(sub);
    global(out, this.lengths[1] as number);
    out.put([less, OP.i32Or]);
    out.coldIf();
    out.byte(OP.i32Const);
    out.s32(pc);
    const convert = wide ? OP.f64ConvertI64U : OP.f64ConvertI32U;
    local(out, address);
    out.byte(convert);
    count();
    out.byte(convert);
    this.call(out, hook);
    out.byte(OP.end);
  }

  private call(out: WasmOutput, hook: AccessHook): void {
    global(out, this.hooks[hook]);
    out.byte(OP.callRef);
    out.u32(this.hookType);
  }
}

function local(out: WasmOutput, index: number): void {
  out.byte(OP.localGet);
  out.u32(index);
}

function global(out: WasmOutput, index: number): void {
  out.byte(OP.globalGet);
  out.u32(index);
}
