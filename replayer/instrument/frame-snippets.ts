/** The code that keeps count of frames, stores locals, and calls the hooks. */
import type { Additions } from './additions.ts';
import {
  FRAME_HEADER,
  FRAME_PC,
  FRAME_TICK,
  type FrameLayout,
  LEFT,
  RETURNED,
} from './frame-layout.ts';
import { TYPE } from './module-layout.ts';
import { OP } from './opcode-numbers.ts';
import type { HookName } from './plan.ts';
import { putU32, type WasmOutput } from './wasm-output.ts';

/** How a value is stored, and loaded, by how far its type is below i32; of a v128, behind its prefix. */
const STORE_OF = [OP.i32Store, OP.i64Store, OP.f32Store, OP.f64Store, 0x0b] as const;
const LOAD_OF = [OP.i32Load, OP.i64Load, OP.f32Load, OP.f64Load, 0] as const;

interface FunctionShape {
  readonly func: number;
  readonly depth: boolean;
  /** It tells when it has returned, and what. */
  readonly steps: boolean;
  /** The frame is stored whole when it is made. */
  readonly whole: boolean;
}

export class FrameSnippets {
  private readonly added: Additions;
  private shape: FunctionShape = { func: 0, depth: false, steps: false, whole: false };
  private spilled: FrameLayout | undefined;
  private params: ArrayLike<number> = [];
  /** Locals that hold the frame's own depth, and its address in the memory for frames. */
  private mine = 0;
  private base = 0;
  /** Index of the memory for frames. */
  private memory = 0;

  constructor(added: Additions) {
    this.added = added;
  }

  /** Begins a function. @param temporary makes a local of a type; @param params types */
  begin(
    shape: FunctionShape,
    temporary: (type: number) => number,
    spilled: FrameLayout | undefined,
    params: ArrayLike<number>,
  ): void {
    this.shape = shape;
    this.spilled = spilled;
    this.params = params;
    if (shape.depth) this.mine = temporary(TYPE.i32);
    if (!spilled) return;
    this.base = temporary(TYPE.i32);
    this.memory = this.added.memory('frames');
  }

  enter(out: WasmOutput): void {
    const { added, spilled, shape } = this;
    if (!shape.depth) return;
    global(out, OP.globalGet, added.global('depth'));
    out.put([OP.i32Const, 1, OP.i32Add, OP.localTee]);
    out.u32(this.mine);
    global(out, OP.globalSet, added.global('depth'));
    if (!spilled) return;
    global(out, OP.globalGet, added.global('top'));
    out.byte(OP.localTee);
    out.u32(this.base);
    this.setTop(out, spilled);
    global(out, OP.globalGet, added.global('top'));
    global(out, OP.globalGet, added.global('limit'));
    out.byte(OP.i32GtU);
    out.coldIf();
    this.call(out, 'room');
    out.byte(OP.end);
    this.getBase(out);
    out.byte(OP.i32Const);
    out.s32(shape.func);
    this.store(out, OP.i32Store, 0);
    // what another one returned may stand there
    if (shape.steps) this.storePc(out, 0);
    if (shape.whole) this.storeAll(out, spilled);
  }

  /** Instead of {@link enter}, in a frame that is there, whose locals are stored. @param types of locals */
  goOn(out: WasmOutput, types: ArrayLike<number>, locals: number): void {
    const { added, spilled } = this;
    if (!spilled) return;
    global(out, OP.globalGet, added.global('depth'));
    out.byte(OP.localSet);
    out.u32(this.mine);
    global(out, OP.globalGet, added.global('top'));
    out.byte(OP.i32Const);
    out.s32(spilled.size);
    out.put([OP.i32Sub, OP.localSet]);
    out.u32(this.base);
    for (let i = 0; i < locals; i++) {
      const offset = spilled.offsets[i] as number;
      if (offset === 0) continue;
      const type = types[i] as number;
      this.getBase(out);
      if (type === TYPE.v128) out.byte(0xfd);
      out.byte(LOAD_OF[TYPE.i32 - type] as number);
      this.memarg(out, offset);
      out.byte(OP.localSet);
      out.u32(i);
    }
  }

  /** The pc that the frame has, onto the stack. */
  loadPc(out: WasmOutput): void {
    this.getBase(out);
    out.byte(OP.i32Load);
    this.memarg(out, FRAME_PC);
  }

  /** The tick that has just been counted is the frame's last. */
  storeTick(out: WasmOutput): void {
    this.getBase(out);
    global(out, OP.globalGet, this.added.global('lastTick'));
    global(out, OP.globalGet, this.added.global('ticksLeft'));
    out.byte(OP.i64Sub);
    this.store(out, OP.i64Store, FRAME_TICK);
  }

  /** The way out of a function, or to the function that takes its place. */
  leave(out: WasmOutput): void {
    const { added, spilled, shape } = this;
    if (!shape.depth) return;
    this.getMine(out);
    out.put([OP.i32Const, 1, OP.i32Sub]);
    global(out, OP.globalSet, added.global('depth'));
    if (!spilled) return;
    this.getBase(out);
    global(out, OP.globalSet, added.global('top'));
  }

  /** Behind a catch: the counters are those of the frames that the exception left. */
  restore(out: WasmOutput): void {
    const { added, spilled, shape } = this;
    if (!shape.depth) return;
    this.getMine(out);
    global(out, OP.globalSet, added.global('depth'));
    if (!spilled) return;
    this.getBase(out);
    this.setTop(out, spilled);
  }

