/**
 * The guest right after a call of the host's, by one replay in which nothing stops: what comes next is in the
 * code. Only code that follows by itself is looked at, so that nothing is guessed.
 */
import { bodyReader } from '../instrument/body-reader.ts';
import { isStructure } from '../instrument/function-rewriter.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { OP } from '../instrument/opcode-numbers.ts';
import type { Pc } from '../instrument/plan.ts';
import { type Position, positionOf } from './position.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';

export interface Next {
  readonly pc: Pc;
  /** Heads of loops on the way. */
  readonly ticks: number;
}

/** What is executed behind a call that has returned. @param func it is in */
export function behindCall(layout: ModuleLayout, func: number, call: Pc): Next {
  const index = func - layout.importedFunctions;
  const last = (layout.bodyEnds[index] ?? 0) - 1;
  const reader = bodyReader(layout, index);
  do reader.next();
  while (reader.start < call);
  // a tail call of the host is a call and a return
  const tail =
    reader.code === OP.returnCall ||
    reader.code === OP.returnCallIndirect ||
    reader.code === OP.returnCallRef;
  if (tail) return { pc: last, ticks: 0 };
  let ticks = 0;
  for (;;) {
    reader.next();
    const { code, start } = reader;
    if (start >= last || !isStructure(code)) return { pc: start, ticks };
    if (code === OP.loop) ticks++;
    // the other branch is not for who comes from this one
    else if (code === OP.else || code === OP.catch || code === OP.catchAll) skipToEnd(reader);
  }
}

/** To the end of the block that is open. */
function skipToEnd(reader: ReturnType<typeof bodyReader>): void {
  for (let open = 1; open > 0; ) {
    reader.next();
    const { code } = reader;
    if (code === OP.end || code === OP.delegate) open--;
    else if (
      code === OP.block ||
      code === OP.loop ||
      code === OP.if ||
      code === OP.try ||
      code === OP.tryTable
    ) {
      open++;
    }
  }
}

/** @returns what happens at events of the run, and, after it, the guest behind the call that is that event */
export function behindCallPass(
  event: number,
  layout: ModuleLayout,
  run: () => ProbeRun,
): { readonly events: ProbeEvents; readonly found: () => Position | undefined } {
  let position: Position | undefined;
  const passed = (at: number) => {
    if (at < event) return;
    const depth = run().depth;
    const [frame] = depth > 0 ? run().frames() : [];
    if (at === event && frame !== undefined) {
      const { pc, ticks } = behindCall(layout, frame.func, frame.pc);
      position = positionOf(run(), { event, tick: run().tick + ticks, depth, pc });
    }
    run().leave();
  };
  return { events: { passed }, found: () => position };
}
