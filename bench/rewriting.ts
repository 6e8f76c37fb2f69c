/** How fast modules are rewritten, and what each kind of rewriting costs a replay. */
import { GuestReplay } from '../replayer/guest-replay.ts';
import { probesOf } from '../replayer/instrument/hooks.ts';
import type { InstrumentPlan } from '../replayer/instrument/plan.ts';
import { type InstrumentedModule, instrument } from '../replayer/instrument/rewrite.ts';
import type { TraceReader } from '../traces/reader.ts';

/**
 * Passes of a replay without a better one, and milliseconds that they go on at least and at most: the first ones
 * compile, the best one counts. V8 has compiled the functions of esbuild after a hundred or so.
 */
const PASSES = 8;
const WARM_MS = { least: 2500, most: 15_000 } as const;
/** A pass over a small module is too short to be timed: as many as make this many bytes. */
const REWRITTEN_BYTES = 16 << 20;

/** Goal of DESIGN: a replay so many times longer at most. */
export interface Variant {
  readonly name: string;
  readonly plan: InstrumentPlan;
  readonly goal: number;
}

export const VARIANTS: readonly Variant[] = [
  { name: 'tick', plan: { tick: true }, goal: 1.4 },
  { name: 'tick, depth', plan: { tick: true, frames: 'depth' }, goal: 1.4 },
  { name: 'tick, spill', plan: { tick: true, frames: 'spill' }, goal: 2 },
  { name: 'watch', plan: { watch: true }, goal: 1.6 },
  { name: 'tick, depth, watch', plan: { tick: true, frames: 'depth', watch: true }, goal: 2 },
  { name: 'watch, reads', plan: { watch: true, reads: true }, goal: 2 },
  { name: 'dirty', plan: { dirty: true }, goal: 1.75 },
  { name: 'breaks', plan: { breaks: new Set() }, goal: 1.1 },
];

export interface Rewriting {
  /** MB of the module a second of CPU time: the first pass, cold, and the best. */
  readonly cold: number;
  readonly warm: number;
  /** Of the rewritten module, in sizes of the recorded one. */
  readonly size: number;
  /** CPU time of a replay through it, in those of a plain one. */
  readonly cost: number;
}

/** CPU milliseconds of a plain replay. Every replay here is compared with the recording. */
export function plainCost(trace: TraceReader): number {
  return cost(trace, trace.module());
}

export function measureRewriting(
  trace: TraceReader,
  { plan }: Variant,
  plainMs: number,
): Rewriting {
  const bytes = trace.module();
  const rounds = Math.max(3, Math.ceil(REWRITTEN_BYTES / bytes.length));
  const speeds: number[] = [];
  let made: InstrumentedModule | undefined;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    made = instrument(bytes, plan);
    const { user, system } = process.cpuUsage(before);
    speeds.push(bytes.length / Math.max(1, user + system));
  }
  if (made === undefined) throw new Error('nothing was rewritten');
  return {
    cold: speeds[0] ?? 0,
    warm: Math.max(...speeds),
    size: made.bytes.length / bytes.length,
    cost: cost(trace, made.bytes, plan, made) / plainMs,
  };
}

function cost(
  trace: TraceReader,
  bytes: Uint8Array,
  plan?: InstrumentPlan,
  made?: InstrumentedModule,
): number {
  const module = new WebAssembly.Module(bytes);
  let best = Number.POSITIVE_INFINITY;
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  for (let worse = 0; elapsed() < WARM_MS.least || worse < PASSES; worse++) {
    if (elapsed() > WARM_MS.most) break;
    const before = process.cpuUsage();
    const end = new GuestReplay(trace, {
      module,
      start: made?.start,
      original: made?.original,
      attach: (exports) => {
        if (made === undefined) return;
        const probes = probesOf(exports, made.prefix);
        if (plan?.frames !== 'spill') return;
        probes.set('room', () => {
          const memory = probes.memory('frames');
          memory.grow(memory.buffer.byteLength / 65536);
          probes.global('limit').value = memory.buffer.byteLength;
        });
      },
    }).run();
    const { user, system } = process.cpuUsage(before);
    if (end.kind !== 'replayed' || !end.toItsEnd) throw new Error('it replays to another end');
    const ms = (user + system) / 1000;
    if (ms < best) worse = -1;
    best = Math.min(best, ms);
  }
  return best;
}
