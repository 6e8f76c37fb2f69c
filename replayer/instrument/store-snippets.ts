/**
 * The code around an instruction that writes to a memory, or reads from it: keeps its operands, and behind it, when
 * it has not trapped, tells of what it did. Since the bytes lie inside the memory then, address arithmetic does
 * not overflow.
 */

import { type Additions, dirtyMap } from './additions.ts';
import { addressPlus, constant } from './address-code.ts';
import type { LoadKind } from './loads.ts';
import { type ModuleLayout, TYPE } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import type { InstrumentPlan } from './plan.ts';
import { BULK_WRITE, type StoreKind } from './stores.ts';
import type { WasmOutput } from './wasm-output.ts';
import { WatchSnippets } from './watch-snippets.ts';

/** One byte of the dirty map stands for 4 KiB. */
const DIRTY_SHIFT = 12;

/** What a local that is added is for. */
const USE = { address: 0, value: 1, expected: 2, loaded: 3, source: 4, count: 5 } as const;
const USES = 6;
/** Number types, from i32 down to v128. */
const TYPES = 5;

/** A bulk instruction: its code, and the memories that it writes to and (memory.copy) reads from. */
export interface BulkKind {
  readonly code: number;
  readonly to: number;
  readonly from: number;
}

export class StoreSnippets {
  private readonly layout: ModuleLayout;
  private readonly plan: InstrumentPlan;
  private readonly makeTemporary: (type: number) => number;
  private readonly watch: WatchSnippets;
  /** Index of the memory that is watched. */
  private readonly watched: number;
  /** The maps of dirty pages, one a memory, begin at this index. */
  private readonly firstMap: number;
  /** The memory that the instruction at hand accesses, of two the one that it writes to. */
  private target = 0;
  /** Locals of the function at hand, by what they are for and type; -1 for none. */
  private readonly temporaries = new Int32Array(USES * TYPES).fill(-1);
  /** Locals of the bulk instruction at hand: destination, source and count, and the type of the last. */
  private bulk = { to: 0, from: 0, count: 0, countType: TYPE.i32 as number };

  constructor(
    layout: ModuleLayout,
    added: Additions,
    plan: InstrumentPlan,
    makeTemporary: (type: number) => number,
  ) {
    this.layout = layout;
    this.plan = plan;
    this.makeTemporary = makeTemporary;
    this.watched = plan.memory ?? 0;
    this.watch = new WatchSnippets(added, plan, this.isWide(this.watched));
    this.firstMap = plan.dirty ? added.memory(dirtyMap(0)) : -1;
  }

  /** Begins a function. @param size bytes of its code */
  begin(size: number): void {
    this.watch.begin(size);
    this.temporaries.fill(-1);
  }

  /** Whether anything is to be told of an access. One memory is watched. @param from read; -1: none */
  covers(to: number, from: number): boolean {
    const { dirty, watch, reads } = this.plan;
    return (
      dirty === true ||
      (watch === true && to === this.watched) ||
      (reads === true && from === this.watched)
    );
  }

  /** Its operands are on the stack, and stay there. */
  before(out: WasmOutput, store: StoreKind, memory: number): void {
    this.target = memory;
    const value = this.temporary(USE.value, store.value);
    local(out, OP.localSet, value);
    if (store.values === 2) local(out, OP.localSet, this.temporary(USE.expected, store.value));
    local(out, OP.localTee, this.address);
    if (store.values === 2) local(out, OP.localGet, this.temporary(USE.expected, store.value));
    local(out, OP.localGet, value);
  }

  /** @param offset of its memarg */
  after(out: WasmOutput, store: StoreKind, offset: number, pc: number): void {
    const { width } = store;
    // beyond what is exact there is no memory: it has trapped
    if (!Number.isSafeInteger(offset + width)) return;
    const at = { address: this.address, offset, width };
    if (this.plan.watch && this.target === this.watched) {
      const exchange = store.values === 2;
      const loaded = exchange ? this.temporary(USE.loaded, store.value) : 0;
      if (exchange) local(out, OP.localTee, loaded);
      const wrote = exchange ? () => this.exchanged(out, store, loaded) : undefined;
      this.watch.access(out, 'wrote', at, pc, wrote);
    }
    if (this.plan.reads && store.reads && this.target === this.watched) {
      this.watch.access(out, 'read', at, pc);
    }
    if (!this.plan.dirty) return;
    this.markDirty(out, offset);
  }

