/** In what state a trace is, and whether its file is sound. */
import { WasiRrError } from '../errors.ts';
import { checkKeyframes } from './keyframes/check.ts';
import type { TraceReader } from './reader.ts';
import { isBeingRecorded } from './recorder-process.ts';

/**
 * - `complete`: it ends as the run did, and all of it is there;
 * - `recording`: it is being written at this moment;
 * - `incomplete`: its recorder was killed, and it is there up to then;
 * - `damaged`: a part of what it had is missing or unreadable (see {@link TraceReader.damage}).
 */
export type TraceState = 'complete' | 'recording' | 'incomplete' | 'damaged';

export function stateOf(trace: TraceReader): TraceState {
  if (trace.damage !== undefined) return 'damaged';
  if (trace.meta.outcome !== undefined) return 'complete';
  return isBeingRecorded(trace.meta) ? 'recording' : 'incomplete';
}

/** A trace that has no end, in a sentence; undefined for one that has. */
export function missingEnd(trace: TraceReader): string | undefined {
  switch (stateOf(trace)) {
    case 'complete':
      return undefined;
    case 'damaged':
      return trace.damage;
    case 'recording':
      return `the trace is being recorded by process ${trace.meta.pid}: this is what there is so far`;
    case 'incomplete':
      return 'the trace is incomplete: the recorder was killed, and this is what it had written';
  }
}

/**
 * Checks what neither opening a trace nor replaying it looks at: all of the database's pages, every memory
 * snapshot and all keyframes. Takes a second for 100 MB. A trace that is cut short is only checked as far as it is read.
 * @throws WasiRrError TRACE_CORRUPT
 */
export function checkFile(trace: TraceReader): void {
  if (trace.damage !== undefined) return;
  const [row] = trace.query('pragma quick_check(1)').rows;
  if (row?.[0] !== 'ok') {
    throw new WasiRrError('TRACE_CORRUPT', `${trace.path} is damaged: ${String(row?.[0])}.`);
  }
  for (const { id } of trace.snapshots()) trace.snapshot(id);
  checkKeyframes(trace);
}
