/** The guest of a core module, run past the end of its recording. */
import type { CoreValue } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { GuestReplay } from '../guest-replay.ts';
import { made } from '../replay-step.ts';
import {
  liveBytes,
  NOTHING_BEGUN,
  NOTHING_BEYOND,
  type PastEnd,
  type PastGuest,
  type PastHost,
  unshared,
} from './past-guest.ts';

export function pastModule(trace: TraceReader, host: PastHost): PastGuest {
  const replay = new GuestReplay(trace, {
    module: unshared(trace.module()),
    endsInPlace: true,
    wrapImport:
      (answer, name) =>
      (...args: CoreValue[]) => {
        if (host.isPast()) host.called(name, args);
        const result = answer(...args);
        if (replay.ending?.kind !== 'log-ended') return result;
        // it was interrupted in this call, and no answer is made up
        if (lastKind(trace) === 'open') host.called(name, args);
        host.reached();
        return result;
      },
  });
  const run = (): PastEnd => {
    const steps = replay.steps();
    let step = steps.next();
    while (!step.done) {
      if (step.value.kind === 'passed') {
        step = steps.next();
        continue;
      }
      // the log may end with the entry itself
      if (replay.events >= trace.eventCount) host.reached();
      const ending = made(step.value);
      if (host.isPast()) return ending;
      step = steps.next(ending);
    }
    if (step.value.kind === 'diverged') {
      return { problem: 'the trace does not replay to its end' };
    }
    return { problem: trace.eventCount === 0 ? NOTHING_BEGUN : NOTHING_BEYOND };
  };
  return {
    run: async () => run(),
    memory: () => liveBytes(replay.exports?.memory),
    instances: () => undefined,
  };
}

function lastKind(trace: TraceReader): string | undefined {
  const [event] = trace.events(trace.eventCount - 1);
  return event?.kind;
}
