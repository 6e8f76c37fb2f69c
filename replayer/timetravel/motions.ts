/**
 * What a debugger can be asked to do, and where that ends, as plain data.
 *
 * Where a run stops is a place: before an instruction. Met at a place is all that is true of it at once: a breakpoint
 * there, a call of the host's that comes next, and what the last instruction accessed (backwards, what this one will).
 * Each rule that is met counts it once, and all that count are told, in the order of their numbers.
 *
 * An instruction is one access, and so is a call of the host's: to each watchpoint it did one thing, however many
 * buffers it read and results it wrote there, and is told when all of it is done: old and new bytes are those
 * before and after the whole. Where something of the guest's runs before a call is answered (of a component), what the
 * host read for it is one access, and the answer another one.
 * Who lists writes (writes.ts, histories.ts) lists each result of a call by itself. Of those that lie over each other,
 * the log has what stands there after the call: the first one is told to have written that.
 */
import type { Pc } from '../instrument/plan.ts';
import type { Mark } from './mark.ts';
import type { Returned } from './returned.ts';

/** By how much to move. */
export type StepSize =
  /** To the next instruction. */
  | 'instruction'
  /** The same, over calls. */
  | 'instruction-over'
  /** To the next line, into functions with lines. */
  | 'line'
  /** The same, over calls. */
  | 'line-over'
  /** To behind the call of the function; backwards, to the call. */
  | 'out';

export interface Watch {
  /** Bytes of memory 0. */
  readonly address: number;
  readonly length: number;
  readonly on: WatchOn;
}

/**
 * `change`: a write that leaves other bytes. `write`: any. `read`: also where the same instruction writes.
 * `access`: either, once an instruction or call; one that does both wrote.
 */
export type WatchOn = 'change' | 'write' | 'read' | 'access';

export function watchesReads({ on }: Watch): boolean {
  return on === 'read' || on === 'access';
}

/** What stops a run. */
export interface Points {
  readonly breaks: readonly Pc[];
  /** Names of host calls; `*` is any. */
  readonly calls: readonly string[];
  readonly watches: readonly Watch[];
  /** Which hits of these count; all, unless given. */
  readonly rules?: readonly PointRule[];
}

/** Which hits of some of the points count, for one who asks for them. */
export interface PointRule {
  /** Tells rules apart. */
  readonly number: number;
  readonly on:
    | { readonly kind: 'break'; readonly pcs: readonly Pc[] }
    /** `*` is any. */
    | { readonly kind: 'call'; readonly name: string }
    /** Index in `watches`. */
    | { readonly kind: 'watch'; readonly watch: number };
  /**
   * An expression that must be true: of a breakpoint or call in its frame; of a watchpoint with `$value` and
   * `$old` (of a read, both what was read), memory and globals, but no variables of a frame.
   */
  readonly condition?: string;
  /** As many hits are passed over. */
  readonly skip?: number;
}

export interface PointHits {
  readonly number: number;
  readonly hits: number;
}

export type Motion =
  | {
      readonly kind: 'step';
      readonly size: StepSize;
      readonly reverse: boolean;
      readonly points: Points;
      /** Of the frame that many above the innermost; of that, unless given. Of no instruction. */
      readonly level?: number | undefined;
      /** Out of a function, forwards: whether to tell what it returns, which always takes a run. */
      readonly tellsResult?: boolean | undefined;
    }
  | { readonly kind: 'continue'; readonly reverse: boolean; readonly points: Points }
  /** Right after an event and its effects; -1: the run's first instruction. */
  | { readonly kind: 'event'; readonly event: number }
  /**
   * The last instruction of the run: that of the trap, the call of an exit. Of an interrupted run, right after
   * its last event; of a stack overflow, right after the event before it.
   */
  | { readonly kind: 'end' }
  /** To a mark that is known. */
  | { readonly kind: 'mark'; readonly mark: Mark };

export type Reason =
  | { readonly kind: 'moved' }
  | { readonly kind: 'break'; readonly pc: Pc }
  | { readonly kind: 'call'; readonly name: string }
  /** The guest stands behind the access; in reverse before it, with `after` to come. */
  | {
      readonly kind: 'watch';
      readonly watch: Watch;
      readonly did: 'read' | 'wrote';
      readonly by: 'guest' | 'host';
      /** Before the instruction, or the call. */
      readonly mark: Mark;
      /** Of what the host wrote: the event with which it stands there. */
      readonly event?: number;
      /** The whole watched range. Of a read, both are what was read. */
      readonly before: Uint8Array;
      readonly after: Uint8Array;
    }
  /** The run goes no further in this direction. */
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  /** The recording was interrupted, and the guest computes on without a call. */
  | { readonly kind: 'beyond' };

/** Why a motion ended. */
export interface Cause {
  readonly reason: Reason;
  /** Number of the rule that was met, where there are rules. */
  readonly rule?: number | undefined;
  /** Why its condition could not be tested: it ended the motion all the same. */
  readonly problem?: string | undefined;
}

export interface Arrival extends Cause {
  readonly mark: Mark;
  /** What was met there besides, if anything was. */
  readonly others?: readonly Cause[];
  /** What was returned, where that was asked for and is known. */
  readonly returned?: Returned | undefined;
  /** Hits of each rule on the way, whose conditions were true. */
  readonly hits?: readonly PointHits[];
}
