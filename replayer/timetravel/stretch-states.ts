/**
 * What the guest held before each instruction of a stretch of its run: memory, frames and globals, as far as
 * they changed from one to the next. Told by a run in which every function of the stretch steps and has its
 * stores looked at, so that an instruction changes no more than what its opcode says.
 */
import { invariant } from '../../errors.ts';
import { BinaryInput } from '../../wasm/binary.ts';
import type { FrameLayout } from '../instrument/frame-layout.ts';
import { sizeOfType } from '../instrument/frame-layout.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { OP } from '../instrument/opcode-numbers.ts';
import type { GlobalValue } from '../session/messages.ts';
import { stopFrom } from './first-stop.ts';
import { frameOf, functionsOfFrames, readFrames } from './frames.ts';
import type { Mark } from './mark.ts';
import { type Watch, watchesReads } from './motions.ts';
import type { Position } from './position.ts';
import type { ProbeRun } from './probe-run.ts';
import { SteppedBytes } from './stepped-bytes.ts';
import { SteppedWrites } from './stepped-writes.ts';

/** With more globals than that, reading them would be most of the work. */
export const MAX_GLOBALS = 256;

type StretchFrame = FrameLayout & { readonly types: Uint8Array; readonly first: number };

export class StretchStates {
  private readonly layout: ModuleLayout;
  private readonly functionAt: (pc: number) => number;
  private readonly memory: SteppedBytes;
  private readonly writes = new SteppedWrites();
  private readonly frames: SteppedBytes;
  private globals: { readonly step: number; readonly values: readonly GlobalValue[] }[] = [];
  private readonly layouts = new Map<number, StretchFrame>();
  /** Where the innermost frame began and ended at the instruction before. */
  private base = 0;
  private top = 0;
  private func = -1;
  private pc = -1;

  /** From inside of a hook, before the first instruction of the stretch. */
  constructor(run: ProbeRun, layout: ModuleLayout, functionAt: (pc: number) => number) {
    this.layout = layout;
    this.functionAt = functionAt;
    this.memory = new SteppedBytes(run.memory);
    this.frames = new SteppedBytes(framesOf(run));
    this.top = run.top;
    this.base = this.top;
  }

  /** Bytes that it holds. */
  get held(): number {
    return this.memory.held + this.frames.held + this.writes.held;
  }

  /** Bytes of all changes. */
  get changed(): number {
    return this.memory.changedBytes + this.frames.changedBytes;
  }

  /** Bytes of memory 0 were written to, before the instruction of this step. */
  wrote(run: ProbeRun, step: number, address: number, length: number): void {
    this.memory.change(step, run.memory, address, address + length);
    this.writes.add(step, address, address + length);
  }

  /**
   * Whether something happened to bytes of memory 0 behind one step, until another one.
   * @returns undefined where that is not known
   */
  met(watch: Watch, after: number, until: number): boolean | undefined {
    if (watchesReads(watch)) return undefined;
    const { address, length, on } = watch;
    const of = [after, until, address, address + length] as const;
    return on === 'change' ? this.memory.changed(...of) : this.writes.wrote(...of);
  }

  /** The guest stands before an instruction. @param step its number */
  visit(run: ProbeRun, step: number, pc: number): void {
    const { top } = run;
    const func = this.functionAt(pc);
    const layout = this.layoutOf(func);
    const base = top - layout.size;
    const code = this.layout.bytes[this.pc];
    if (code === OP.memoryGrow) this.memory.change(step, run.memory, 0, 0);
    // one that takes the place of its like by a tail call begins anew
    if (func !== this.func || top !== this.top || pc === layout.first) {
      this.frames.change(step, framesOf(run), Math.min(base, this.base), top);
    } else if (code === OP.localSet || code === OP.localTee) {
      const local = new BinaryInput(this.layout.bytes, this.pc + 1, this.pc + 6).u32();
      const place = layout.offsets[local] ?? 0;
      if (place > 0) {
        const from = base + place;
        this.frames.change(step, framesOf(run), from, from + sizeOfType(layout.types[local] ?? 0));
      }
    }
    if (code === OP.globalSet || this.globals.length === 0) {
      this.globals.push({ step, values: run.globals() });
    }
    this.func = func;
    this.top = top;
    this.base = base;
    this.pc = pc;
  }

  /** Whether it is what the guest holds. Inside of the hook in which that step was visited. */
  agreesWith(run: ProbeRun, step: number): boolean {
    const frames = this.frames.at(step);
    const known = this.layoutOf(this.func);
    // a call's place in the innermost frame means nothing when it is back
    const from = this.top - known.size;
    const now = framesOf(run);
    const same =
      Buffer.compare(frames.subarray(0, from), now.subarray(0, from)) === 0 &&
      Buffer.compare(frames.subarray(from + 8, this.top), now.subarray(from + 8, this.top)) === 0;
    return same && Buffer.compare(this.memory.at(step), run.memory) === 0;
  }

  /** Makes this step the first. */
  forgetBefore(step: number): void {
    this.memory.forgetBefore(step);
    this.frames.forgetBefore(step);
    this.writes.forgetBefore(step);
    const first = this.globals.findLastIndex((one) => one.step <= step);
    this.globals = this.globals.slice(Math.max(0, first));
  }

  /** Its memory is a view, valid until the next call. @param top where the innermost frame ends */
  at(step: number, mark: Mark, top: number): Position {
    const globals = this.globals.findLast((one) => one.step <= step);
    invariant(globals, 'a step that was forgotten');
    const frames = this.frames.at(step);
    const memory = frames.buffer as ArrayBuffer;
    return {
      mark,
      frames: readFrames(this.layout, memory, top, mark.pc),
      functions: functionsOfFrames(this.layout, memory, top),
      // components are not followed
      stack: undefined,
      globals: globals.values,
      memory: this.memory.at(step),
    };
  }

  private layoutOf(func: number): StretchFrame {
    let known = this.layouts.get(func);
    if (known === undefined) {
      known = { ...frameOf(this.layout, func), first: stopFrom(this.layout, func) };
      this.layouts.set(func, known);
    }
    return known;
  }
}

function framesOf(run: ProbeRun): Uint8Array {
  return new Uint8Array(run.framesMemory.buffer, 0, run.top);
}
