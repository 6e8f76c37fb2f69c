/**
 * The guests of a component, run past the end of their recording, on the thread's own stack: a guest that has
 * been suspended has another one, on which V8's debugger cannot pause it.
 */
import { WasiRrError } from '../../errors.ts';
import type { CoreValue, LoggedFunction } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { ComponentReplay } from '../component/component-replay.ts';
import { coreLayout } from '../component/core-layout.ts';
import { moduleNames, recordedModules } from '../component/core-modules.ts';
import { type CallEnding, made } from '../replay-step.ts';
import {
  liveBytes,
  NOTHING_BEYOND,
  type PastEnd,
  type PastGuest,
  type PastHost,
  unshared,
} from './past-guest.ts';

export function pastComponent(trace: TraceReader, host: PastHost): PastGuest {
  const layout = coreLayout(trace);
  const runnable = recordedModules(trace, unshared);
  const last = lastEntry(trace);
  const replay = new ComponentReplay(trace, {
    runnable,
    plain: ({ number }) => number === last,
    beyond: {
      reached: (waited) => {
        if (waited) throw suspended();
        host.reached();
      },
      called: (func: LoggedFunction, args: readonly CoreValue[]) => host.called(func.name, args),
    },
  });
  const run = async (): Promise<PastEnd> => {
    const steps = replay.steps();
    let step = steps.next();
    while (!step.done) {
      const { value } = step;
      let ending: CallEnding | undefined;
      if (value.kind === 'wait') await value.until;
      else if (value.kind === 'call') {
        ending = made(value);
        if (host.isPast()) return ending;
      }
      step = steps.next(ending);
    }
    if (step.value.kind === 'diverged') {
      return { problem: 'the trace does not replay to its end' };
    }
    return { problem: step.value.toItsEnd ? NOTHING_BEYOND : NOBODY_RUNS };
  };
  const number = layout.instances[layout.main]?.memories[0] ?? -1;
  return {
    run,
    memory: () => liveBytes(replay.graph.memories[number]),
    instances: () => moduleNames(trace, replay.graph.instances.length, runnable),
  };
}

const NOBODY_RUNS = 'no guest runs at the end of the recording: all wait for their host';

/**
 * The entry of a guest that could suspend and did not, before the log ended.
 * @returns undefined where there is none
 */
function lastEntry(trace: TraceReader): number | undefined {
  let last: number | undefined;
  for (const event of trace.events()) {
    if (event.kind === 'enter' && event.async) last = event.number;
    else if (event.kind === 'suspend') last = undefined;
    else if (event.kind === 'leave' && event.opened === last) last = undefined;
  }
  return last;
}

function suspended(): WasiRrError {
  return new WasiRrError(
    'REPLAY_FAILED',
    'the guest that runs on had waited for its host before, as WASI 0.3 lets it, and cannot be paused since. wasi-rr debug goes on with it: continue, from the end.',
  );
}
