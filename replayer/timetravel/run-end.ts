/**
 * The last instruction of a run, by one replay: how the run ended says which it is. Of a trap, where it was; of
 * an exit, the call or the end of the function that returned. Knows nothing of components.
 */
import type { TraceReader } from '../../traces/reader.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import type { WasmFrame } from '../../wasm/traps.ts';
import { bodyReader } from '../instrument/body-reader.ts';
import { readLayout } from '../instrument/module-layout.ts';
import type { Pc } from '../instrument/plan.ts';
import { isOverflow } from '../overflow.ts';
import type { Mark } from './mark.ts';
import { type Position, positionOf } from './position.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';

export interface EndPass {
  /** Instructions to stop at. */
  readonly breaks: readonly Pc[];
  readonly events: (run: () => ProbeRun) => ProbeEvents;
  /** After the run; undefined where it must be looked for otherwise. */
  readonly found: () => Position | undefined;
}

/** @returns undefined where how it ended does not say */
export function endPass(trace: TraceReader, module: Uint8Array): EndPass | undefined {
  const { outcome } = trace.meta;
  if (outcome?.kind === 'trap') {
    const [frame] = outcome.trap.frames;
    if (frame === undefined) return undefined;
    const pc = isOverflow(outcome) ? placeOfOverflow(module, frame) : frame.offset;
    return pc === undefined ? undefined : endOfTrap(pc, trace.eventCount - 1);
  }
  if (outcome?.kind !== 'exit') return undefined;
  const [before, last] = trace.events(trace.eventCount - 2);
  if (before?.kind === 'open' && last?.kind === 'unwind') return endInCall(before.number);
  return last?.kind === 'leave' ? endOfReturn(trace, module, last.opened) : undefined;
}

/** The instruction before which a stack overflows: the first of its function, or the call of a host function. */
function placeOfOverflow(module: Uint8Array, { func, offset }: WasmFrame): Pc | undefined {
  const layout = readLayout(module);
  const index = func - layout.importedFunctions;
  const start = layout.bodyStarts[index];
  if (start === undefined || offset !== start) return offset;
  const reader = bodyReader(layout, index);
  reader.next();
  return reader.start;
}

/** What stopped last is what trapped, if nothing was counted since. */
function endOfTrap(pc: Pc, event: number): EndPass {
  let last: Mark | undefined;
  let position: Position | undefined;
  const events = (run: () => ProbeRun): ProbeEvents => ({
    stop: (at) => {
      last = at;
    },
    passed: (passed) => {
      if (passed !== event || last === undefined) return;
      // a tail call that traps has left its frame
      if (run().tick !== last.tick || run().depth !== last.depth) return;
      position = positionOf(run(), last);
    },
  });
  return { breaks: [pc], events, found: () => position };
}

function endInCall(event: number): EndPass {
  let position: Position | undefined;
  const events = (run: () => ProbeRun): ProbeEvents => ({
    callingFrom: event,
    calling: (at) => {
      position = positionOf(run(), at);
    },
  });
  return { breaks: [], events, found: () => position };
}

/** @param entered the event with which the call began that returned last */
function endOfReturn(trace: TraceReader, module: Uint8Array, entered: number): EndPass | undefined {
  const [enter] = trace.events(entered, entered + 1);
  if (enter?.kind !== 'enter') return undefined;
  const index = readDeclarations(module).exports.find(
    ({ kind, name }) => kind === 'function' && name === enter.func.name,
  )?.index;
  const { bodyEnds, importedFunctions } = readLayout(module);
  const end = index === undefined ? undefined : bodyEnds[index - importedFunctions];
  if (end === undefined) return undefined;
  let position: Position | undefined;
  const events = (run: () => ProbeRun): ProbeEvents => ({
    stop: (at) => {
      if (at.depth === 1) position = positionOf(run(), at);
    },
  });
  return { breaks: [end - 1], events, found: () => position };
}
