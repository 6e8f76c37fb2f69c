/**
 * Follows the lines of a run, frame by frame, so that it can be said where the present line began, and
 * the one before it. Gets instructions in their order; knows no replay.
 */
import type { Mark } from './mark.ts';

/** Instructions of one frame, one after the other, of the same line. */
interface LineRun {
  readonly depth: number;
  /** Undefined at places that no line of the source stands for. */
  readonly line: string | undefined;
  /** Whether lines of the function are known. */
  readonly known: boolean;
  readonly start: Mark;
  /** Its last instruction so far: of a caller, the call. */
  last: Mark;
  /** Whether it began at `start`, and not before what was followed. */
  readonly whole: boolean;
  previous: LineRun | undefined;
  /** The last line of the last function with lines that returned to it. */
  returned: LineRun | undefined;
}

export class LineRuns {
  private fromStart: boolean;
  /** Outermost first. */
  private readonly frames: LineRun[] = [];

  /** @param fromStart whether the first instruction that is given is the run's first */
  constructor(fromStart: boolean) {
    this.fromStart = fromStart;
  }

  /** The next instruction that is given is the first of its stack. */
  begin(): void {
    this.fromStart = true;
  }

  /**
   * @param line of the instruction; undefined belongs to the line before
   * @param known whether lines of its function are known
   */
  visit(at: Mark, line: string | undefined, known: boolean): void {
    let returned: LineRun | undefined;
    for (;;) {
      const top = this.frames.at(-1);
      if (top === undefined || top.depth <= at.depth) break;
      returned = top;
      this.frames.pop();
    }
    const top = this.frames.at(-1);
    if (top?.depth !== at.depth) {
      const whole = top === undefined ? this.fromStart : top.depth === at.depth - 1;
      this.push({ at, line, known, whole, previous: undefined });
      return;
    }
    if (returned?.depth === at.depth + 1 && returned.known) top.returned = returned;
    if (line === undefined || line === top.line) {
      top.last = at;
      return;
    }
    this.frames.pop();
    top.previous = undefined;
    // what came before without a line may have belonged to this one
    const whole = top.line !== undefined || top.whole;
    this.push({ at, line, known, whole, previous: top });
  }

  /**
   * Where a step back by line goes from the instruction that was given last.
   * @param into whether it goes into functions that returned
   * @returns `earlier` where that lies before what was followed; undefined where there is none
   */
  back(into: boolean): Mark | 'earlier' | undefined {
    const own = this.frames.at(-1);
    if (own === undefined) return 'earlier';
    const caller = this.frames.at(-2);
    let target: LineRun | undefined = own;
    if (own.start === own.last && !(into && own.returned)) {
      if (!own.whole) return 'earlier';
      target = own.previous ?? (caller?.depth === own.depth - 1 ? caller : undefined);
    }
    if (into) target = target?.returned ?? target;
    if (target === undefined) return own.depth === 1 || this.fromStart ? undefined : 'earlier';
    if (!target.known) return target.last;
    return target.whole ? target.start : 'earlier';
  }

  private push({
    at,
    ...run
  }: Pick<LineRun, 'line' | 'known' | 'whole' | 'previous'> & { readonly at: Mark }): void {
    this.frames.push({ ...run, depth: at.depth, start: at, last: at, returned: undefined });
  }
}
