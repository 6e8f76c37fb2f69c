/** The next or the previous call that meets a condition, from the trace alone. */
import type { LogEvent } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { type CallFilter, Timeline } from '../../traces/timeline.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import { TimeSlices } from './time-slices.ts';

/** All that is given must hold; nothing given holds for every call. */
export interface CallCondition extends CallFilter {
  /** In what the call passed to the host or got from it, as far as the trace kept it. */
  readonly bytes?: Uint8Array;
}

export type Direction = 'forward' | 'backward';

/** Events that are decoded between two looks at the clock. */
const STRIDE = 64;

/**
 * @param from event number; the call found lies after it, or before it when going backward
 * @returns its event number; undefined where there is none
 * @throws WasiRrError QUERY_FAILED, TRACE_CORRUPT (no call index), SEGMENT_CORRUPT (with `bytes`)
 */
export async function findCall(
  trace: TraceReader,
  condition: CallCondition,
  from: number,
  direction: Direction,
  options: RequestOptions,
): Promise<number | undefined> {
  const backward = direction === 'backward';
  const start = backward ? 0 : Math.max(0, from + 1);
  const end = backward ? Math.min(from, trace.eventCount) : trace.eventCount;
  const { bytes, ...filter } = condition;
  const slices = new TimeSlices(options);
  const timeline = new Timeline(trace.path);
  try {
    for (const { numbers, looked } of timeline.matches(filter, start, end, backward)) {
      const found =
        bytes === undefined ? numbers[0] : await firstWith(bytes, trace, numbers, backward, slices);
      if (found !== undefined) return found;
      await slices.turn(backward ? end - looked : start + looked);
    }
    return undefined;
  } finally {
    timeline.close();
  }
}

/** @param numbers of calls, in the order in which they are wanted */
async function firstWith(
  bytes: Uint8Array,
  trace: TraceReader,
  numbers: readonly number[],
  backward: boolean,
  slices: TimeSlices,
): Promise<number | undefined> {
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const wanted = new Set(numbers);
  let found: number | undefined;
  // a log is decoded forwards, whichever way one looks
  for (const event of trace.events(Math.min(first, last), Math.max(first, last) + 1)) {
    if (event.number % STRIDE === 0 && slices.over) await slices.turn(event.number);
    if (!wanted.has(event.number) || !carries(event, bytes)) continue;
    found = event.number;
    if (!backward) break;
  }
  return found;
}

function carries(event: LogEvent, bytes: Uint8Array): boolean {
  if (event.kind !== 'call' && event.kind !== 'open') return false;
  const contains = (data: Uint8Array) =>
    Buffer.from(data.buffer, data.byteOffset, data.length).includes(bytes);
  return contains(event.reads) || event.effects.some((effect) => contains(effect.bytes));
}
