/** The guest at a mark: a run that was left there, and stays as it was. */
import type { GlobalValue } from '../session/messages.ts';
import type { Frame } from './frames.ts';
import type { Mark } from './mark.ts';
import type { ProbeRun } from './probe-run.ts';
import type { StoppedGuest } from './state-at.ts';

export interface Position {
  readonly mark: Mark;
  /** Innermost first; of a deep stack, as many as are shown (frames.ts). */
  readonly frames: readonly Frame[];
  /** Functions of all frames, outermost first. */
  readonly functions: readonly number[];
  /** Of a component, whose frames they are: number of the event with which the stack began. */
  readonly stack: number | undefined;
  readonly globals: readonly GlobalValue[];
  /** Memory 0. */
  readonly memory: Uint8Array;
}

/** From inside of a hook, before the run is left. */
export function positionOf(run: ProbeRun, mark: Mark): Position {
  const { memory } = run;
  return {
    mark,
    frames: run.frames(mark.pc),
    functions: run.functions(),
    stack: run.stack,
    globals: run.globals(),
    memory,
  };
}

/** As what looks at variables takes it. */
export function guestAt({ frames, memory, globals }: Position): StoppedGuest {
  const values = new Map(globals.map(({ index, value }) => [index, value]));
  const global = (index: number) => {
    const value = values.get(index);
    return typeof value === 'string' ? undefined : value;
  };
  return { frames, memory, global };
}
