/**
 * The code behind an instruction that has accessed the watched memory and not trapped: tells a hook of it, if it touches the
 * range that is watched. Since the bytes lie inside the memory then, address arithmetic does not overflow.
 */

import { type AccessHook, touches } from './added-functions.ts';
import type { Additions } from './additions.ts';
import { addressPlus } from './address-code.ts';
import { OP } from './opcode-numbers.ts';
import { type InstrumentPlan, WIDTHS } from './plan.ts';
import { WasmOutput } from './wasm-output.ts';

/**
 * Bytes of code from which on a function calls a check instead of making it: the time that V8 takes to compile
 * branches grows faster than their number. All that esbuild runs, 7.2 s as it is, takes 12.2 s so; 13.6 with 16,384;
 * with all checks called 10.3, but what stores much then takes 1.3 times as long.
 */
const LARGE_FUNCTION = 4096;

type Accesses<Value> = Record<AccessHook, Value>;

export class WatchSnippets {
  private readonly wide: boolean;
  /** By width: from an address to whether it is watched; and indices of the functions. */
  private readonly touches: readonly Uint8Array[] = [];
  private readonly tell: Accesses<Uint32Array> = functionsByWidth();
  private readonly check: Accesses<Uint32Array> = functionsByWidth();
  /** Indices of the hooks' globals, and of their type. */
  private readonly hooks = { wrote: 0, read: 0 };
  private readonly hookType: number = 0;
  /** Indices of the globals that say which single bytes are watched. */
  private readonly from: number = 0;
  private readonly length: number = 0;
  private isLarge = false;

  /** @param wide the watched memory has 64-bit addresses */
  constructor(added: Additions, { watch, reads }: InstrumentPlan, wide: boolean) {
    this.wide = wide;
    if (!watch && !reads) return;
    const tests: Uint8Array[] = [];
    for (const width of WIDTHS) {
      const out = new WasmOutput(16);
      touches(out, width, wide, { global: (name) => added.global(name) });
      tests[width] = out.written();
    }
    this.touches = tests;
    this.from = added.global('watchFrom1');
    this.length = added.global('watchLength1');
    const wanted: AccessHook[] = [];
    if (watch) wanted.push('wrote');
    if (reads) wanted.push('read');
    for (const hook of wanted) {
      this.hooks[hook] = added.global(hook);
      for (const width of WIDTHS) {
        this.tell[hook][width] = added.func(`tell:${hook}:${width}`);
        this.check[hook][width] = added.func(`check:${hook}:${width}`);
      }
    }
    this.hookType = added.hookType(watch ? 'wrote' : 'read');
  }

  /** Begins a function. @param size bytes of its code */
  begin(size: number): void {
    this.isLarge = size >= LARGE_FUNCTION;
  }

  /**
   * `width` bytes at `address + offset`.
   * @param address a local; @param and makes one more i32, which must not be 0 either
   */
  access(
    out: WasmOutput,
    hook: AccessHook,
    at: { readonly address: number; readonly offset: number; readonly width: number },
    pc: number,
    and?: () => void,
  ): void {
    const { address, offset, width } = at;
    addressPlus(out, this.wide, address, offset);
    if (this.isLarge && !and) {
      this.call(out, this.check[hook][width] as number, pc);
      return;
    }
    out.put(this.touches[width] as Uint8Array);
    if (and) {
      and();
      out.byte(OP.i32And);
    }
    out.coldIf();
    addressPlus(out, this.wide, address, offset);
    this.call(out, this.tell[hook][width] as number, pc);
    out.byte(OP.end);
  }

  /** @param address a local; @param count makes how many bytes, as wide as an address */
  range(out: WasmOutput, hook: AccessHook, address: number, count: () => void, pc: number): void {
    const { wide } = this;
    const sub = wide ? OP.i64Sub : OP.i32Sub;
    const less = wide ? OP.i64LtU : OP.i32LtU;
    // the first watched byte is among them, or the first one of them is watched
    global(out, this.from);
    local(out, address);
    out.byte(sub);
    count();
    out.byte(less);
    local(out, address);
    global(out, this.from);
    out.byte(sub);
    global(out, this.length);
    out.put([less, OP.i32Or]);
    out.coldIf();
    out.byte(OP.i32Const);
    out.s32(pc);
    const convert = wide ? OP.f64ConvertI64U : OP.f64ConvertI32U;
    local(out, address);
    out.byte(convert);
    count();
    out.byte(convert);
    global(out, this.hooks[hook]);
    out.byte(OP.callRef);
    out.u32(this.hookType);
    out.byte(OP.end);
  }

  /** A function that takes an address, which is on the stack, and a pc. */
  private call(out: WasmOutput, func: number, pc: number): void {
    out.byte(OP.i32Const);
    out.s32(pc);
    out.byte(OP.call);
    out.u32(func);
  }
}

function functionsByWidth(): Accesses<Uint32Array> {
  return { wrote: new Uint32Array(17), read: new Uint32Array(17) };
}

function local(out: WasmOutput, index: number): void {
  out.byte(OP.localGet);
  out.u32(index);
}

function global(out: WasmOutput, index: number): void {
  out.byte(OP.globalGet);
  out.u32(index);
}
