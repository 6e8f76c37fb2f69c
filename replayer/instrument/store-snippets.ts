/**
 * The code around an instruction that writes to a memory: keeps its operands, and behind it, when it has
 * not trapped, tells of what it wrote. Since the bytes lie inside the memory then, address arithmetic
 * does not overflow.
 */
import { type Additions, dirtyMap } from './additions.ts';
import { type ModuleLayout, TYPE } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import type { InstrumentPlan } from './plan.ts';
import { BULK_WRITE, type StoreKind } from './stores.ts';
import type { WasmOutput } from './wasm-output.ts';

/** One byte of the dirty map stands for 4 KiB. */
const DIRTY_SHIFT = 12;

/** What a local that is added is for. */
const USE = { address: 0, value: 1, expected: 2, loaded: 3, source: 4, count: 5 } as const;
const USES = 6;
/** Number types, from i32 down to v128. */
const TYPES = 5;

export class StoreSnippets {
  private readonly layout: ModuleLayout;
  private readonly added: Additions;
  private readonly plan: InstrumentPlan;
  private readonly makeTemporary: (type: number) => number;
  /** The maps of dirty pages, one a memory, begin at this index. */
  private readonly firstMap: number;
  /** The memory that the instruction at hand writes to. */
  private target = 0;
  private wide = false;
  /** Locals of the function at hand, by what they are for and type; -1 for none. */
  private readonly temporaries = new Int32Array(USES * TYPES).fill(-1);
  /** Type of the count of the bulk instruction at hand. */
  private countType: number = TYPE.i32;

  constructor(
    layout: ModuleLayout,
    added: Additions,
    plan: InstrumentPlan,
    makeTemporary: (type: number) => number,
  ) {
    this.layout = layout;
    this.added = added;
    this.plan = plan;
    this.makeTemporary = makeTemporary;
    this.firstMap = plan.dirty ? added.memory(dirtyMap(0)) : -1;
  }

  /** Begins a function. */
  begin(): void {
    this.temporaries.fill(-1);
  }

  /** Whether anything is to be told of what is written to a memory. Memory 0 alone is watched. */
  covers(memory: number): boolean {
    return memory === 0 || this.plan.dirty === true;
  }

  /** Its operands are on the stack, and stay there. */
  before(out: WasmOutput, store: StoreKind, memory: number): void {
    this.turnTo(memory);
    const value = this.temporary(USE.value, store.value);
    local(out, OP.localSet, value);
    if (store.values === 2) local(out, OP.localSet, this.temporary(USE.expected, store.value));
    local(out, OP.localTee, this.address);
    if (store.values === 2) local(out, OP.localGet, this.temporary(USE.expected, store.value));
    local(out, OP.localGet, value);
  }

  /** @param offset of its memarg */
  after(out: WasmOutput, store: StoreKind, offset: number, pc: number): void {
    // beyond what is exact there is no memory: it has trapped
    if (!Number.isSafeInteger(offset + store.width)) return;
    if (this.plan.watch && this.target === 0) this.watch(out, store, offset, pc);
    if (!this.plan.dirty) return;
    this.markDirty(out, offset);
    if (store.width > 1) this.markDirty(out, offset + store.width - 1);
  }

  /**
   * `[destination, x, count]` are on the stack, and stay there.
   * @param memory that is written to; @param from the one that memory.copy reads
   */
  beforeBulk(out: WasmOutput, code: number, memory: number, from: number): void {
    this.turnTo(memory);
    const { wide, addressType } = this;
    const fromWide = this.layout.memories[from]?.address64 ?? false;
    const source = code === BULK_WRITE.copy && fromWide ? TYPE.i64 : TYPE.i32;
    // the count of a copy has the smaller of both address types
    if (code === BULK_WRITE.init) this.countType = TYPE.i32;
    else if (code === BULK_WRITE.copy) this.countType = wide && fromWide ? TYPE.i64 : TYPE.i32;
    else this.countType = addressType;
    const count = this.temporary(USE.count, this.countType);
    const other = this.temporary(USE.source, source);
    local(out, OP.localSet, count);
    local(out, OP.localSet, other);
    local(out, OP.localTee, this.address);
    local(out, OP.localGet, other);
    local(out, OP.localGet, count);
  }

  afterBulk(out: WasmOutput, pc: number): void {
    if (this.plan.watch && this.target === 0) this.watchBulk(out, pc);
    if (this.plan.dirty) this.markDirtyRange(out);
  }

  private turnTo(memory: number): void {
    this.target = memory;
    this.wide = this.layout.memories[memory]?.address64 ?? false;
  }

  private get addressType(): number {
    return this.wide ? TYPE.i64 : TYPE.i32;
  }

  private get address(): number {
    return this.temporary(USE.address, this.addressType);
  }

  private temporary(use: number, type: number): number {
    const slot = use * TYPES + (TYPE.i32 - type);
    let index = this.temporaries[slot] as number;
    if (index < 0) {
      index = this.makeTemporary(type);
      this.temporaries[slot] = index;
    }
    return index;
  }

