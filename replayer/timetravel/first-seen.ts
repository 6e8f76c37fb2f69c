/**
 * When does memory hold some bytes for the first time? A replay in which every store is looked at; it is
 * compared with the recording.
 */
import { WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { CallObserver } from '../feed.ts';
import { type Running, replayInstrumented } from './instrumented-replay.ts';
import type { Mark } from './mark.ts';

export interface FirstSeen {
  /** `start`: they are among the data of the module. */
  readonly by: 'guest' | 'host' | 'start';
  /** Of the guest's write, before its instruction; of the host's, its call is event `mark.event`. */
  readonly mark: Mark;
  /** Where they begin. */
  readonly address: number;
}

/** All of a 32-bit memory but its last bytes: with the width of a store, no more than 32 bits. */
const WHOLE_MEMORY = 0xffff_fff0;

const START: Mark = { event: -1, tick: 0, depth: 0, pc: -1 };

/**
 * @param onEvent is told of every event that passes; what it throws ends the replay
 * @returns undefined where memory never holds them
 * @throws WasiRrError as replayInstrumented; OPTION_INVALID for no bytes
 */
export function firstSeen(
  trace: TraceReader,
  bytes: Uint8Array,
  onEvent: (event: number) => void = () => {},
): FirstSeen | undefined {
  if (bytes.length === 0) throw new WasiRrError('OPTION_INVALID', 'no bytes to look for.');
  let running: Running | undefined;
  let found: FirstSeen | undefined;
  const look = (by: FirstSeen['by'], mark: () => Mark, at: number, size: number) => {
    if (found !== undefined || running === undefined) return;
    const memory = running.memory();
    const from = Math.max(0, at - bytes.length + 1);
    const window = memory.subarray(from, at + size + bytes.length - 1);
    const hit = Buffer.from(window.buffer, window.byteOffset, window.length).indexOf(bytes);
    if (hit < 0) return;
    found = { by, mark: mark(), address: from + hit };
    running.probes.global('watchLength').value = 0;
  };
  const now = (pc: number): Mark => ({
    event: running?.event() ?? -1,
    tick: -Number(running?.probes.global('ticksLeft').value ?? 0n),
    depth: Number(running?.probes.global('depth').value ?? 0),
    pc,
  });
  let answered: { at: number; size: number }[] = [];
  const observer: CallObserver = {
    before: onEvent,
    writes: (_event, ranges, size) => {
      let left = size;
      for (let i = 0; i < ranges.count && left > 0; i++) {
        const part = Math.min(left, ranges.length(i));
        answered.push({ at: ranges.address(i), size: part });
        left -= part;
      }
    },
    after: (event) => {
      for (const { at, size } of answered) look('host', () => ({ ...now(-1), event }), at, size);
      if (answered.length > 0) answered = [];
    },
  };
  replayInstrumented(
    trace,
    { tick: true, frames: 'depth', watch: true },
    (started) => {
      running = started;
      const { probes } = started;
      probes.global('watchFrom').value = 0;
      probes.global('watchLength').value = WHOLE_MEMORY | 0;
      look('start', () => START, 0, started.memory().length);
      probes.set('wrote', (pc, at, size) => look('guest', () => now(pc), at, size));
    },
    observer,
  );
  return found;
}
