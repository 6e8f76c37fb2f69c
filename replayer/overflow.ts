/**
 * Stack overflows, replayed to where they were. How deep V8's stack goes depends on how it compiled the code at
 * that moment: 66,000 frames cold and 374,000 warm were measured for the same function. So the replay has a
 * stack that is far larger, and ends the guest itself, at the recorded depth.
 */
import { type Outcome, parseOutcomeText } from '../traces/outcome.ts';
import type { TraceReader } from '../traces/reader.ts';
import { MAX_FRAMES, namedFrames, type Trap, trapDepth, type WasmFrame } from '../wasm/traps.ts';
import type { InstrumentPlan } from './instrument/plan.ts';

/** Native stack of a replay to an overflow: 128 times the recorder's. Only what is used is ever allocated. */
export const OVERFLOW_STACK_MB = 512;

/** The same for guests of components that may suspend, in KiB: 16 times the recorder's. */
export const SUSPENDING_STACK_KB = 64 << 10;

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
  return isOverflow(outcome) ? depthOf(outcome.trap) : undefined;
}

function depthOf(trap: Trap): number | undefined {
  return trapDepth(trap) || undefined;
}

/** A stack of a component's that overflowed; the run may have gone on. */
export interface RecordedOverflow {
  /** Event that says so, and the one with which the guest was entered. */
  readonly number: number;
  readonly opened: number;
  readonly trap: Trap;
  /** As {@link overflowDepth}. */
  readonly depth: number | undefined;
}

const known = new WeakMap<TraceReader, { events: number; found: readonly RecordedOverflow[] }>();
const MARK = '"kind":"stack-overflow"';

/**
 * In order; none for a run that exited. Most logs have none, which is found out without decoding them.
 * @throws WasiRrError SEGMENT_CORRUPT where a segment that has one cannot be decoded
 */
export function overflowsOf(trace: TraceReader): readonly RecordedOverflow[] {
  const { meta, eventCount } = trace;
  if (meta.flavour !== 'component' || meta.outcome?.kind === 'exit') return [];
  const before = known.get(trace);
  if (before?.events === eventCount) return before.found;
  const found = [...readOverflows(trace)];
  known.set(trace, { events: eventCount, found });
  return found;
}

function* readOverflows(trace: TraceReader): Generator<RecordedOverflow> {
  for (const [index, { firstEvent, events }] of trace.segments.entries()) {
    let bytes: Uint8Array;
    try {
      bytes = trace.segmentBytes(index);
    } catch {
      // no replay comes any further, and it is the one to say so
      return;
    }
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(MARK)) continue;
    for (const event of trace.events(firstEvent, firstEvent + events)) {
      const outcome = event.kind === 'unwind' ? parseOutcomeText(event.reason) : undefined;
      if (event.kind !== 'unwind' || !isOverflow(outcome)) continue;
      const { number, opened } = event;
      yield { number, opened, trap: outcome.trap, depth: depthOf(outcome.trap) };
    }
  }
}

/** Whether code has to count its frames so that stacks overflow where they did. */
export function countsFrames(trace: TraceReader): boolean {
  if (trace.meta.flavour !== 'component') return overflowDepth(trace) !== undefined;
  return overflowsOf(trace).some(({ depth }) => depth !== undefined);
}

/** A plan with what ends the guest at the recorded depth, where it has one. */
export function withOverflow(trace: TraceReader, plan: InstrumentPlan): InstrumentPlan {
  if (!countsFrames(trace)) return plan;
  return { ...plan, frames: plan.frames ?? 'depth', deepest: true };
}

/**
 * Whether the guest stands in the same calls as when it trapped. Of the innermost frame only the function
 * counts where the stack overflowed at its entry: V8 says of it that it is where its body begins.
 * @param from the innermost frame of which more counts
 */
export function sameCalls(recorded: Trap, frames: readonly WasmFrame[], from: 0 | 1 = 1): boolean {
  const there = recorded.frames;
  return (
    frames.length === there.length &&
    frames.every(
      ({ func, offset, module }, i) =>
        func === there[i]?.func &&
        module === there[i]?.module &&
        (i < from || offset === there[i]?.offset),
    )
  );
}

/** The guest's frames now, from inside of a hook. @see originalFrames */
export function framesHere(original: OriginalPlace): WasmFrame[] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_FRAMES + 20;
  const { stack = '' } = new Error('stack');
  Error.stackTraceLimit = stackTraceLimit;
  return originalFrames(stack, original);
}

/** Place in the recorded module. @param of name of the module that the frame is of: a patch has another one */
export type OriginalPlace = (offset: number, of: string | undefined) => number;

/** Frames of V8's stack trace at their places in the recorded module. */
export function originalFrames(stack: string, original: OriginalPlace): WasmFrame[] {
  return namedFrames(stack).map(({ frame, of }) => ({
    ...frame,
    offset: original(frame.offset, of),
  }));
}
