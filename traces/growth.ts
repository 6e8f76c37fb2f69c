/**
 * Follows a recording in progress from another process: what it has written since, and whether more is to
 * come.
 */
import { statSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import type { LogEvent } from './events.ts';
import type { TraceReader } from './reader.ts';
import { isBeingRecorded } from './recorder-process.ts';

/**
 * - `recording`: more may come
 * - `ended`: the run has its outcome
 * - `abandoned`: the recorder is gone, and has not said how the run ended
 * - `removed`: the trace was removed; what was read of it can still be looked at
 */
export type GrowthState = 'recording' | 'ended' | 'abandoned' | 'removed';

export interface Look {
  /** Whether the trace has more than at the look before. */
  readonly grown: boolean;
  readonly state: GrowthState;
}

/** Milliseconds between two looks at a trace. */
export const LOOK_MS = 100;

/** Milliseconds for which the last words of a recorder that is gone may be on their way. */
const SETTLE_MS = 1000;

export class Growth {
  private readonly trace: TraceReader;
  private readonly inode: bigint | undefined;
  private lastGrowth = performance.now();

  constructor(trace: TraceReader) {
    this.trace = trace;
    this.inode = inodeOf(trace.path);
  }

  /** Refreshes the reader. @throws WasiRrError TRACE_CORRUPT and others where it cannot be read any more */
  look(): Look {
    const { trace } = this;
    const grown = trace.refresh();
    const now = performance.now();
    if (grown) this.lastGrowth = now;
    if (trace.meta.outcome !== undefined) return { grown, state: 'ended' };
    if (inodeOf(trace.path) !== this.inode) return { grown, state: 'removed' };
    const gone = !isBeingRecorded(trace.meta) && now - this.lastGrowth > SETTLE_MS;
    return { grown, state: gone ? 'abandoned' : 'recording' };
  }
}

/**
 * All events of a trace, those that are still to be recorded included, in batches: each ends where the
 * trace ends at that moment.
 * @param signal ends the wait for more
 * @returns why no more will come
 * @throws the signal's reason; WasiRrError SEGMENT_CORRUPT, and as {@link Growth.look}
 */
export async function* followEvents(
  trace: TraceReader,
  signal?: AbortSignal,
): AsyncGenerator<Generator<LogEvent>, GrowthState> {
  const growth = new Growth(trace);
  for (let next = 0; ; ) {
    const { eventCount } = trace;
    if (eventCount > next) yield trace.events(next, eventCount);
    next = eventCount;
    const { grown, state } = growth.look();
    if (grown) continue;
    if (state !== 'recording') return state;
    await passed(LOOK_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
