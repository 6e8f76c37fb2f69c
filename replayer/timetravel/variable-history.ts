/**
 * How a value changed that lives in locals of wasm, where no store tells: one replay that looks at it before
 * every instruction of one activation of its function, from when that was entered.
 */
import { OP } from '../instrument/opcode-numbers.ts';
import { type Mark, sameMark } from './mark.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';
import type { StoppedGuest } from './state-at.ts';

export interface ValueChange {
  /** Before the instruction that changed it. */
  readonly mark: Mark;
  /** As it is shown; undefined before it had one. */
  readonly before: string | undefined;
  readonly after: string;
}

export interface ValueHistory {
  /** Oldest first; the last ones. */
  readonly changes: readonly ValueChange[];
  /** How many there were, kept or not. */
  readonly total: number;
  /** Whether it was looked at up to the mark: evaluating takes time, and is given up after so many. */
  readonly complete: boolean;
}

export interface HistoryQuery {
  readonly to: Mark;
  /** Of the frame whose value it is, and tick with which that was made. */
  readonly depth: number;
  readonly entered: number;
  readonly keep: number;
}

/** Evaluations: some seconds. */
const MOST = 200_000;

/**
 * @param code the module's bytes
 * @param lineOf tells one line of the source from another
 * @param valueAt in the innermost frame; undefined where there is none
 */
export function valueHistoryPass(
  { to, depth, entered, keep }: HistoryQuery,
  code: Uint8Array,
  lineOf: (pc: number) => string | undefined,
  valueAt: (guest: StoppedGuest) => string | undefined,
  run: () => ProbeRun,
): { readonly events: ProbeEvents; readonly found: () => ValueHistory } {
  let changes: ValueChange[] = [];
  let total = 0;
  let looks = 0;
  let begun = false;
  let known: string | undefined;
  /** The instruction before, in the frame. */
  let last: Mark | undefined;
  const look = (at: Mark) => {
    const opcode = last && code[last.pc];
    const isSet = opcode === OP.localSet || opcode === OP.localTee;
    // where it is kept may be another place from the next line on
    if (last !== undefined && !isSet && lineOf(last.pc) === lineOf(at.pc)) return;
    if (looks++ >= MOST) return;
    const value = valueAt(run().stopped(at.pc));
    if (value === undefined || value === known) return;
    changes.push({ mark: last ?? at, before: known, after: value });
    known = value;
    total++;
    if (changes.length > 2 * keep + 16) changes = changes.slice(-keep);
  };
  const events: ProbeEvents = {
    begin: () => run().wantTick(entered),
    ticked: (at) => {
      if (at.tick === entered) {
        begun = true;
        run().arm(depth);
      }
      if (at.tick < to.tick) run().wantTick(to.tick);
      else run().arm(Math.max(depth, to.depth));
    },
    stop: (at) => {
      if (begun && at.depth === depth) {
        look(at);
        last = at;
      }
      if (sameMark(at, to)) run().leave();
    },
  };
  const found = () => ({ changes: changes.slice(-keep), total, complete: looks <= MOST });
  return { events, found };
}
