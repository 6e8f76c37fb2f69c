/**
 * Who wrote these bytes? A watched replay finds all writes to a range, by the guest and by the host. It is
 * compared with the recording.
 */
import { WasiRrError } from '../../errors.ts';
import { MAX_WATCHED } from '../instrument/hooks.ts';
import { observeHostWrites } from './host-writes.ts';
import { type Running, replayInstrumented } from './instrumented-replay.ts';
import { compareMarks, type Mark } from './mark.ts';
import type { TravelTarget } from './travel-target.ts';

/** Writing what was there already is a write too. */
export interface MemoryWrite {
  /** `guest`: `mark` is before the storing instruction. `host`: the answer to call `mark.event`. */
  readonly by: 'guest' | 'host';
  /** Of a host's write, the depth is that of the call, and pc is -1. Of a component, ticks are the instance's. */
  readonly mark: Mark;
  /** Of a component: the instance that wrote, or whose memory the host wrote to. */
  readonly instance?: number | undefined;
  /** Where the write began, and how much it wrote, inside and outside of the range. */
  readonly address: number;
  readonly length: number;
  /** First byte of the range that it wrote; the bytes before and after, from there on. */
  readonly from: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface WriteQuery {
  /** Bytes of memory 0. */
  readonly address: number;
  readonly length: number;
  /** Only what was written before; everything unless given. */
  readonly until?: Mark | undefined;
  /** Only what was written until right after this event and its effects. */
  readonly upTo?: number | undefined;
  /** How many of the last writes to keep. */
  readonly keep: number;
}

export interface WriteList {
  /** Oldest first. */
  readonly writes: readonly MemoryWrite[];
  /** How many there were, kept or not. */
  readonly total: number;
  /** Bytes of the memory at the end; it never shrinks. */
  readonly memorySize: number;
  /** Whether the module's data had put something there before any code ran. */
  readonly hasData: boolean;
  /** What a user should know besides. */
  readonly note: string | undefined;
}

/**
 * @param onEvent is told of every event that passes; what it throws ends the replay
 * @throws WasiRrError as replayInstrumented; OPTION_INVALID for an empty range
 */
export async function writesTo(
  target: TravelTarget,
  query: WriteQuery,
  onEvent: (event: number) => void = () => {},
): Promise<WriteList> {
  const { address, length, keep } = query;
  if (!(length > 0 && address >= 0 && address + length <= 2 ** 32)) {
    throw new WasiRrError('OPTION_INVALID', 'a range to watch must have bytes, in 32 bits.');
  }
  if (length > MAX_WATCHED) {
    throw new WasiRrError('OPTION_INVALID', `a range to watch has ${MAX_WATCHED} bytes at most.`);
  }
  let running: Running | undefined;
  /** The range as far as it is known; what memory does not reach holds zeros when it does. */
  const known = new Uint8Array(length);
  let hasData = false;
  let total = 0;
  let writes: MemoryWrite[] = [];
  const memory = () => running?.memory() ?? new Uint8Array(0);
  const now = (pc: number, by = running): Mark => ({
    event: by?.event() ?? -1,
    tick: -Number(by?.probes.global('ticksLeft').value ?? 0n),
    depth: Number(by?.probes.global('depth').value ?? 0),
    pc,
  });
  const wrote = (
    by: MemoryWrite['by'],
    mark: Mark,
    at: number,
    size: number,
    instance = target.instance,
  ) => {
    const from = Math.max(at, address);
    const to = Math.min(at + size, address + length);
    if (from >= to) return;
    const place = from - address;
    const after = memory().slice(from, to);
    const before = known.slice(place, place + after.length);
    known.set(after, place);
    if (isLater(by, mark, query)) return;
    total++;
    const whose = instance === undefined ? {} : { instance };
    writes.push({ by, mark, ...whose, address: at, length: size, from, before, after });
    if (writes.length > 2 * keep + 16) writes = keep > 0 ? writes.slice(-keep) : [];
  };
  const observer = observeHostWrites(onEvent, (event, at, size) => {
    wrote('host', { ...now(-1), event }, at, size);
  });
  const note = await replayInstrumented(
    target,
    { tick: true, frames: 'depth', watch: true },
    (started) => {
      const { probes, instance } = started;
      if (target.instance === undefined || instance === target.instance) running = started;
      // of a component, another one may have begun to fill the memory before
      known.set(started.memory().subarray(address, address + length));
      if (running === started) hasData = known.some((byte) => byte !== 0);
      probes.watch(address, length);
      const whose = target.instance === undefined ? undefined : instance;
      probes.set('wrote', (pc, at, size) => {
        running ??= started;
        wrote('guest', now(pc, started), at, size, whose);
      });
    },
    observer,
    undefined,
    target.instance === undefined ? [undefined] : target.sharers,
  );
  const kept = keep > 0 ? writes.slice(-keep) : [];
  return { writes: kept, total, memorySize: memory().length, hasData, note };
}

function isLater(by: MemoryWrite['by'], mark: Mark, { until, upTo }: WriteQuery): boolean {
  if (until !== undefined && compareMarks(mark, until) >= 0) return true;
  return upTo !== undefined && (by === 'host' ? mark.event > upTo : mark.event >= upTo);
}
