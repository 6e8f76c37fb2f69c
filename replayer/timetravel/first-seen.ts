/**
 * When does memory hold some bytes for the first time? A replay in which every store is looked at; it is
 * compared with the recording.
 */
import { WasiRrError } from '../../errors.ts';
import { findInstructions } from '../instrument/find-instructions.ts';
import { MAX_WATCHED } from '../instrument/hooks.ts';
import type { InstructionReader } from '../instrument/instruction-reader.ts';
import { OP } from '../instrument/opcode-numbers.ts';
import { observeHostWrites } from './host-writes.ts';
import { type Running, replayInstrumented } from './instrumented-replay.ts';
import type { Mark } from './mark.ts';
import { PatternFilter } from './pattern-filter.ts';
import type { TravelTarget } from './travel-target.ts';

export interface FirstSeen {
  /** `start`: they are among the data of the module. */
  readonly by: 'guest' | 'host' | 'start';
  /** Of the guest's write, before its instruction; of the host's, its call is event `mark.event`. */
  readonly mark: Mark;
  /** Where they begin. */
  readonly address: number;
  /** Of a component, whose memory others write to as well: the instance that wrote, where it is another one. */
  readonly other: number | undefined;
}

const START: Mark = { event: -1, tick: 0, depth: 0, pc: -1 };

/**
 * @param onEvent is told of every event that passes; what it throws ends the replay
 * @returns undefined where memory never holds them
 * @throws WasiRrError as replayInstrumented; OPTION_INVALID for no bytes
 */
export async function firstSeen(
  target: TravelTarget,
  bytes: Uint8Array,
  onEvent: (event: number) => void = () => {},
): Promise<FirstSeen | undefined> {
  if (bytes.length === 0) throw new WasiRrError('OPTION_INVALID', 'no bytes to look for.');
  const grows = growsOf(target);
  let running: Running | undefined;
  let found: FirstSeen | undefined;
  const all: Running[] = [];
  let filter: PatternFilter | undefined;
  /** The last time that memory was about to grow. */
  let growing: { readonly mark: Mark; readonly size: number } | undefined;
  const look = (
    by: FirstSeen['by'],
    mark: () => Mark,
    at: number,
    size: number,
    instance = target.instance,
  ) => {
    lookAtGrown();
    if (found !== undefined || running === undefined) return;
    search(by, mark, at, size, instance);
  };
  const search = (
    by: FirstSeen['by'],
    mark: () => Mark,
    at: number,
    size: number,
    instance: number | undefined,
  ) => {
    const memory = running?.memory() ?? new Uint8Array(0);
    const from = Math.max(0, at - bytes.length + 1);
    const window = memory.subarray(from, at + size + bytes.length - 1);
    const hit = Buffer.from(window.buffer, window.byteOffset, window.length).indexOf(bytes);
    if (hit < 0) return;
    const other = instance === target.instance ? undefined : instance;
    found = { by, mark: mark(), address: from + hit, other };
    for (const { probes } of all) probes.watch(0, 0);
  };
  /** Its zeros may be the last bytes of what is looked for. */
  const lookAtGrown = () => {
    if (growing === undefined || running === undefined) return;
    const { mark, size } = growing;
    const grown = running.memory().length - size;
    growing = undefined;
    if (filter) filter.passesAll = false;
    if (grown > 0 && found === undefined) search('guest', () => mark, size, grown, target.instance);
  };
  const now = (pc: number, by = running): Mark => ({
    event: by?.event() ?? -1,
    tick: -Number(by?.probes.global('ticksLeft').value ?? 0n),
    depth: Number(by?.probes.global('depth').value ?? 0),
    pc,
  });
  const observer = observeHostWrites(onEvent, (event, at, size) => {
    look('host', () => ({ ...now(-1), event }), at, size);
  });
  await replayInstrumented(
    target,
    {
      tick: true,
      frames: 'depth',
      watch: true,
      ...(grows && { breaks: new Set([...grows].flat()) }),
    },
    (started) => {
      const { probes, instance } = started;
      all.push(started);
      if (target.instance === undefined || instance === target.instance) running = started;
      // all of a 32-bit memory but its last bytes
      probes.watch(0, MAX_WATCHED);
      look('start', () => START, 0, started.memory().length);
      if (grows) {
        probes.set('stop', (pc) => {
          lookAtGrown();
          if (!grows.has(pc)) return;
          growing = { mark: now(pc, started), size: started.memory().length };
          if (filter) filter.passesAll = true;
        });
      }
      const whose = target.instance === undefined ? undefined : instance;
      const wrote = (pc: number, at: number, size: number) => {
        running ??= started;
        look('guest', () => now(pc, started), at, size, whose);
      };
      filter = filterFor(target, started, bytes, wrote);
      if (filter) probes.setWasm('wrote', filter.hook);
      else probes.set('wrote', wrote);
    },
    observer,
    undefined,
    target.instance === undefined ? [undefined] : target.sharers,
  );
  lookAtGrown();
  return found;
}

/** Of a module alone: of a component, others may write to the memory. */
function filterFor(
  target: TravelTarget,
  { exports: { memory }, layout }: Running,
  bytes: Uint8Array,
  wrote: (pc: number, at: number, size: number) => void,
): PatternFilter | undefined {
  const isWide = layout.memories[target.watchedMemory]?.address64 ?? true;
  if (target.instance !== undefined || isWide || !(memory instanceof WebAssembly.Memory)) {
    return undefined;
  }
  return new PatternFilter(memory, bytes, wrote);
}

/** Of a module alone: those of a component's instances share their memories. */
function growsOf(target: TravelTarget): ReadonlyMap<number, number> | undefined {
  const { instance, module, watchedMemory } = target;
  if (instance !== undefined) return undefined;
  const isGrow = ({ code, index }: InstructionReader) =>
    code === OP.memoryGrow && index === watchedMemory;
  const found = findInstructions(module, isGrow);
  return found.size === 0 ? undefined : found;
}
