/**
 * Who wrote these bytes? One watched replay finds all writes to a range, by the guest and by the host; a
 * second one shows the stack and the locals at one of them. Both are compared with the recording.
 */
import { WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { CallObserver } from '../feed.ts';
import { type Frame, readFrames } from './frames.ts';
import { type Running, replayInstrumented } from './instrumented-replay.ts';
import { compareMarks, type Mark } from './mark.ts';

/** Writing what was there already is a write too. */
export interface MemoryWrite {
  /** `guest`: `mark` is before the storing instruction. `host`: the answer to call `mark.event`. */
  readonly by: 'guest' | 'host';
  /** Of a host's write, tick and event only: depth and pc are -1. */
  readonly mark: Mark;
  /** Where the write began, and how much it wrote, inside and outside of the range. */
  readonly address: number;
  readonly length: number;
  /** The range before and after. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface WriteQuery {
  /** Bytes of memory 0. */
  readonly address: number;
  readonly length: number;
  /** Only what was written before; everything unless given. */
  readonly until?: Mark;
  /** How many of the last writes to keep. */
  readonly keep: number;
}

export interface WriteList {
  /** Oldest first. */
  readonly writes: readonly MemoryWrite[];
  /** How many there were, kept or not. */
  readonly total: number;
  /** The range as instantiation left it: what it holds if nothing was written. */
  readonly initial: Uint8Array;
  /** What a user should know besides. */
  readonly note: string | undefined;
}

/** @throws WasiRrError as replayInstrumented; OPTION_INVALID for an empty range */
export function writesTo(trace: TraceReader, query: WriteQuery): WriteList {
  const { address, length, until, keep } = query;
  if (!(length > 0 && address >= 0 && address + length <= 2 ** 32)) {
    throw new WasiRrError('OPTION_INVALID', 'a range to watch must have bytes, in 32 bits.');
  }
  let running: Running | undefined;
  let initial = new Uint8Array(0);
  let known = initial;
  let total = 0;
  let writes: MemoryWrite[] = [];
  const range = () => running?.memory().slice(address, address + length) ?? new Uint8Array(0);
  const tick = () => -Number(running?.probes.global('ticksLeft').value ?? 0n);
  const wrote = (by: MemoryWrite['by'], mark: Mark, at: number, size: number) => {
    if (size <= 0 || at >= address + length || at + size <= address) return;
    const before = known;
    known = range();
    if (until !== undefined && compareMarks(mark, until) >= 0) return;
    total++;
    writes.push({ by, mark, address: at, length: size, before, after: known });
    if (writes.length > 2 * keep + 16) writes = writes.slice(-keep);
  };
  let answered: { at: number; size: number }[] = [];
  const observer: CallObserver = {
    before: () => {},
    writes: (_event, ranges, size) => {
      let left = size;
      for (let i = 0; i < ranges.count && left > 0; i++) {
        const part = Math.min(left, ranges.length(i));
        answered.push({ at: ranges.address(i), size: part });
        left -= part;
      }
    },
    after: (event) => {
      const mark = { event, tick: tick(), depth: -1, pc: -1 };
      for (const { at, size } of answered) wrote('host', mark, at, size);
      if (answered.length > 0) answered = [];
    },
  };
  const begin = (started: Running) => {
    running = started;
    const { probes } = started;
    initial = range();
    known = initial;
    probes.global('watchFrom').value = address | 0;
    probes.global('watchLength').value = length | 0;
    probes.set('wrote', (pc, at, size) => {
      const depth = Number(probes.global('depth').value);
      wrote('guest', { event: started.event(), tick: tick(), depth, pc }, at, size);
    });
  };
  const note = replayInstrumented(
    trace,
    { tick: true, frames: 'depth', watch: true },
    begin,
    observer,
  );
  return { writes: keep > 0 ? writes.slice(-keep) : [], total, initial, note };
}

/**
 * The guest's stack just before the instruction at a mark, innermost frame first.
 * @throws WasiRrError as replayInstrumented; EVENT_NOT_FOUND where the run never comes there
 */
export function framesAt(trace: TraceReader, mark: Mark): readonly Frame[] {
  let frames: readonly Frame[] | undefined;
  replayInstrumented(
    trace,
    { tick: true, frames: 'spill', breaks: new Set([mark.pc]) },
    ({ probes, layout, event }) => {
      probes.set('stop', (pc, depth) => {
        const now = -Number(probes.global('ticksLeft').value);
        if (now !== mark.tick || depth !== mark.depth || event() !== mark.event) return;
        const top = Number(probes.global('top').value);
        frames = readFrames(layout, probes.memory('frames').buffer, top, pc);
      });
    },
  );
  if (frames !== undefined) return frames;
  throw new WasiRrError(
    'EVENT_NOT_FOUND',
    `the run never comes to 0x${mark.pc.toString(16)} at tick ${mark.tick}, depth ${mark.depth}.`,
    { event: mark.event },
  );
}
