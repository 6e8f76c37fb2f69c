/** How fast modules are rewritten, in each way. */
import type { InstrumentPlan } from '../replayer/instrument/plan.ts';
import { type InstrumentedModule, instrument } from '../replayer/instrument/rewrite.ts';

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
}

export function measureRewriting(bytes: Uint8Array, { plan }: Variant): Rewriting {
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
  };
}
