/** A replay with what it printed; and one without a thread of its own, for many in a row. */
import { GuestReplay } from '../../replayer/guest-replay.ts';
import { type ReplayOptions, type ReplayReport, replay } from '../../replayer/replay.ts';
import type { ReplayEnd } from '../../replayer/replay-messages.ts';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES } from '../../wasm/traps.ts';

export interface ReplayedRun extends ReplayReport {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export async function replayed(
  trace: string,
  options: Omit<ReplayOptions, 'trace' | 'onOutput'> = {},
): Promise<ReplayedRun> {
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const report = await replay({
    ...options,
    trace,
    onOutput: (stream, bytes) => {
      chunks[stream].push(bytes);
    },
  });
  return { ...report, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
}

/** A replay in this thread: as fast as it gets, but its stack is no larger than the recorder's. */
export function replayedHere(trace: string): ReplayEnd & { readonly events: number } {
  const reader = new TraceReader(trace);
  const { stackTraceLimit } = Error;
  // frames of a trap are compared: as many must be there as were recorded
  Error.stackTraceLimit = MAX_FRAMES + 20;
  try {
    const guest = new GuestReplay(reader, { module: reader.module() });
    const end = guest.run();
    return { ...end, events: guest.events };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    reader.close();
  }
}
