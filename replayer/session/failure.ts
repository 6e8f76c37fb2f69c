/** Where a run went wrong, as far as its trace tells: the place at which a debugger opens it. */
import type { TraceReader } from '../../traces/reader.ts';
import { ENDS_OF_LISTS } from '../../wasi/ends-of-lists.ts';
import { requestTrap } from '../component/request-trap.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import { findCall } from './find-call.ts';

export interface FailurePlace {
  /** Event number. */
  readonly event: number;
  /**
   * - `trap`: the guest trapped; the event is its end, or that of the last request with which a server did.
   * - `call`: it exited with a code other than 0; the event is the last call before that failed.
   * - `message`: it exited so, and no call had failed shortly before it complained on stderr; the event
   *   is where it began to.
   * - `exit`: it exited so, and neither failed a call nor did it complain; the event is the end.
   * - `stopped`: it was interrupted, its host failed, or the recorder was killed; the last event.
   * - `none`: it exited with 0; the last event.
   */
  readonly kind: 'trap' | 'call' | 'message' | 'exit' | 'stopped' | 'none';
}

export async function findFailure(
  trace: TraceReader,
  options: RequestOptions,
): Promise<FailurePlace> {
  const { outcome } = trace.meta;
  const event = trace.eventCount - 1;
  if (outcome?.kind === 'trap') return { event: requestTrap(trace)?.number ?? event, kind: 'trap' };
  if (outcome?.kind !== 'exit') return { event, kind: 'stopped' };
  if (outcome.code === 0) return { event, kind: 'none' };
  const condition = { failed: true, unless: ENDS_OF_LISTS };
  const call = await findCall(trace, condition, trace.eventCount, 'backward', options);
  const message = await findComplaint(trace, options);
  if (call !== undefined && call > (message ?? 0) - NEAR) return { event: call, kind: 'call' };
  return message === undefined ? { event, kind: 'exit' } : { event: message, kind: 'message' };
}

/** Events between a call that failed and the complaint about it, or between two parts of one complaint. */
const NEAR = 16;

/** Of more writes that follow on each other it is a log, and only the last one may be a complaint. */
const MAX_PARTS = 16;

/** Calls that write to stderr. */
const COMPLAINTS = {
  preview1: { function: 'fd_write', fd: 2, errno: 'success' },
  component: { name: 'write', text: '<stderr>', errno: 'success' },
} as const;

/** The call with which the last words on stderr begin. */
async function findComplaint(
  trace: TraceReader,
  options: RequestOptions,
): Promise<number | undefined> {
  const complaint = COMPLAINTS[trace.meta.flavour];
  const last = await findCall(trace, complaint, trace.eventCount, 'backward', options);
  let first = last;
  for (let parts = 1; first !== undefined && parts < MAX_PARTS; parts++) {
    const before = await findCall(trace, complaint, first, 'backward', options);
    if (before === undefined || first - before > NEAR) return first;
    first = before;
  }
  return last;
}
