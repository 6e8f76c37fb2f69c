/**
 * What each kind of rewriting costs a replay: plain ones and those of all variants take turns in one process. Time
 * is that of the guest's thread alone, which what V8 compiles meanwhile, and other programs, change little.
 */
import { GuestReplay } from '../replayer/guest-replay.ts';
import { probesOf } from '../replayer/instrument/hooks.ts';
import type { InstrumentPlan } from '../replayer/instrument/plan.ts';
import { type InstrumentedModule, instrument } from '../replayer/instrument/rewrite.ts';
import type { TraceReader } from '../traces/reader.ts';
import { withLateTierUp } from '../wasm/late-tier-up.ts';

/** Replays of each; the first one compiles, of the others the median counts. */
const ROUNDS = 9;
/** So many are made of a run that is long. */
const FEWER = { rounds: 4, ms: 1500 } as const;

/** Milliseconds of replays. */
export interface ReplayCost {
  readonly first: number;
  readonly second: number;
  /** Median of all but the first. */
  readonly warm: number;
}

/** @returns of plain replays, and of each plan's. Every replay is compared with the recording. */
export function replayCosts(
  trace: TraceReader,
  plans: readonly InstrumentPlan[],
): { readonly plain: ReplayCost; readonly costs: readonly ReplayCost[] } {
  const bytes = trace.module();
  const programs = [
    () => plainReplay(trace, new WebAssembly.Module(bytes)),
    ...plans.map((plan) => () => {
      const made = instrument(bytes, plan);
      const module = withLateTierUp(bytes.length, () => new WebAssembly.Module(made.bytes));
      return changedReplay(trace, module, made, plan);
    }),
  ].map((make) => make());
  const times: number[][] = programs.map(() => []);
  let rounds: number = ROUNDS;
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of programs.entries()) {
      const before = process.threadCpuUsage();
      run();
      const { user, system } = process.threadCpuUsage(before);
      times[i]?.push((user + system) / 1000);
    }
    if ((times[0]?.[0] ?? 0) > FEWER.ms) rounds = FEWER.rounds;
  }
  const [plain, ...costs] = times.map(
    ([first = 0, ...later]): ReplayCost => ({
      first,
      second: later[0] ?? 0,
      warm: later.toSorted((a, b) => a - b)[later.length >> 1] ?? 0,
    }),
  );
  if (plain === undefined) throw new Error('nothing was replayed');
  return { plain, costs };
}

type Replay = () => void;

function plainReplay(trace: TraceReader, module: WebAssembly.Module): Replay {
  return () => check(new GuestReplay(trace, { module }));
}

function changedReplay(
  trace: TraceReader,
  module: WebAssembly.Module,
  { start, original, prefix }: InstrumentedModule,
  plan: InstrumentPlan,
): Replay {
  const attach = (exports: WebAssembly.Exports) => {
    const probes = probesOf(exports, prefix);
    if (plan.frames !== 'spill') return;
    probes.set('room', () => {
      const memory = probes.memory('frames');
      memory.grow(memory.buffer.byteLength / 65536);
      probes.global('limit').value = memory.buffer.byteLength;
    });
  };
  return () => check(new GuestReplay(trace, { module, start, original, attach }));
}

function check(replay: GuestReplay): void {
  const end = replay.run();
  if (end.kind !== 'replayed' || !end.toItsEnd) throw new Error('it replays to another end');
}
