/** Where a run went wrong, as far as its trace tells: the place at which a debugger opens it. */
import type { TraceReader } from '../../traces/reader.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import { findCall } from './find-call.ts';

export interface FailurePlace {
  /** Event number. */
  readonly event: number;
  /**
   * - `trap`: the guest trapped; the event is its end.
   * - `call`: it exited with a code other than 0; the event is the last call before that failed.
   * - `exit`: it exited so, but no call had failed; the event is the end.
   * - `stopped`: it was interrupted, its host failed, or the recorder was killed; the last event.
   * - `none`: it exited with 0; the last event.
   */
  readonly kind: 'trap' | 'call' | 'exit' | 'stopped' | 'none';
}

/** This is how a C library learns that there are no more preopened directories. */
const END_OF_PREOPENS = { function: 'fd_prestat_get', errno: 'badf' };

export async function findFailure(
  trace: TraceReader,
  options: RequestOptions,
): Promise<FailurePlace> {
  const { outcome } = trace.meta;
  const event = trace.eventCount - 1;
  if (outcome?.kind === 'trap') return { event, kind: 'trap' };
  if (outcome?.kind !== 'exit') return { event, kind: 'stopped' };
  if (outcome.code === 0) return { event, kind: 'none' };
  const condition = { failed: true, unless: END_OF_PREOPENS };
  const call = await findCall(trace, condition, trace.eventCount, 'backward', options);
  return call === undefined ? { event, kind: 'exit' } : { event: call, kind: 'call' };
}
