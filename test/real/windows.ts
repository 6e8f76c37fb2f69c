/**
 * Every instruction of some parts of a run too long to be seen whole, with what was written and what memory held, by
 * one replay of its own: the truth that motions of the debugger in whole programs are held against.
 */
import { replayInstrumented } from '../../replayer/timetravel/instrumented-replay.ts';
import type { Mark } from '../../replayer/timetravel/mark.ts';
import { TravelTarget } from '../../replayer/timetravel/travel-target.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { memoryHasher } from '../../wasm/xxh64.ts';
import { allFunctions } from '../replayer/instrument/variants.ts';

export interface Written {
  /** Of the instruction, in the window. */
  readonly index: number;
  readonly address: number;
  readonly after: Uint8Array;
}

export interface Window {
  readonly marks: readonly Mark[];
  readonly writes: readonly Written[];
  /** Of all of memory, before some of the instructions. */
  readonly memory: ReadonlyMap<number, bigint>;
}

const MOST_INSTRUCTIONS = 50_000;
/** Instructions after which all of memory is hashed. */
const HASHED_EACH = 5000;
const ALL = 0x7fffffff;

/** Function entries and rounds of loops of the whole run. */
export async function ticksOf(trace: TraceReader): Promise<number> {
  let left = (): unknown => 0n;
  await replayInstrumented(
    new TravelTarget(trace),
    { tick: true, frames: 'depth' },
    ({ probes }) => {
      left = () => probes.global('ticksLeft').value;
    },
  );
  return -Number(left());
}

/** @param begins ticks with which they begin, ascending; the next one begins behind the end of one */
export async function windowsOf(
  trace: TraceReader,
  begins: readonly number[],
  length: number,
): Promise<Window[]> {
  const target = new TravelTarget(trace);
  const windows: { marks: Mark[]; writes: Written[]; memory: Map<number, bigint> }[] = [];
  const steps = allFunctions(target.module);
  const plan = { tick: true, frames: 'depth', watch: true, steps } as const;
  await replayInstrumented(target, plan, ({ probes, memory, event, exports }) => {
    const hash = memoryHasher(exports.memory as WebAssembly.Memory);
    /** The tick at which the counter is at 0. */
    let base = begins[0] ?? 0;
    let next = 0;
    let inside = false;
    const left = probes.global('ticksLeft');
    left.value = BigInt(base);
    const wait = (tick: number) => {
      const now = base - Number(left.value);
      base = tick;
      left.value = BigInt(tick - now);
    };
    const leave = () => {
      inside = false;
      probes.global('armed').value = 0;
      probes.watch(0, 0);
      const to = begins[++next];
      if (to !== undefined) wait(to);
    };
    probes.set('ticked', () => {
      if (inside) {
        leave();
        return;
      }
      if (next >= begins.length) return;
      inside = true;
      windows.push({ marks: [], writes: [], memory: new Map() });
      probes.global('armed').value = ALL;
      probes.watch(0, 2 ** 32 - 16);
      wait(base + length);
    });
    probes.set('stop', (pc, depth) => {
      const window = windows.at(-1);
      if (!inside || window === undefined) return;
      const { marks } = window;
      if (marks.length >= MOST_INSTRUCTIONS) return;
      if (marks.length % HASHED_EACH === 0)
        window.memory.set(marks.length, hash(0, memory().length, 0n));
      marks.push({ event: event(), tick: base - Number(left.value), depth, pc });
    });
    probes.set('wrote', (_pc, address, size) => {
      const window = windows.at(-1);
      if (!inside || window === undefined || window.marks.length >= MOST_INSTRUCTIONS) return;
      const index = window.marks.length - 1;
      window.writes.push({ index, address, after: memory().slice(address, address + size) });
    });
  });
  return windows;
}
