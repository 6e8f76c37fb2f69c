/**
 * What steps mean in a component: to whoever stands in one guest, others that run meanwhile do not. Before its stack
 * began there is what ran then, and after it ended what runs next.
 */
import type { SourceLines } from '../../../replayer/source/source-lines.ts';
import type { Mark } from '../../../replayer/timetravel/mark.ts';
import type { StepSize } from '../../../replayer/timetravel/motions.ts';
import type { TraceReader } from '../../../traces/reader.ts';
import { Truth } from '../../replayer/timetravel/every-instruction.ts';
import type { MarkList } from './mark-list.ts';

export class StackSteps {
  readonly marks: MarkList;
  /** Of each instruction. */
  private readonly stacks: readonly number[];
  private readonly lines: SourceLines;
  private readonly functionAt: (pc: number) => number;
  /** By the event with which a stack began, the one with which it ended. */
  private readonly ended = new Map<number, number>();

  constructor(
    { marks, stacks }: { readonly marks: MarkList; readonly stacks: readonly number[] },
    trace: TraceReader,
    lines: SourceLines,
    functionAt: (pc: number) => number,
  ) {
    this.marks = marks;
    this.stacks = stacks;
    this.lines = lines;
    this.functionAt = functionAt;
    for (const event of trace.events()) {
      if (event.kind === 'leave') this.ended.set(event.opened, event.number);
    }
  }

  /** As Truth.step. */
  step(from: number, size: StepSize, reverse: boolean): number | undefined {
    if (size === 'instruction') {
      const next = reverse ? from - 1 : from + 1;
      return next >= 0 && next < this.marks.length ? next : undefined;
    }
    const stack = this.stacks[from] as number;
    const own = [...this.stacks.keys()].filter((i) => this.stacks[i] === stack);
    const marks = own.map((i) => this.marks.at(i) as Mark);
    const truth = new Truth(marks, this.lines, this.functionAt);
    const found = truth.step(own.indexOf(from), size, reverse);
    if (found !== undefined) return own[found];
    return reverse ? this.beforeStack(from, size, stack) : this.behindStack(from, size, stack);
  }

  private beforeStack(from: number, size: StepSize, stack: number): number | undefined {
    const limit = this.limitOf(
      from,
      size === 'instruction-over' || this.hasLine(from) ? size : 'out',
    );
    for (let i = from - 1; i >= 0; i--) {
      if (this.marks.eventAt(i) < stack && this.marks.depthAt(i) <= limit) return i;
    }
    return undefined;
  }

  private behindStack(from: number, size: StepSize, stack: number): number | undefined {
    const ended = this.ended.get(stack) ?? Number.POSITIVE_INFINITY;
    const limit = this.limitOf(from, size);
    const byLine = size === 'line' || size === 'line-over';
    for (let i = from + 1; i < this.marks.length; i++) {
      if (this.marks.eventAt(i) < ended || this.marks.depthAt(i) > limit) continue;
      if (!byLine || this.hasLine(i)) return i;
    }
    return undefined;
  }

  private hasLine(index: number): boolean {
    return this.lines.at(this.marks.pcAt(index)).length > 0;
  }

  private limitOf(from: number, size: StepSize): number {
    return this.marks.depthAt(from) - (size === 'out' ? 1 : 0);
  }

  /** Where the frame `level` above the innermost was called, if its stack tells. */
  calledAt(from: number, level: number): number | undefined {
    const depth = this.marks.depthAt(from) - level - 1;
    if (depth < 1) return undefined;
    for (let i = from - 1; i >= 0; i--) {
      if (this.stacks[i] === this.stacks[from] && this.marks.depthAt(i) <= depth) return i;
    }
    return undefined;
  }
}
