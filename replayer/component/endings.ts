/** How a replay of a component ends, and whether that is how the recorded run ended. */
import { WasiRrError } from '../../errors.ts';
import { describeOutcome, type Outcome } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { Trap } from '../../wasm/traps.ts';
import { hashOfMemories } from '../../wasm/xxh64.ts';
import type { Divergence, Mismatch } from '../divergence.ts';
import type { ReplayEnd } from '../replay-messages.ts';

/** Why the guest was ended from inside a call. */
export type Ending =
  | { readonly kind: 'diverged'; readonly divergence: Divergence }
  | { readonly kind: 'log-ended' }
  /** The recorded call did not return; an `unwind` follows. */
  | { readonly kind: 'unwound' }
  /** The stack overflowed then, and the guest was ended there; where not exactly there, for want of knowing. */
  | { readonly kind: 'overflowed'; readonly exact: boolean }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Thrown to leave the replay with a result. */
export class Ended extends Error {
  readonly end: ReplayEnd;
  constructor(end: ReplayEnd) {
    super('replay ended');
    this.end = end;
  }
}

/** What to throw, with no guest on the stack, for a guest that was ended from inside a call. */
export function leaving(ending: Ending, memories: readonly WebAssembly.Memory[]): unknown {
  if (ending.kind === 'failed') return ending.error;
  if (ending.kind === 'diverged') return new Ended(ending);
  const finalMemory = hashOfMemories(memories);
  return new Ended({ kind: 'replayed', toItsEnd: false, finalMemory, note: undefined });
}

/** The log says what cannot be. */
export function corruptLog(event: number, what: string): WasiRrError {
  return new WasiRrError(
    'SEGMENT_CORRUPT',
    `the log is damaged at event ${event}: ${what}. Record the run again.`,
    { event },
  );
}

/** Whether what the guest came to is the recorded trap. */
export function trapMismatch(recorded: Outcome, trap: Trap): Mismatch | undefined {
  if (recorded.kind === 'trap' && sameTrap(recorded.trap, trap)) return undefined;
  return { what: 'ending', actual: describeOutcome({ kind: 'trap', trap }) };
}

/**
 * After the last event of a log.
 * @param outcome what the replay came to; undefined where nothing of the guest says
 * @param comparable whether memory must be the recorded one
 */
export function endOf(
  trace: TraceReader,
  outcome: Outcome | undefined,
  memories: readonly WebAssembly.Memory[],
  comparable: boolean,
): ReplayEnd | Mismatch {
  const memory = hashOfMemories(memories);
  const { outcome: recorded, finalMemory } = trace.meta;
  const whole = trace.complete && (recorded?.kind === 'exit' || recorded?.kind === 'trap');
  if (whole && outcome !== undefined && !sameOutcome(recorded, outcome)) {
    return { what: 'ending', actual: describeOutcome(outcome) };
  }
  if (whole && comparable && finalMemory && finalMemory.xxh64 !== memory?.xxh64) {
    const describe = (of: typeof finalMemory | null) =>
      of ? `${of.xxh64} (${of.pages} pages)` : 'no memory';
    return { what: 'final-memory', recorded: describe(finalMemory), actual: describe(memory) };
  }
  const told = finalMemory !== undefined || memory === null;
  const note = comparable
    ? whole && !told
      ? 'the host wrote to memory after the last event: the memory at the end is not compared'
      : undefined
    : 'a stack overflowed at a depth that was not come to again: the memory at the end is not compared';
  return { kind: 'replayed', toItsEnd: whole, finalMemory: memory, note };
}

function sameOutcome(recorded: Outcome, actual: Outcome): boolean {
  if (recorded.kind === 'exit') return actual.kind === 'exit' && recorded.code === actual.code;
  return recorded.kind === 'trap' && actual.kind === 'trap';
}

function sameTrap(recorded: Trap, actual: Trap): boolean {
  // those of traces made before have no module
  const withModule = recorded.frames.some(({ module }) => module !== undefined);
  const place = ({ frames }: Trap) =>
    frames
      .map(({ func, offset, module }) => `${withModule ? module : ''} ${func}:${offset}`)
      .join();
  return recorded.kind === actual.kind && place(recorded) === place(actual);
}
