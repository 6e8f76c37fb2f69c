/**
 * The code behind an instruction that has accessed memory 0 and not trapped: tells a hook of it, if it touches the
 * range that is watched. Since the bytes lie inside the memory then, address arithmetic does not overflow.
 */
import type { Additions } from './additions.ts';
import { OP } from './opcode-numbers.ts';
import type { WasmOutput } from './wasm-output.ts';

export type AccessHook = 'wrote' | 'read';

export class WatchSnippets {
  private readonly added: Additions;
  private readonly wide: boolean;

  /** @param wide memory 0 has 64-bit addresses */
  constructor(added: Additions, wide: boolean) {
    this.added = added;
    this.wide = wide;
  }

  /**
   * `width` bytes at `address + offset`. [a, a + w) and [from, from + n) share a byte if a + w - 1 - from is below
   * n + w - 1, without signs.
   * @param address a local; @param and makes one more i32, which must not be 0 either
   */
  access(
    out: WasmOutput,
    hook: AccessHook,
    at: { readonly address: number; readonly offset: number; readonly width: number },
    pc: number,
    and?: () => void,
  ): void {
    const { added, wide } = this;
    const { address, offset, width } = at;
    this.addressPlus(out, address, offset + width - 1);
    global(out, added.global('watchFrom'));
    out.byte(wide ? OP.i64Sub : OP.i32Sub);
    global(out, added.global('watchLength'));
    if (width > 1) {
      this.constant(out, width - 1);
      out.byte(wide ? OP.i64Add : OP.i32Add);
    }
    out.byte(wide ? OP.i64LtU : OP.i32LtU);
    if (and) {
      and();
      out.byte(OP.i32And);
    }
    out.put([OP.if, 0x40, OP.i32Const]);
    out.s32(pc);
    this.addressPlus(out, address, offset);
    out.byte(wide ? OP.f64ConvertI64U : OP.f64ConvertI32U);
    out.put([OP.i32Const, width, OP.f64ConvertI32U]);
    this.call(out, hook);
    out.byte(OP.end);
  }

  /** @param address a local; @param count makes how many bytes, as wide as an address */
  range(out: WasmOutput, hook: AccessHook, address: number, count: () => void, pc: number): void {
    const { added, wide } = this;
    const sub = wide ? OP.i64Sub : OP.i32Sub;
    const less = wide ? OP.i64LtU : OP.i32LtU;
    // the first watched byte is among them, or the first one of them is watched
    global(out, added.global('watchFrom'));
    local(out, address);
    out.byte(sub);
    count();
    out.byte(less);
    local(out, address);
    global(out, added.global('watchFrom'));
    out.byte(sub);
    global(out, added.global('watchLength'));
    out.put([less, OP.i32Or, OP.if, 0x40, OP.i32Const]);
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
    global(out, this.added.global(hook));
    out.byte(OP.callRef);
    out.u32(this.added.hookType(hook));
  }

  private addressPlus(out: WasmOutput, address: number, offset: number): void {
    local(out, address);
    if (offset === 0) return;
    this.constant(out, offset);
    out.byte(this.wide ? OP.i64Add : OP.i32Add);
  }

  private constant(out: WasmOutput, value: number): void {
    out.byte(this.wide ? OP.i64Const : OP.i32Const);
    if (this.wide) out.s64(BigInt(value));
    else out.s32(value);
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
