/**
 * A replay of a whole run through a rewritten module, compared with the recording as any replay is: calls,
 * bytes, the end, the memory at the end. Whatever differs ends it with an error: a wrong answer is worse
 * than none. Runs in the calling thread, which should have a stack as large as a batch replay's.
 */
import { invariant, WasiRrError } from '../../errors.ts';
import type { CoreFrame } from '../component/core-modules.ts';
import { GuestStacks } from '../component/guest-stacks.ts';
import type { CallObserver } from '../feed.ts';
import { RESULT_ROOM } from '../instrument/frame-layout.ts';
import { type Probes, probesOf } from '../instrument/hooks.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import type { InstrumentPlan } from '../instrument/plan.ts';
import { type InstrumentedModule, instrument } from '../instrument/rewrite.ts';
import { withOverflow } from '../overflow.ts';
import {
  framesOfAll,
  type Rewritten,
  type TargetReplay,
  type TravelTarget,
} from './travel-target.ts';

/** What a hook can look at. */
export interface Running {
  readonly probes: Probes;
  readonly exports: WebAssembly.Exports;
  readonly layout: ModuleLayout;
  /** Number of the last event that has passed. */
  readonly event: () => number;
  /** The guest's memory 0, now; empty for a guest that does not export it as `memory`. */
  readonly memory: () => Uint8Array;
  /** Of a component: whose module it is. */
  readonly instance: number;
  /** Of a component, from inside of a hook: the frames of all instances, innermost first. */
  readonly allFrames: () => readonly CoreFrame[] | undefined;
  /** Of a component: has this called now and whenever another stack runs, before that stack's first tick. */
  readonly onSwitch: (hook: (stack: number | undefined) => void) => void;
}

/**
 * @param begin sets hooks, before any code of the guest's has run
 * @param passed see GuestReplayOptions
 * @param instances of a component whose modules are rewritten; only the one that is looked into unless given
 * @returns what a user should know besides (a stack overflow that was not come to again)
 * @throws WasiRrError DIVERGENCE, MODULE_UNSUPPORTED, MODULE_INVALID, and as GuestReplay.run
 */
export async function replayInstrumented(
  target: TravelTarget,
  wanted: InstrumentPlan,
  begin: (running: Running) => void,
  observer?: CallObserver,
  passed?: (event: number) => void,
  instances: readonly (number | undefined)[] = [target.instance],
): Promise<string | undefined> {
  const plan = withOverflow(target.trace, { ...wanted, memory: target.watchedMemory });
  const rewritten = new Map(
    instances.map((instance) => [instance, rewrittenFor(target, plan, instance)] as const),
  );
  const stacks = new GuestStacks(plan);
  const switched: ((stack: number | undefined) => void)[] = [];
  let module: Probes | undefined;
  const replay: TargetReplay = target.replay(rewritten, {
    observer,
    passed: (event) => {
      passed?.(event);
      if (module && plan.frames) forgetFrames(module, plan.frames);
    },
    stacks: {
      switched: (stack, resumes) => {
        stacks.switchTo(stack);
        for (const hook of switched) hook(stack);
        if (resumes && plan.tick) stacks.tick();
      },
      ended: (stack) => stacks.ended(stack),
      nested: () => stacks.level(),
    },
    attach: (exports, instance) => {
      const made = rewritten.get(target.instance === undefined ? undefined : instance);
      invariant(made, 'an instance that was not rewritten');
      const probes = probesOf(exports, made.prefix);
      if (plan.frames === 'spill') makeRoom(probes);
      if (target.instance === undefined) module = probes;
      else stacks.add(probes);
      replay.endAtOverflow(probes);
      begin({
        probes,
        exports,
        layout: made.layout,
        event: () => replay.events - 1,
        memory: () => target.memory(exports, made),
        instance,
        allFrames: () => framesOfAll(replay),
        onSwitch: (hook) => {
          switched.push(hook);
          hook(stacks.now);
        },
      });
    },
  });
  const end = await replay.run();
  if (end.kind === 'replayed') return end.note;
  throw differs(end.divergence.event);
}

/** A rewritten run did something else than the recorded one. */
export function differs(event: number): WasiRrError {
  return new WasiRrError(
    'DIVERGENCE',
    `the run that was looked into did something else at event ${event} than the recorded one: what it showed is not to be trusted. wasi-rr replay tells whether the trace replays at all.`,
    { event },
  );
}

type Made = Rewritten & Pick<InstrumentedModule, 'prefix' | 'layout'>;

/** The next question is often of the same kind: rewriting 20 MB, and having it compiled, takes longer than a run. */
const kept = new WeakMap<TravelTarget, Map<string, Made>>();
const KEPT = 3;

function rewrittenFor(
  target: TravelTarget,
  plan: InstrumentPlan,
  instance: number | undefined,
): Made {
  const make = () => {
    const bytes = instance === undefined ? target.module : target.moduleOf(instance);
    const { prefix, layout, ...made } = instrument(bytes, plan, {
      onShare: (share) => target.onPreparing(share),
    });
    return { prefix, layout, ...target.prepare(made, instance) };
  };
  const { breaks, steps, counts, storesOf, ...rest } = plan;
  if (breaks || steps || counts || storesOf) return make();
  const known = kept.get(target) ?? new Map<string, Made>();
  kept.set(target, known);
  const key = JSON.stringify([instance, Object.entries(rest).sort()]);
  const made = known.get(key) ?? make();
  known.delete(key);
  known.set(key, made);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return made;
}

/** A call of a module's that did not return leaves its frames behind. */
export function forgetFrames(probes: Probes, frames: 'depth' | 'spill'): void {
  probes.global('depth').value = 0;
  if (frames === 'spill') probes.global('top').value = 0;
}

/** Twice the memory for frames whenever it is used up. */
function makeRoom(probes: Probes): void {
  probes.set('room', () => {
    const memory = probes.memory('frames');
    memory.grow(memory.buffer.byteLength / 65536);
    probes.global('limit').value = memory.buffer.byteLength - RESULT_ROOM;
  });
}
