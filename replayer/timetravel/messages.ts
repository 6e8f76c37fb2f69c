/** What time travel and its thread say to each other. */
import type { RequestOf } from '../requests/messages.ts';
import type { GlobalValue, MemoryRange, StackFrame } from '../session/messages.ts';
import type { FrameVariables } from '../values/messages.ts';
import type { BreakSpec } from './break-places.ts';
import type { LocalValue } from './frames.ts';
import type { Mark } from './mark.ts';
import type { Arrival, Motion } from './motions.ts';
import type { MemoryWrite, WriteList, WriteQuery } from './writes.ts';

export interface LocatedWrite extends MemoryWrite {
  /** Where in the code it was done; undefined for a host's write, which `stackOf` tells. */
  readonly frame: StackFrame | undefined;
  /** Name of the call that the host answered with it. */
  readonly call: string | undefined;
}

export interface LocatedWrites extends Omit<WriteList, 'writes'> {
  readonly writes: readonly LocatedWrite[];
}

/** A frame of a stopped guest. */
export interface LocatedFrame extends StackFrame {
  /** Parameters first. */
  readonly locals: readonly LocalValue[];
}

/** Where a motion ended, with the stack there, innermost frame first. */
export interface LocatedArrival extends Arrival {
  readonly stack: readonly LocatedFrame[];
}

export interface TravelRequests {
  writes: { params: WriteQuery; answer: LocatedWrites };
  /** The stack at a mark; at one without a pc, that of the call which is its event. */
  stack: { params: { mark: Mark }; answer: readonly StackFrame[] };
  /** The stack right after an event, with variables. */
  variables: { params: { event: number }; answer: readonly FrameVariables[] };
  /** The same at a mark. */
  frames: { params: { mark: Mark }; answer: readonly FrameVariables[] };
  /** @see Engine.move */
  move: { params: { from: Mark | undefined; motion: Motion }; answer: LocatedArrival };
  globals: { params: { mark: Mark }; answer: readonly GlobalValue[] };
  memory: { params: { mark: Mark; address: number; length: number }; answer: MemoryRange };
  /** The instructions that a breakpoint means. */
  places: { params: { spec: BreakSpec }; answer: readonly StackFrame[] };
}

export type ToTravel = RequestOf<TravelRequests>;

/** `workerData` of the thread. */
export interface TravelSetup {
  /** Path. */
  readonly trace: string;
  /** Words of requests/messages.ts. */
  readonly shared: SharedArrayBuffer;
}
