/**
 * Stack overflows, replayed to where they were. How deep V8's stack goes depends on how it compiled the code at
 * that moment: 66,000 frames cold and 374,000 warm were measured for the same function. So the replay has a
 * stack that is far larger, and ends the guest itself, at the recorded depth.
 */
import type { Outcome } from '../traces/outcome.ts';
import type { TraceReader } from '../traces/reader.ts';
import { MAX_FRAMES, type Trap, trapDepth, type WasmFrame, wasmFrames } from '../wasm/traps.ts';
import type { InstrumentPlan } from './instrument/plan.ts';

/** Native stack of a replay to an overflow: 128 times the recorder's. Only what is used is ever allocated. */
export const OVERFLOW_STACK_MB = 512;

interface Overflow {
  readonly kind: 'trap';
  readonly trap: Trap & { readonly kind: 'stack-overflow' };
}

export function isOverflow(outcome: Outcome | undefined): outcome is Overflow {
  return outcome?.kind === 'trap' && outcome.trap.kind === 'stack-overflow';
}

/**
 * How many frames there were when the recorded run's stack overflowed, the innermost included; undefined for
 * a run that ended otherwise, or whose trace does not say.
 */
export function overflowDepth({ meta }: Pick<TraceReader, 'meta'>): number | undefined {
  const { outcome } = meta;
  if (meta.flavour === 'component' || !isOverflow(outcome)) return undefined;
  const depth = trapDepth(outcome.trap);
  return depth === 0 ? undefined : depth;
}

/** A plan with what ends the guest at the recorded depth, where it has one. */
export function withOverflow(
  trace: Pick<TraceReader, 'meta'>,
  plan: InstrumentPlan,
): InstrumentPlan {
  if (overflowDepth(trace) === undefined) return plan;
  return { ...plan, frames: plan.frames ?? 'depth', deepest: true };
}

/**
 * Whether the guest stands in the same calls as when it trapped. Of the innermost frame only the function
 * counts: V8 says of one that overflows at its entry that it is where its body begins.
 */
export function sameCalls(recorded: Trap, frames: readonly WasmFrame[]): boolean {
  const there = recorded.frames;
  return (
    frames.length === there.length &&
    frames.every(
      ({ func, offset }, i) => func === there[i]?.func && (i === 0 || offset === there[i]?.offset),
    )
  );
}

/** The guest's frames now, from inside of a hook. @param original place in the recorded module */
export function framesHere(original: (offset: number) => number): WasmFrame[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES + 20;
  const { stack = '' } = new Error('stack');
  Error.stackTraceLimit = stackTraceLimit;
  return wasmFrames(stack).map((frame) => ({ ...frame, offset: original(frame.offset) }));
}
