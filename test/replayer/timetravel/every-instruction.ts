/**
 * The truth that motions are compared with: every instruction of a run, by hooks on all of them, and what
 * each motion means, said once more on that list without windows, depths or restarts.
 */

import type { SourceLines } from '../../../replayer/source/source-lines.ts';
import { replayInstrumented } from '../../../replayer/timetravel/instrumented-replay.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { StepSize } from '../../../replayer/timetravel/motions.ts';
import { TravelTarget } from '../../../replayer/timetravel/travel-target.ts';
import type { TraceReader } from '../../../traces/reader.ts';
import { allFunctions } from '../instrument/variants.ts';

/** Of a component, with the stack: the number of the event with which it began. */
export interface SeenMark {
  readonly mark: Mark;
  readonly stack: number | undefined;
}

export async function everyInstruction(trace: TraceReader): Promise<Mark[]> {
  return (await everyInstructionOf(new TravelTarget(trace))).map(({ mark }) => mark);
}

export async function everyInstructionOf(target: TravelTarget): Promise<SeenMark[]> {
  const seen: SeenMark[] = [];
  let stack: number | undefined;
  await replayInstrumented(
    target,
    { tick: true, frames: 'depth', steps: allFunctions(target.module) },
    ({ probes, event, onSwitch }) => {
      onSwitch((to) => {
        stack = to;
      });
      probes.global('armed').value = 0x7fffffff;
      probes.set('stop', (pc, depth) => {
        const tick = -Number(probes.global('ticksLeft').value);
        seen.push({ mark: { event: event(), tick, depth, pc }, stack });
      });
    },
  );
  return seen;
}

/** A list of marks, in the order of the run. */
export interface Marks {
  readonly length: number;
  at(index: number): Mark | undefined;
}

export class Truth<List extends Marks = readonly Mark[]> {
  readonly marks: List;
  private readonly lines: SourceLines;
  private readonly functionAt: (pc: number) => number;

  constructor(marks: List, lines: SourceLines, functionAt: (pc: number) => number) {
    this.marks = marks;
    this.lines = lines;
    this.functionAt = functionAt;
  }

  /** Index of where a motion ends; undefined where the run has no such place. */
  step(from: number, size: StepSize, reverse: boolean): number | undefined {
    const { depth } = this.at(from);
    const line = this.line(from, from, size);
    switch (size) {
      case 'instruction':
        return this.find(from, reverse, () => true);
      case 'instruction-over':
        return this.find(from, reverse, (at) => at.depth <= depth);
      case 'out':
        return this.find(from, reverse, (at) => at.depth < depth);
      default:
        if (line === undefined) {
          if (reverse) return this.find(from, reverse, (at) => at.depth < depth);
          return this.lineOn(from, size, undefined);
        }
        return reverse ? this.lineBack(from, size) : this.lineOn(from, size, line);
    }
  }

  /** @param line undefined: until the function is left */
  private lineOn(from: number, size: StepSize, line: string | undefined): number | undefined {
    const { depth } = this.at(from);
    let limit = depth;
    for (let i = from + 1; i < this.marks.length; i++) {
      const at = this.at(i);
      if (at.depth < depth) {
        limit = Math.min(limit, at.depth);
        if (at.depth <= limit && this.line(i, i, 'line') !== undefined) return i;
      } else if (limit < depth || line === undefined) continue;
      else if (at.depth === depth) {
        const own = this.line(i, from, size);
        if (own !== undefined && own !== line) return i;
      } else if (size === 'line' && at.depth === depth + 1) {
        const func = this.functionAt(at.pc);
        if (this.lines.has(func) && at.pc >= (this.lines.bodyOf(func) ?? 0)) return i;
      }
    }
    return undefined;
  }

  /** Walks back, instruction by instruction, as one would by hand. */
  private lineBack(from: number, size: StepSize): number | undefined {
    const before = this.visible(from, from, size === 'line');
    if (before === undefined) return undefined;
    // at the beginning of a line, the one before is meant
    const inLine = this.sameRun(before, from, from, size);
    return this.runStart(inLine ? from : before, size, from);
  }

  /**
   * Beginning of the run of one line that `i` is in; `into` the last function that returned in it.
   * @param level of the inlined call that is stepped in: that of this place
   */
  private runStart(i: number, size: StepSize, level: number): number {
    // a caller without lines is shown at its call
    if (!this.lines.has(this.functionAt(this.at(i).pc))) return i;
    const into = size === 'line' && this.at(i).depth <= this.at(level).depth;
    for (let start = i; ; ) {
      const before = this.visible(start, start, into);
      if (before === undefined) return start;
      if (this.at(before).depth > this.at(start).depth) {
        // what was called on the line before returned there
        const call = this.visible(start, start, false);
        if (call !== undefined && !this.sameRun(call, start, level, size)) return start;
        return this.runStart(before, size, level);
      }
      if (!this.sameRun(before, start, level, size)) return start;
      start = before;
    }
  }

  private sameRun(a: number, b: number, level: number, size: StepSize): boolean {
    if (this.at(a).depth !== this.at(b).depth) return false;
    return this.lineAround(a, level, size) === this.lineAround(b, level, size);
  }

  /** A place without a line belongs to what came before it in its frame. */
  private lineAround(i: number, level: number, size: StepSize): string | undefined {
    const line = this.line(i, level, size);
    if (line !== undefined) return line;
    const before = this.visible(i, i, false);
    if (before === undefined || this.at(before).depth < this.at(i).depth) return undefined;
    return this.lineAround(before, level, size);
  }

  /** The instruction before, in the frame, its callers, or (`into`) a function with lines that returned. */
  private visible(from: number, frame: number, into: boolean): number | undefined {
    const { depth } = this.at(frame);
    for (let i = from - 1; i >= 0; i--) {
      const at = this.at(i);
      if (at.depth <= depth) return i;
      if (into && at.depth === depth + 1 && this.lines.has(this.functionAt(at.pc))) return i;
    }
    return undefined;
  }

  private line(i: number, level: number, size: StepSize): string | undefined {
    const places = this.lines.at(this.at(i).pc);
    if (places.length === 0) return undefined;
    const own = this.lines.at(this.at(level).pc).length - 1;
    const inFrame = this.at(i).depth === this.at(level).depth;
    const depth =
      size === 'line-over' && inFrame ? Math.min(own, places.length - 1) : places.length - 1;
    return `${depth} ${places[depth]}`;
  }

  private find(
    from: number,
    reverse: boolean,
    matches: (at: Mark, index: number) => boolean,
  ): number | undefined {
    const step = reverse ? -1 : 1;
    for (let i = from + step; i >= 0 && i < this.marks.length; i += step) {
      if (matches(this.at(i), i)) return i;
    }
    return undefined;
  }

  private at(i: number): Mark {
    const mark = this.marks.at(i);
    if (mark === undefined) throw new Error(`no instruction ${i}`);
    return mark;
  }
}