  /**
   * Before {@link leave} of a function that steps: that it has returned, and what, which is on the stack and stays there.
   * @param result type of the one that it returns; undefined for none, for several and for what has no place
   */
  storeResult(
    out: WasmOutput,
    result: number | undefined,
    temporary: (type: number) => number,
  ): void {
    this.storePc(out, RETURNED | 0);
    if (result === undefined) return;
    const value = temporary(result);
    out.byte(OP.localTee);
    out.u32(value);
    this.getBase(out);
    out.byte(OP.localGet);
    out.u32(value);
    if (result === TYPE.v128) out.byte(0xfd);
    this.store(out, STORE_OF[TYPE.i32 - result] as number, FRAME_HEADER);
  }

  /** Before {@link leave}, where it is not known whether the function that takes its place has a frame. */
  markLeft(out: WasmOutput): void {
    this.getBase(out);
    out.byte(OP.i32Const);
    out.s32((this.shape.func + LEFT) | 0);
    this.store(out, OP.i32Store, 0);
  }

  storePc(out: WasmOutput, pc: number): void {
    this.getBase(out);
    out.byte(OP.i32Const);
    out.s32(pc);
    this.store(out, OP.i32Store, FRAME_PC);
  }

  /** What a rewriting with frames does most: at once, without a call a byte. */
  storeLocal(out: WasmOutput, local: number, type: number, { offsets }: FrameLayout): void {
    const offset = offsets[local] as number;
    if (offset === 0) return;
    // 3 numbers, opcodes and the alignment
    const bytes = out.reserve(32);
    let at = out.length;
    bytes[at++] = OP.localGet;
    at = putU32(bytes, at, this.base);
    bytes[at++] = OP.localGet;
    at = putU32(bytes, at, local);
    if (type === TYPE.v128) bytes[at++] = 0xfd;
    bytes[at++] = STORE_OF[TYPE.i32 - type] as number;
    // alignment 0, with a memory index
    bytes[at++] = 0x40;
    at = putU32(bytes, at, this.memory);
    out.length = putU32(bytes, at, offset);
  }

  /** Calls a hook of type (pc, depth). */
  hook(out: WasmOutput, name: HookName, pc: number): void {
    out.byte(OP.i32Const);
    out.s32(pc);
    if (this.shape.depth) this.getMine(out);
    else out.put([OP.i32Const, 0x7f]);
    if (name !== 'ticked' && name !== 'stop') {
      this.call(out, name);
      return;
    }
    out.byte(OP.call);
    out.u32(this.added.func(`tell:${name}`));
  }

  /** Tells of the function's beginning or end. */
  notify(out: WasmOutput, name: 'entered' | 'left'): void {
    this.hook(out, name, this.shape.func);
  }

  stopIfArmed(out: WasmOutput, pc: number): void {
    global(out, OP.globalGet, this.added.global('armed'));
    this.getMine(out);
    out.byte(OP.i32GeS);
    out.coldIf();
    this.hook(out, 'stop', pc);
    out.byte(OP.end);
  }

  /** @param spill stores locals where the branch is taken */
  deepest(out: WasmOutput, pc: number, spill: () => void): void {
    this.getMine(out);
    global(out, OP.globalGet, this.added.global('deepest'));
    out.byte(OP.i32Eq);
    out.coldIf();
    spill();
    this.hook(out, 'deep', pc);
    out.byte(OP.end);
  }

  private call(out: WasmOutput, name: HookName): void {
    global(out, OP.globalGet, this.added.global(name));
    out.byte(OP.callRef);
    out.u32(this.added.hookType(name));
  }

  /** With the frame's address on the stack. */
  private setTop(out: WasmOutput, { size }: FrameLayout): void {
    out.byte(OP.i32Const);
    out.s32(size);
    out.byte(OP.i32Add);
    global(out, OP.globalSet, this.added.global('top'));
  }

  /** Zeros, then the parameters: the frame as it is in the beginning. */
  private storeAll(out: WasmOutput, spilled: FrameLayout): void {
    if (spilled.size > FRAME_HEADER) {
      this.getBase(out);
      out.put([OP.i32Const, FRAME_HEADER, OP.i32Add, OP.i32Const, 0, OP.i32Const]);
      out.s32(spilled.size - FRAME_HEADER);
      out.put([0xfc, 0x0b]);
      out.u32(this.added.memory('frames'));
    }
    for (let i = 0; i < this.params.length; i++) {
      this.storeLocal(out, i, this.params[i] as number, spilled);
    }
  }

  private getBase(out: WasmOutput): void {
    out.byte(OP.localGet);
    out.u32(this.base);
  }

  private getMine(out: WasmOutput): void {
    out.byte(OP.localGet);
    out.u32(this.mine);
  }

  private store(out: WasmOutput, opcode: number, offset: number): void {
    out.byte(opcode);
    this.memarg(out, offset);
  }

  /** Alignment 0, with a memory index. */
  private memarg(out: WasmOutput, offset: number): void {
    out.byte(0x40);
    out.u32(this.memory);
    out.u32(offset);
  }
}

function global(out: WasmOutput, opcode: number, index: number): void {
  out.byte(opcode);
  out.u32(index);
}
