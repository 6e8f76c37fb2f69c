/** The faults of a trace beside its events, which come in order. */
import type { Injection, TraceReader } from '../../index.ts';

/** Events whose faults are read at once. */
const STRIDE = 100_000;

export class InjectedFaults {
  private readonly trace: TraceReader;
  private readonly none: boolean;
  private end = 0;
  private known: ReadonlyMap<number, readonly Injection[]> = new Map();

  constructor(trace: TraceReader) {
    this.trace = trace;
    this.none = trace.meta.chaos === undefined;
  }

  /** @param event not before one that was asked for earlier */
  of(event: number): readonly Injection[] {
    if (this.none) return [];
    if (event >= this.end) {
      // no further than the log: a recording may go on
      this.end = Math.min(event + STRIDE, Math.max(event + 1, this.trace.eventCount));
      this.known = Map.groupBy(this.trace.injections(event, this.end), (one) => one.event);
    }
    return this.known.get(event) ?? [];
  }
}