  /** As {@link before}. */
  beforeLoad(out: WasmOutput, { lane }: LoadKind): void {
    this.target = this.watched;
    if (!lane) {
      local(out, OP.localTee, this.address);
      return;
    }
    const vector = this.temporary(USE.value, TYPE.v128);
    local(out, OP.localSet, vector);
    local(out, OP.localTee, this.address);
    local(out, OP.localGet, vector);
  }

  /** @param offset of its memarg */
  afterLoad(out: WasmOutput, { width }: LoadKind, offset: number, pc: number): void {
    if (!Number.isSafeInteger(offset + width)) return;
    this.watch.access(out, 'read', { address: this.address, offset, width }, pc);
  }

  /** `[destination, x, count]` are on the stack, and stay there. */
  beforeBulk(out: WasmOutput, { code, to, from }: BulkKind): void {
    this.target = to;
    const copies = code === BULK_WRITE.copy;
    const target = this.addressType(to);
    const source = copies ? this.addressType(from) : TYPE.i32;
    // the count of a copy has the smaller of both address types
    let countType: number = TYPE.i32;
    if (code === BULK_WRITE.fill || (copies && source === TYPE.i64)) countType = target;
    this.bulk = {
      to: this.temporary(USE.address, target),
      from: this.temporary(USE.source, source),
      count: this.temporary(USE.count, countType),
      countType,
    };
    local(out, OP.localSet, this.bulk.count);
    local(out, OP.localSet, this.bulk.from);
    local(out, OP.localTee, this.bulk.to);
    local(out, OP.localGet, this.bulk.from);
    local(out, OP.localGet, this.bulk.count);
  }

  afterBulk(out: WasmOutput, { code, to, from }: BulkKind, pc: number): void {
    const { plan, bulk, watched } = this;
    const count = () => this.getCount(out, this.isWide(watched));
    if (plan.watch && to === watched) this.watch.range(out, 'wrote', bulk.to, count, pc);
    if (plan.reads && code === BULK_WRITE.copy && from === watched) {
      this.watch.range(out, 'read', bulk.from, count, pc);
    }
    if (plan.dirty) this.markDirtyRange(out);
  }

  private addressType(memory: number): number {
    return this.isWide(memory) ? TYPE.i64 : TYPE.i32;
  }

  private isWide(memory: number): boolean {
    return this.layout.memories[memory]?.address64 ?? false;
  }

  private get wide(): boolean {
    return this.isWide(this.target);
  }

  private get address(): number {
    return this.temporary(USE.address, this.addressType(this.target));
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

  private markDirty(out: WasmOutput, offset: number): void {
    addressPlus(out, this.wide, this.address, offset);
    this.page(out);
    out.put([OP.i32Const, 1, OP.i32Store8, 0x40]);
    out.u32(this.firstMap + this.target);
    out.byte(0);
  }

  private markDirtyRange(out: WasmOutput): void {
    const { wide } = this;
    this.getCount(out, wide);
    if (wide) out.put([OP.i64Eqz, OP.i32Eqz]);
    out.put([OP.if, 0x40]);
    local(out, OP.localGet, this.address);
    this.page(out);
    out.put([OP.i32Const, 1]);
    local(out, OP.localGet, this.address);
    this.getCount(out, wide);
    out.byte(wide ? OP.i64Add : OP.i32Add);
    constant(out, this.wide, 1);
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
    constant(out, this.wide, DIRTY_SHIFT);
    if (this.wide) out.put([OP.i64ShrU, OP.i32WrapI64]);
    else out.byte(OP.i32ShrU);
  }

  /** The count, as wide as an address. */
  private getCount(out: WasmOutput, wide: boolean): void {
    const { count, countType } = this.bulk;
    local(out, OP.localGet, count);
    if (wide && countType === TYPE.i32) out.byte(OP.i64ExtendI32U);
  }
}

function local(out: WasmOutput, opcode: number, index: number): void {
  out.byte(opcode);
  out.u32(index);
}
