/** Where a motion forwards ends: rules over the instructions that follow. Know no replay. */
import type { SourceLines } from '../source/source-lines.ts';
import type { Mark } from './mark.ts';
import { ANY_DEPTH } from './probe-run.ts';

/** Decides at each instruction in frames of at most `limit`. */
export interface Goal {
  /** Greatest depth of frames whose instructions matter now; 0 for none. */
  readonly limit: number;
  /** Of a component: whether it is about the frames of every stack, not only of the one where it began. */
  readonly anyStack?: boolean;
  /** Whether the motion ends before this instruction. */
  reaches(at: Mark): boolean;
  /** Whether instructions of a function matter that begins one frame above the limit. */
  enters?(func: number, depth: number): boolean;
}

/** What `reaches` is never asked for. */
export const NOWHERE: Goal = { limit: 0, reaches: () => false };

/** The next instruction in frames of at most this depth. */
export function anyWithin(limit: number): Goal {
  return { limit, reaches: () => true };
}

export const NEXT_INSTRUCTION: Goal = { ...anyWithin(ANY_DEPTH), anyStack: true };

/** Inline depth does not matter. */
export const INNERMOST = Number.POSITIVE_INFINITY;

/** How many calls were inlined around the one that stands at a place. */
export function inlineLevel(lines: SourceLines, pc: number): number {
  return lines.at(pc).length - 1;
}

/**
 * The line of a place, in the call that is at most `level` inlined calls deep.
 * @returns undefined where no line is known
 */
export function lineAt(lines: SourceLines, pc: number, level: number): string | undefined {
  const places = lines.at(pc);
  const depth = Math.min(level, places.length - 1);
  return depth < 0 ? undefined : `${depth} ${places[depth]}`;
}

/** The next line of the frame, of its caller, or (`into`) of a function with lines that it calls. */
export class NextLine implements Goal {
  limit: number;
  private readonly lines: SourceLines;
  private readonly functionAt: (pc: number) => number;
  private readonly into: boolean;
  private readonly level: number;
  private line: string | undefined;
  private depth: number;

  constructor(
    lines: SourceLines,
    functionAt: (pc: number) => number,
    from: Mark,
    { into }: { readonly into: boolean },
  ) {
    this.lines = lines;
    this.functionAt = functionAt;
    this.into = into;
    this.level = into ? INNERMOST : inlineLevel(lines, from.pc);
    this.line = lineAt(lines, from.pc, this.level);
    this.depth = from.depth;
    // without lines, it goes on until the function is left
    this.limit = this.line === undefined ? from.depth - 1 : from.depth;
  }

  enters(func: number, depth: number): boolean {
    if (!this.into || this.line === undefined || depth !== this.depth + 1) return false;
    if (!this.lines.has(func)) return false;
    this.limit = depth;
    return true;
  }

  reaches(at: Mark): boolean {
    if (at.depth > this.depth) {
      return at.pc >= (this.lines.bodyOf(this.functionAt(at.pc)) ?? at.pc);
    }
    this.limit = at.depth;
    if (at.depth < this.depth) {
      this.depth = at.depth;
      if (lineAt(this.lines, at.pc, INNERMOST) !== undefined) return true;
      // what a function without lines calls is not entered
      this.line = undefined;
      return false;
    }
    const line = lineAt(this.lines, at.pc, this.level);
    return line !== undefined && line !== this.line;
  }
}
