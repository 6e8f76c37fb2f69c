/** The inside of the guest right after an event: every frame with its locals, globals and memory. */
import { WasiRrError } from '../../errors.ts';
import type { Trap, WasmFrame } from '../../wasm/traps.ts';
import type { CallObserver } from '../feed.ts';
import { type Frame, frameSize, readFrames } from './frames.ts';
import { type Running, replayInstrumented } from './instrumented-replay.ts';
import { TAIL_CALLS } from './tail-calls.ts';
import type { TravelTarget } from './travel-target.ts';

/** Valid while it is looked at: the guest goes on afterwards. */
export interface StoppedGuest {
  /** Innermost first; empty where no call of the guest's is under way. */
  readonly frames: readonly Frame[];
  /** Memory 0. */
  readonly memory: Uint8Array;
  /** Undefined for one that does not exist, or is no number. */
  readonly global: (index: number) => number | bigint | undefined;
  /** Told of each local that is read. */
  readonly onLocal?: (index: number) => void;
  /** Told of each look into memory. */
  readonly onMemory?: () => void;
}

/**
 * Replays the whole run once, and looks at the guest after an event on the way: after a call with its
 * effects; after a trap or exit, as it was left. Costs some 1.7 times a plain replay.
 * @param event -1 for before anything
 * @param onEvent is told of every call that passes; what it throws ends the replay
 * @throws WasiRrError as replayInstrumented; EVENT_NOT_FOUND for an event that the run never comes to
 */
export async function stateAt<T>(
  target: TravelTarget,
  event: number,
  look: (guest: StoppedGuest) => T,
  onEvent: (event: number) => void = () => {},
): Promise<T> {
  let running: Running | undefined;
  let found: { readonly value: T } | undefined;
  const lookNow = () => {
    found ??= { value: look(running ? stopped(running, trap?.frames[0]) : NOBODY) };
  };
  const { trace } = target;
  const trap = trapAt(target, event);
  const trapPc = trap?.frames[0]?.offset;
  const [wanted] = event < 0 ? [] : trace.events(event, event + 1);
  const observer: CallObserver = {
    before: (passed) => {
      onEvent(passed);
      if (passed === event && wanted?.kind === 'open') lookNow();
    },
    after: (passed) => {
      if (passed === event) lookNow();
    },
  };
  const passed = (at: number) => {
    if (at === event) lookNow();
  };
  // what is executed when it traps has its locals stored just before
  const breaks = trapPc === undefined ? {} : { breaks: new Set([trapPc]) };
  const note = await replayInstrumented(
    target,
    { frames: 'spill', globals: true, ...breaks },
    (started) => {
      running = started;
    },
    observer,
    passed,
  );
  // only of a stack overflow
  if (note !== undefined && trap !== undefined) {
    throw new WasiRrError(
      'REPLAY_FAILED',
      `${note}. What the guest held then cannot be shown; what it held at an event before can.`,
      { event },
    );
  }
  if (found !== undefined) return found.value;
  throw new WasiRrError('EVENT_NOT_FOUND', `the run never comes to event ${event}.`, { event });
}

/** Of a component, before the instance was made. */
const NOBODY: StoppedGuest = { frames: [], memory: new Uint8Array(0), global: () => undefined };

/** The trap that an event is. */
function trapAt({ trace, moduleId }: TravelTarget, event: number): Trap | undefined {
  const { outcome } = trace.meta;
  if (outcome?.kind !== 'trap' || event !== trace.eventCount - 1) return undefined;
  // of a component it may be in another one's code
  return outcome.trap.frames[0]?.module === moduleId ? outcome.trap : undefined;
}

/** @param trapped the innermost frame of a trap */
function stopped(
  { probes, layout, memory }: Running,
  trapped: WasmFrame | undefined,
): StoppedGuest {
  let top = Number(probes.global('top').value);
  // the frame is left, but still there
  if (trapped && TAIL_CALLS.has(layout.bytes[trapped.offset])) {
    top += frameSize(layout, trapped.func);
  }
  return {
    frames: readFrames(layout, probes.memory('frames').buffer, top, trapped?.offset),
    memory: memory(),
    global: (index) => {
      try {
        const value: unknown = probes.own(index)?.value;
        return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
      } catch {
        // a vector, which JavaScript cannot read
        return undefined;
      }
    },
  };
}
