/** For commands that look at variables: opens a trace for time travel, and finds the event that is meant. */
import { basename } from 'node:path';
import { type OnProgress, openTimeTravel, type TimeTravel, TraceView } from '../index.ts';
import { eventAt, type Target } from './event-argument.ts';
import { Progress } from './progress.ts';
import { stdout } from './streams.ts';
import { openNamed } from './trace-argument.ts';

export interface InsideLook {
  readonly travel: TimeTravel;
  readonly event: number;
  readonly options: { readonly onProgress: OnProgress };
  /** Ends the line that tells how far the replay is. */
  readonly done: () => void;
}

/**
 * @param work returns the exit code
 * @param instance of a component; the one that holds the program unless given
 * @throws WasiRrError as openTrace, EVENT_NOT_FOUND, and what the work throws
 */
export async function lookInside(
  { trace: name, place }: Target,
  work: (look: InsideLook) => Promise<number>,
  instance?: number,
): Promise<number> {
  const trace = openNamed(name);
  const view = new TraceView(trace);
  const progress = new Progress(`replaying ${basename(trace.path)}`);
  const onProgress = progress.replay(trace.eventCount);
  let travel: TimeTravel | undefined;
  try {
    const event = await eventAt(view, place);
    view.checkEvent(event);
    travel = openTimeTravel(trace.path, { instance });
    return await work({ travel, event, options: { onProgress }, done: () => progress.clear() });
  } finally {
    progress.clear();
    await stdout.flush();
    await travel?.close();
    trace.close();
  }
}
