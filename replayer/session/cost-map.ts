/** How long parts of a run take to replay, learnt while replaying: what a seek would cost. */

/** More buckets than this are not kept, however long the run. */
const BUCKETS = 4096;

export class CostMap {
  private readonly shift: number;
  private readonly ms: Float64Array;
  /** Milliseconds from the start to the beginning of each bucket. */
  private sums: Float64Array | undefined;
  private bucket = -1;
  private since = 0;

  /** @param events how many the run has */
  constructor(events: number) {
    let shift = 0;
    while (events >> shift > BUCKETS) shift++;
    this.shift = shift;
    this.ms = new Float64Array((events >> shift) + 2);
  }

  /** A guest that stands at `position` starts to run. */
  begin(position: number): void {
    // what is left of a bucket says little of the whole
    this.bucket = (position + 1) >> this.shift;
    this.since = performance.now();
  }

  /** The running guest has reached `position`. Called at every event. */
  reach(position: number): void {
    const bucket = (position + 1) >> this.shift;
    if (bucket === this.bucket) return;
    const now = performance.now();
    const passed = bucket - this.bucket;
    for (let i = this.bucket; i < bucket; i++) this.ms[i] = (now - this.since) / passed;
    this.bucket = bucket;
    this.since = now;
    this.sums = undefined;
  }

  /** Milliseconds that a replay takes from one position to a later one; 0 where it was never replayed. */
  between(from: number, to: number): number {
    return to <= from ? 0 : this.until(to) - this.until(from);
  }

  /** Position that is reached after `ms` milliseconds of replay. */
  positionAt(ms: number): number {
    const sums = this.prefix();
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((sums[middle] as number) <= ms) low = middle;
      else high = middle - 1;
    }
    return (low << this.shift) - 1;
  }

  private until(position: number): number {
    const at = Math.max(0, position + 1) / 2 ** this.shift;
    const bucket = Math.min(Math.floor(at), this.ms.length - 1);
    return (this.prefix()[bucket] as number) + (at - bucket) * (this.ms[bucket] as number);
  }

  private prefix(): Float64Array {
    if (this.sums !== undefined) return this.sums;
    const sums = new Float64Array(this.ms.length);
    for (let i = 1; i < sums.length; i++) {
      sums[i] = (sums[i - 1] as number) + (this.ms[i - 1] as number);
    }
    this.sums = sums;
    return sums;
  }
}
