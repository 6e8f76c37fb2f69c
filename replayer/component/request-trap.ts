/** Where a recorded server trapped: it goes on after that, with new instances. */
import type { UnwindEvent } from '../../traces/events.ts';
import { parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';

/** The end of the last request that made it trap; undefined for what is no server, and where none did. */
export function requestTrap(trace: TraceReader): UnwindEvent | undefined {
  for (const { failure, spans } of trace.requests().reverse()) {
    const last = spans.at(-1)?.[1];
    if (failure === null || last === undefined) continue;
    const trap = trapAt(trace, last);
    if (trap !== undefined) return trap;
  }
  return undefined;
}

/** The core instance that had been entered. */
export function trappedInstance(trace: TraceReader): number | undefined {
  const opened = requestTrap(trace)?.opened;
  if (opened === undefined) return undefined;
  try {
    const [event] = trace.events(opened, opened + 1);
    return event?.kind === 'enter' ? (event.func.instance ?? 0) : undefined;
  } catch {
    return undefined;
  }
}

function trapAt(trace: TraceReader, number: number): UnwindEvent | undefined {
  try {
    const [event] = trace.events(number, number + 1);
    if (event?.kind !== 'unwind') return undefined;
    return parseOutcomeText(event.reason)?.kind === 'trap' ? event : undefined;
  } catch {
    // a damaged segment: the rest of the trace can be looked at
    return undefined;
  }
}