  // [a, a + w) and [from, from + n) share a byte if a + w - 1 - from is below n + w - 1, without signs
  private watch(out: WasmOutput, store: StoreKind, offset: number, pc: number): void {
    const { added, wide } = this;
    const { width } = store;
    const exchange = store.values === 2;
    const loaded = exchange ? this.temporary(USE.loaded, store.value) : 0;
    if (exchange) local(out, OP.localTee, loaded);
    this.addressPlus(out, offset + width - 1);
    global(out, added.global('watchFrom'));
    out.byte(wide ? OP.i64Sub : OP.i32Sub);
    global(out, added.global('watchLength'));
    if (width > 1) {
      this.constant(out, width - 1);
      out.byte(wide ? OP.i64Add : OP.i32Add);
    }
    out.byte(wide ? OP.i64LtU : OP.i32LtU);
    if (exchange) {
      this.exchanged(out, store, loaded);
      out.byte(OP.i32And);
    }
    out.put([OP.if, 0x40, OP.i32Const]);
    out.s32(pc);
    this.addressPlus(out, offset);
    out.byte(wide ? OP.f64ConvertI64U : OP.f64ConvertI32U);
    out.put([OP.i32Const, width, OP.f64ConvertI32U]);
    this.callWrote(out);
    out.byte(OP.end);
  }

  /** Whether a cmpxchg found what it expected, in the bits that it compares. */
  private exchanged(out: WasmOutput, store: StoreKind, loaded: number): void {
    const long = store.value === TYPE.i64;
    local(out, OP.localGet, loaded);
    local(out, OP.localGet, this.temporary(USE.expected, store.value));
    out.byte(long ? OP.i64Xor : OP.i32Xor);
    const bits = store.width * 8;
    if (long) {
      if (bits < 64) {
        out.byte(OP.i64Const);
        out.s64((1n << BigInt(bits)) - 1n);
        out.byte(OP.i64And);
      }
      out.byte(OP.i64Eqz);
    } else {
      if (bits < 32) {
        out.byte(OP.i32Const);
        out.s32(2 ** bits - 1);
        out.byte(OP.i32And);
      }
      out.byte(OP.i32Eqz);
    }
  }

  private watchBulk(out: WasmOutput, pc: number): void {
    const { added, wide } = this;
    const sub = wide ? OP.i64Sub : OP.i32Sub;
    const less = wide ? OP.i64LtU : OP.i32LtU;
    // the first watched byte is written to, or the first one written to is watched
    global(out, added.global('watchFrom'));
    local(out, OP.localGet, this.address);
    out.byte(sub);
    this.getCount(out);
    out.byte(less);
    local(out, OP.localGet, this.address);
    global(out, added.global('watchFrom'));
    out.byte(sub);
    global(out, added.global('watchLength'));
    out.put([less, OP.i32Or, OP.if, 0x40, OP.i32Const]);
    out.s32(pc);
    const convert = wide ? OP.f64ConvertI64U : OP.f64ConvertI32U;
    local(out, OP.localGet, this.address);
    out.byte(convert);
    this.getCount(out);
    out.byte(convert);
    this.callWrote(out);
    out.byte(OP.end);
  }

  private callWrote(out: WasmOutput): void {
    global(out, this.added.global('wrote'));
    out.byte(OP.callRef);
    out.u32(this.added.hookType('wrote'));
  }

  private markDirty(out: WasmOutput, offset: number): void {
    this.addressPlus(out, offset);
    this.page(out);
    out.put([OP.i32Const, 1, OP.i32Store8, 0x40]);
    out.u32(this.firstMap + this.target);
    out.byte(0);
  }

  private markDirtyRange(out: WasmOutput): void {
    const { wide } = this;
    this.getCount(out);
    if (wide) out.put([OP.i64Eqz, OP.i32Eqz]);
    out.put([OP.if, 0x40]);
    local(out, OP.localGet, this.address);
    this.page(out);
    out.put([OP.i32Const, 1]);
    local(out, OP.localGet, this.address);
    this.getCount(out);
    out.byte(wide ? OP.i64Add : OP.i32Add);
    this.constant(out, 1);
    out.byte(wide ? OP.i64Sub : OP.i32Sub);
    this.page(out);
    local(out, OP.localGet, this.address);
    this.page(out);
    out.put([OP.i32Sub, OP.i32Const, 1, OP.i32Add, 0xfc, 0x0b]);
    out.u32(this.firstMap + this.target);
    out.byte(OP.end);
  }

  /** From an address on the stack to its place in the dirty map. */
  private page(out: WasmOutput): void {
    this.constant(out, DIRTY_SHIFT);
    if (this.wide) out.put([OP.i64ShrU, OP.i32WrapI64]);
    else out.byte(OP.i32ShrU);
  }

  /** The count, as wide as an address. */
  private getCount(out: WasmOutput): void {
    local(out, OP.localGet, this.temporary(USE.count, this.countType));
    if (this.wide && this.countType === TYPE.i32) out.byte(OP.i64ExtendI32U);
  }

  private addressPlus(out: WasmOutput, offset: number): void {
    local(out, OP.localGet, this.address);
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

function local(out: WasmOutput, opcode: number, index: number): void {
  out.byte(opcode);
  out.u32(index);
}

function global(out: WasmOutput, index: number): void {
  out.byte(OP.globalGet);
  out.u32(index);
}
