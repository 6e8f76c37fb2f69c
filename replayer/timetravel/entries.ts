/**
 * When the functions of a stack were called. One replay that stops where these functions begin: the last time
 * that one began at a depth is when its frame was made.
 */
import type { Mark } from './mark.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';

export interface Entry {
  readonly event: number;
  /** Of its first instruction. */
  readonly tick: number;
}

export interface EntriesPass {
  /** Instructions to stop at. */
  readonly breaks: ReadonlySet<number>;
  readonly events: ProbeEvents;
  /** After the run, by depth: of the functions, when they began there last. */
  readonly found: ReadonlyMap<number, Entry>;
}

/**
 * @param stack of a component, the one at `to`; others may be as deep
 * @param functions of it
 * @param firstOf the first instruction of a function
 */
export function entriesPass(
  to: Mark,
  stack: number | undefined,
  functions: readonly number[],
  firstOf: (func: number) => number,
  run: () => ProbeRun,
): EntriesPass {
  const breaks = new Set(functions.map(firstOf));
  const found = new Map<number, Entry>();
  const began = ({ event, tick, depth, pc }: Mark) => {
    if (run().stack !== stack) return;
    if (functions[depth - 1] !== undefined && breaks.has(pc)) found.set(depth, { event, tick });
  };
  return {
    breaks,
    found,
    events: {
      begin: () => run().wantTick(to.tick),
      stop: began,
      // what begins with this tick has not come to its first instruction
      ticked: (at) => {
        began(at);
        run().leave();
      },
      switched: () => {
        if (run().tick === to.tick) run().leave();
      },
    },
  };
}
