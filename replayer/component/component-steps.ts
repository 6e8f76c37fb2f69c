/** What a replay of a component takes, and what it asks of whoever drives it. */
import type {
  CallEvent,
  CoreValue,
  EnterEvent,
  HostChange,
  LoggedFunction,
  OpenEvent,
} from '../../traces/events.ts';
import type { CallEnding, CallStep } from '../replay-step.ts';
import type { HostStub } from './core-graph.ts';
import type { RunnableOf } from './core-modules.ts';
import type { CursorOptions } from './log-cursor.ts';
import type { StackOf } from './run-check.ts';
import type { StackKeeper } from './stack-keeper.ts';

/** An entry into a guest. */
export interface EntryStep extends CallStep {
  /** Whether the guest makes no call before it returns, as far as the log goes: it cannot suspend. */
  readonly simple: boolean;
}

/** What a replay asks of whoever drives it. */
export type ComponentStep =
  | EntryStep
  /** A guest that may suspend runs: until it has, or has ended, nothing else can happen. */
  | { readonly kind: 'wait'; readonly until: Promise<void> }
  /** Event `events - 1` happened. @see PassedStep */
  | PassedStep;

export interface PassedStep {
  readonly kind: 'passed';
  /** Whether a guest runs next. */
  readonly goesOn: boolean;
  /** The guest that was parked at this call goes on. */
  readonly call?: number;
}

export type Steps<Result> = Generator<ComponentStep, Result, CallEnding | undefined>;

/** Gives the guest its answer when it is to go on: returns it, a promise of it, or throws. */
export type Answer = () => unknown;

export interface ComponentReplayOptions extends Omit<CursorOptions, 'apply'> {
  /** The modules to run; those that were recorded unless given. */
  readonly runnable?: RunnableOf;
  /** Makes what a guest imports for a host function: something that does `ComponentReplay.begin`. */
  readonly stub?: HostStub;
  readonly stackOf?: StackOf;
  /** V8's stack with the frames of guests that wait. @param here as far as V8 tells */
  readonly wholeStack?: (here: string) => string;
  /** An instance is there, and none of its code has run but a start function that is no export. */
  readonly onInstance?: (id: number, exports: WebAssembly.Exports) => void;
  /** A call is the recorded one; nothing of it has happened yet. */
  readonly onCall?: (event: number, func: LoggedFunction, args: readonly CoreValue[]) => void;
  /** About to be put back, at this event. */
  readonly onChange?: (event: number, change: HostChange) => void;
  /** A call is the recorded one, and not answered yet. @param memory into which its pointers point */
  readonly onMatched?:
    | ((event: CallEvent | OpenEvent, memory: WebAssembly.Memory | undefined) => void)
    | undefined;
  readonly stacks?: StackKeeper | undefined;
  /** Where the log ends, guests go on until they make a call, instead of being ended at once. */
  readonly beyond?: Beyond | undefined;
  /** Entries of guests that do not suspend any more, though they could: made as any call. */
  readonly plain?: (event: EnterEvent) => boolean;
}

export interface Beyond {
  /** All events have passed, and a guest is about to go on. @param waited whether it may have been suspended */
  readonly reached?: (waited: boolean) => void;
  /** A guest asks its host for something to which there is no recorded answer. */
  readonly called?: (func: LoggedFunction, args: readonly CoreValue[]) => never;
}
