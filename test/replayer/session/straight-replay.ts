/**
 * The state after each event, by a straight replay that looks after every one: what a session must show
 * wherever it comes from.
 */
import type { CallObserver } from '../../../replayer/feed.ts';
import { GuestReplay } from '../../../replayer/guest-replay.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';

// the frames of a trap are compared with the recorded ones
Error.stackTraceLimit = MAX_FRAMES + 20;

/** Memory after each event, from -1 at index 0; undefined where the start section hides it. */
export function memoriesOf(trace: string): (Uint8Array | undefined)[] {
  const reader = new TraceReader(trace);
  const memories: (Uint8Array | undefined)[] = [];
  const note = (event: number, memory: Uint8Array | undefined) => {
    memories[event + 1] = memory?.slice();
  };
  const observer: CallObserver = {
    // for a call that does not return, this is all there is
    before: (event, _func, _args, memory) => note(event, memory),
    after: (event, _func, _args, memory) => note(event, memory),
  };
  try {
    const replay = new GuestReplay(reader, { module: reader.module(), observer });
    const steps = replay.steps();
    let step = steps.next();
    while (!step.done) {
      if (step.value.kind === 'passed') {
        const memory = replay.exports?.memory;
        const bytes =
          memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : undefined;
        note(replay.events - 1, bytes ?? new Uint8Array(0));
        step = steps.next();
        continue;
      }
      const { target, args } = step.value;
      try {
        step = steps.next({ returned: target(...args) });
      } catch (thrown) {
        step = steps.next({ thrown });
      }
    }
    return memories;
  } finally {
    reader.close();
  }
}
