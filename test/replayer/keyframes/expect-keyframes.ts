/** Keyframes of a core module's trace, against a straight replay that looks at memory at every moment. */
import { expect } from 'vitest';
import { GuestReplay } from '../../../replayer/guest-replay.ts';
import { makeKeyframes } from '../../../replayer/keyframes/make-keyframes.ts';
import { passedAt, reachedAt } from '../../../traces/keyframes/moments.ts';
import { KeyframeReader } from '../../../traces/keyframes/reader.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { MAX_FRAMES } from '../../../wasm/traps.ts';

const BUDGET = 64 << 20;
/** Moments whose memory is put together and compared as a whole; the pass itself compares all of them. */
const MOMENTS = 200;

/** The pass finds no page that changed without a mark, and what it keeps is the memory of a straight replay. */
export async function expectKeyframes(path: string): Promise<void> {
  const { stackTraceLimit } = Error;
  // the frames of a trap are compared with the recorded ones
  Error.stackTraceLimit = MAX_FRAMES + 20;
  const trace = new TraceReader(path);
  try {
    const keyframes = new KeyframeReader(
      await makeKeyframes(trace, { budget: BUDGET, paranoid: true }),
    );
    const every = Math.ceil(trace.eventCount / MOMENTS);
    let compared = 0;
    const compare = (moment: number, memory: Uint8Array) => {
      // V8 hands it out when the start section has run
      if (memory.length === 0) return;
      compared++;
      const known = keyframes.whole(0, moment);
      if (known && Buffer.from(known).equals(memory)) return;
      expect.fail(known ? `another memory at moment ${moment}` : `moment ${moment} is not known`);
    };
    const replay: GuestReplay = new GuestReplay(trace, {
      module: trace.module(),
      observer: {
        before: (event, _func, _args, memory) => {
          if (event % every === 0) compare(reachedAt(event), memory);
        },
        after: (event, _func, _args, memory) => {
          if (event % every === 0) compare(passedAt(event), memory);
        },
      },
      passed: (event) => {
        const memory = replay.exports?.memory;
        if (!(memory instanceof WebAssembly.Memory)) return;
        const bytes = new Uint8Array(memory.buffer);
        if (event >= 0) compare(reachedAt(event), bytes);
        compare(passedAt(event), bytes);
      },
    });
    replay.run();
    if (replay.exports?.memory) expect(compared).toBeGreaterThan(1);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    trace.close();
  }
}
