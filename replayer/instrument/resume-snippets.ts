/**
 * The code by which a function of a patch goes on, in a frame that is there, at the head of a loop or at its own
 * beginning, where the module's gave way to it (divert-snippet.ts). A local holds where, until it has come there. What
 * stands before the blocks that lead there is put into blocks that it leaves at once; labels that lead out of these are
 * written anew.
 */
import type { InstructionReader } from './instruction-reader.ts';
import { OP } from './opcode-numbers.ts';
import type { ResumeBlock } from './resume-blocks.ts';
import type { WasmOutput } from './wasm-output.ts';

export class ResumeSnippets {
  /** Where it is to go on; 0 for nowhere, once it is there. */
  readonly local: number;
  private readonly out: WasmOutput;
  /** Blocks that are written and open, and of each block of the module the number that its own has among them. */
  private written = 0;
  private readonly numbers: number[] = [];
  /** Of each open block of the module: what leads to loops in it, and how much of that has come. */
  private readonly arms: { readonly list: readonly ResumeBlock[]; next: number }[] = [];
  private readonly around: (ResumeBlock | undefined)[] = [];
  private readonly top: readonly ResumeBlock[];
  private met: ResumeBlock | undefined;

  /** @param local of type i32 */
  constructor(out: WasmOutput, blocks: readonly ResumeBlock[], local: number) {
    this.out = out;
    this.top = blocks;
    this.local = local;
  }

  /** Behind the beginning of the block that is around the function's code. */
  begin(): void {
    this.written = 1;
    this.numbers[0] = 1;
    this.arms[0] = { list: this.top, next: 0 };
    this.passBy(this.top);
  }

  /** Whether a block that leads to loops begins there. */
  isAt(at: number, open: number): boolean {
    const arm = this.arms[open];
    return arm?.list[arm.next]?.start === at;
  }

  /** Before that block. */
  arrive(open: number): void {
    const arm = this.arms[open];
    if (arm === undefined) return;
    this.met = arm.list[arm.next++];
    this.out.byte(OP.end);
    this.written--;
  }

  /** A block of the module begins. @param open with it */
  nest(open: number): void {
    this.written++;
    this.numbers[open] = this.written;
    this.around[open] = this.met;
    this.arms[open] = { list: this.met?.inner ?? [], next: 0 };
    this.met = undefined;
  }

  /** Whether {@link inside} writes anything there. */
  leadsOn(open: number): boolean {
    return (this.arms[open]?.list.length ?? 0) > 0;
  }

  /** Behind its beginning, and the tick of a loop. */
  inside(open: number): void {
    this.passBy(this.arms[open]?.list ?? []);
  }

  else(open: number): void {
    this.arms[open] = { list: this.around[open]?.others ?? [], next: 0 };
  }

  end(): void {
    this.written--;
  }

  /** What a label is now. @param open blocks of the module */
  label(label: number, open: number): number {
    return this.written - (this.numbers[open - label] as number);
  }

  /** A branch whose labels are others now. @returns whether one was written in its place */
  branch({ code, index, labels }: InstructionReader, open: number): boolean {
    const { out } = this;
    if (code === OP.brTable) {
      if (labels.every((label) => this.label(label, open) === label)) return false;
      out.byte(code);
      out.u32(labels.length - 1);
      for (const label of labels) out.u32(this.label(label, open));
      return true;
    }
    const label = this.label(index, open);
    if (label === index) return false;
    out.byte(code);
    out.u32(label);
    return true;
  }

  /** Instead of the tick of a loop: of one who goes on in it, that was told before. */
  tick(pc: number, tick: () => void): void {
    const { out } = this;
    this.get();
    out.put([OP.if, 0x40]);
    this.get();
    unlessAt(out, this.local, pc);
    out.byte(OP.else);
    tick();
    out.byte(OP.end);
  }

  /** For each block, one around all that comes before it: who goes on in it leaves that at once. */
  private passBy(blocks: readonly ResumeBlock[]): void {
    const { out } = this;
    for (const { start, end, isIf, else: others } of blocks.toReversed()) {
      // of an if, with its condition
      out.put([OP.block, isIf ? 0x7f : 0x40]);
      this.written++;
      if (isIf) this.isBelow(others);
      this.get();
      out.byte(OP.i32Const);
      out.s32(start + 1);
      out.put([OP.i32Sub, OP.i32Const]);
      out.s32(end - start - 1);
      out.put([OP.i32LtU, OP.brIf, 0]);
      if (isIf) out.byte(OP.drop);
    }
  }

  private isBelow(pc: number): void {
    const { out } = this;
    this.get();
    out.byte(OP.i32Const);
    out.s32(pc);
    out.byte(OP.i32LtU);
  }

  private get(): void {
    this.out.byte(OP.localGet);
    this.out.u32(this.local);
  }
}

/** Keeps where to go on, which is on the stack, in a local: nowhere, if that is here. */
export function unlessAt(out: WasmOutput, local: number, pc: number): void {
  out.byte(OP.localTee);
  out.u32(local);
  out.byte(OP.localGet);
  out.u32(local);
  out.byte(OP.i32Const);
  out.s32(pc);
  out.put([OP.i32Ne, OP.i32Mul, OP.localSet]);
  out.u32(local);
}
