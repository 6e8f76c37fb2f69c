/**
 * What is likely to be asked for next, worked out while nobody waits: what lies around the place where one stands,
 * and, of one who steps back, where the next such step leads. Can be given up at any time, and goes on later.
 */
import { type Mark, sameMark } from './mark.ts';
import type { Motion, StepSize } from './motions.ts';
import type { OnEvent } from './runs.ts';
import type { Stretches } from './stretches.ts';

type StepBack = (from: Mark, size: StepSize, onEvent: OnEvent) => Promise<Mark | undefined>;

interface Foreseen {
  readonly from: Mark;
  readonly size: StepSize;
  /** Undefined for the run's beginning. */
  readonly to: Mark | undefined;
}

export class Ahead {
  private readonly stretches: Stretches;
  private readonly stepBack: StepBack;
  /** Where one stands, and by which steps back one came there; undefined once all about it is known. */
  private open: { readonly mark: Mark; readonly size: StepSize | undefined } | undefined;
  private foreseen: Foreseen | undefined;

  constructor(stretches: Stretches, stepBack: StepBack) {
    this.stretches = stretches;
    this.stepBack = stepBack;
  }

  moved(mark: Mark, motion: Motion): void {
    const size = motion.kind === 'step' && motion.reverse ? motion.size : undefined;
    this.open = { mark, size };
  }

  /** Where a step back leads, if that is known. */
  next(from: Mark, size: StepSize): Foreseen | undefined {
    const { foreseen } = this;
    const isIt = foreseen?.size === size && sameMark(foreseen.from, from);
    return isIt ? foreseen : undefined;
  }

  /** Whether this motion is what {@link work} works out, so that it is quicker to let it. */
  worksAt(from: Mark | undefined, motion: Motion): boolean {
    const { open } = this;
    if (open === undefined || from === undefined || !sameMark(open.mark, from)) return false;
    return motion.kind === 'step' && motion.reverse && (open.size ?? motion.size) === motion.size;
  }

  /** @param onEvent as of a motion: what it throws ends the work, which goes on where it was when called again */
  async work(onEvent: OnEvent): Promise<void> {
    const { open } = this;
    if (open === undefined) return;
    const { mark, size } = open;
    await this.layAround(mark, onEvent);
    if (size !== undefined) {
      const known = this.next(mark, size);
      const to = known ? known.to : await this.stepBack(mark, size, onEvent);
      this.foreseen = { from: mark, size, to };
      if (to !== undefined) await this.layAround(to, onEvent);
    }
    if (this.open === open) this.open = undefined;
  }

  private async layAround(mark: Mark, onEvent: OnEvent): Promise<void> {
    if (this.stretches.at(mark) === undefined) await this.stretches.make(mark, 'before', onEvent);
  }
}
