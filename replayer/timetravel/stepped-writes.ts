/**
 * Which bytes were written to at each step, whether that changed them or not: what changes, stepped-bytes.ts has. Hot
 * path: plain loops over typed arrays.
 */
import { firstAfter } from './stepped-bytes.ts';

export class SteppedWrites {
  private steps = new Int32Array(1024);
  /** Of each write, its first byte and the one behind its last. */
  private bounds = new Float64Array(2048);
  private count = 0;

  /** Bytes that it holds. */
  get held(): number {
    return 20 * this.steps.length;
  }

  /** Bytes `[from, to)` were written between the step before and this one. Steps come in their order. */
  add(step: number, from: number, to: number): void {
    if (to <= from) return;
    if (this.count === this.steps.length) {
      const steps = new Int32Array(2 * this.count);
      steps.set(this.steps);
      this.steps = steps;
      const bounds = new Float64Array(4 * this.count);
      bounds.set(this.bounds);
      this.bounds = bounds;
    }
    this.steps[this.count] = step;
    this.bounds[2 * this.count] = from;
    this.bounds[2 * this.count + 1] = to;
    this.count++;
  }

  /** Whether bytes of `[from, to)` were written behind one step, until another one. */
  wrote(after: number, until: number, from: number, to: number): boolean {
    for (let i = firstAfter(this.steps, this.count, after); i < this.count; i++) {
      if ((this.steps[i] as number) > until) return false;
      if ((this.bounds[2 * i] as number) < to && (this.bounds[2 * i + 1] as number) > from) {
        return true;
      }
    }
    return false;
  }

  /** No question is asked of what came until this step. */
  forgetBefore(step: number): void {
    const gone = firstAfter(this.steps, this.count, step);
    this.steps.copyWithin(0, gone, this.count);
    this.bounds.copyWithin(0, 2 * gone, 2 * this.count);
    this.count -= gone;
  }
}
