/** The instructions of a run, up to millions of them: 24 bytes each, where objects take four times as many. */
import { compareMarks, type Mark } from '../../../replayer/timetravel/mark.ts';

export class MarkList {
  private events = new Int32Array(1024);
  private ticks = new Float64Array(1024);
  private depths = new Int32Array(1024);
  private pcs = new Uint32Array(1024);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push({ event, tick, depth, pc }: Mark): void {
    if (this.count === this.pcs.length) this.grow();
    const i = this.count++;
    this.events[i] = event;
    this.ticks[i] = tick;
    this.depths[i] = depth;
    this.pcs[i] = pc;
  }

  at(index: number): Mark | undefined {
    if (!(index >= 0 && index < this.count)) return undefined;
    return {
      event: this.eventAt(index),
      tick: this.ticks[index] as number,
      depth: this.depthAt(index),
      pc: this.pcAt(index),
    };
  }

  eventAt(index: number): number {
    return this.events[index] as number;
  }

  depthAt(index: number): number {
    return this.depths[index] as number;
  }

  pcAt(index: number): number {
    return this.pcs[index] as number;
  }

  /** -1 for none of them. */
  indexOf(mark: Mark): number {
    const index = this.firstWhere((at) => compareMarks(at, mark) >= 0);
    const there = this.at(index);
    return there !== undefined && compareMarks(there, mark) === 0 ? index : -1;
  }

  /** The first instruction of those, at the end of the run, for which something is so; `length` if for none. */
  firstWhere(isSo: (at: Mark) => boolean): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isSo(this.at(middle) as Mark)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Of `[from, to)`, in their order. */
  indicesOf(pcs: ReadonlySet<number>, from = 0, to = this.count): number[] {
    const found: number[] = [];
    if (pcs.size === 0) return found;
    for (let i = Math.max(0, from); i < Math.min(to, this.count); i++) {
      if (pcs.has(this.pcAt(i))) found.push(i);
    }
    return found;
  }

  private grow(): void {
    const { events, ticks, depths, pcs } = this;
    const size = 2 * this.count;
    this.events = new Int32Array(size);
    this.ticks = new Float64Array(size);
    this.depths = new Int32Array(size);
    this.pcs = new Uint32Array(size);
    this.events.set(events);
    this.ticks.set(ticks);
    this.depths.set(depths);
    this.pcs.set(pcs);
  }
}
