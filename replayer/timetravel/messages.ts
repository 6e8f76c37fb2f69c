/** What time travel and its thread say to each other. */

import type { Disassembly } from '../../wasm/disassembly.ts';
import type { Pc } from '../instrument/plan.ts';
import type { Coverage, Profile } from '../profile/messages.ts';
import type {
  GlobalValue,
  MemoryRange,
  SearchHits,
  SearchQuery,
  StackFrame,
} from '../session/messages.ts';
import type { SymbolKind, SymbolList, SymbolQuery } from '../source/symbols.ts';
import type { ValueName, ValueRange } from '../values/followed.ts';
import type { EvaluatedValue, FrameVariables, TypeText, VariableRow } from '../values/messages.ts';
import type { Radix } from '../values/scalars.ts';
import type { Place } from '../values/scope.ts';
import type { RowQuery } from '../values/variable-rows.ts';
import type { BreakSpec } from './break-places.ts';
import type { ValueChange } from './change-list.ts';
import type { FirstSeen } from './first-seen.ts';
import type { LocalValue } from './frames.ts';
import type { HistoryQuery, ValueHistory } from './histories.ts';
import type { Mark } from './mark.ts';
import type { Arrival, Motion } from './motions.ts';
import type { Returned } from './returned.ts';
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
  /** Of a component whose guests take turns: the event with which the stack began that this is on. */
  readonly entered?: number | undefined;
  readonly stack: readonly LocatedFrame[];
}

/** A function's code as text. */
export interface FunctionText extends Disassembly {
  readonly func: number;
  readonly name: string | undefined;
}

/** What is to be found out of an expression. */
export interface Question {
  readonly mark: Mark;
  readonly place: Place;
  readonly expression: string;
  readonly radix?: Radix | undefined;
  /** Number under which the value can be named from then on: `$3`. Values of a thread that was ended are forgotten. */
  readonly keepAs?: number | undefined;
}

/** How a value came to be what it is. */
export interface HistoryQuestion extends Omit<Question, 'expression'> {
  readonly of: ValueName;
  /**
   * `call`, unless given: of a variable, in the call of its function in which it is; of what belongs to none (a
   * global, the heap), in the whole run. `function`: in all calls of the function of the frame.
   */
  readonly scope?: HistoryQuery['scope'] | undefined;
  /** How many of the last changes to keep. */
  readonly keep: number;
}

export interface LocatedChange extends ValueChange {
  /** Of the instruction; of the host, of the call. */
  readonly frame: StackFrame;
}

export interface LocatedHistory extends Omit<ValueHistory, 'changes' | 'func'> {
  readonly type: string;
  /** At the mark; undefined where it has none. Not escaped. */
  readonly value: string | undefined;
  /** Bytes of memory 0; undefined for what is in none. */
  readonly range: ValueRange | undefined;
  /** Name of the function that it belongs to; undefined for the whole run. */
  readonly func: string | undefined;
  readonly changes: readonly LocatedChange[];
}

/** What a condition belongs to. */
export type ConditionOf =
  | { readonly kind: 'break'; readonly pcs: readonly Pc[] }
  | { readonly kind: 'call' }
  | { readonly kind: 'watch'; readonly length: number };

export interface TravelRequests {
  writes: { params: WriteQuery; answer: LocatedWrites };
  /** The stack at a mark; at one without a pc, that of the call which is its event. */
  stack: {
    params: { mark: Mark; instance?: number | undefined };
    answer: readonly StackFrame[];
  };
  /** The stack right after an event, with variables. */
  variables: { params: { event: number }; answer: readonly FrameVariables[] };
  /** The same at a mark. */
  frames: { params: { mark: Mark }; answer: readonly FrameVariables[] };
  /** @see Engine.move */
  move: { params: { from: Mark | undefined; motion: Motion }; answer: LocatedArrival };
  /** Variables of a frame and expressions, as rows that open. */
  rows: { params: { mark: Mark; query: RowQuery }; answer: readonly VariableRow[] };
  evaluate: { params: Question; answer: EvaluatedValue };
  /** What was just returned, as the source has it; undefined for nothing, and what is not known. */
  returned: {
    params: { mark: Mark; returned: Returned; keepAs?: number | undefined };
    answer: EvaluatedValue | undefined;
  };
  type: { params: Omit<Question, 'radix' | 'keepAs'>; answer: TypeText };
  /** @see Look.variableNames */
  variableNames: {
    params: { mark: Mark; place: Place; of?: string | undefined };
    answer: readonly string[];
  };
  history: { params: HistoryQuestion; answer: LocatedHistory };
  /** @see Engine.callOf; undefined for the outermost frame */
  callOf: { params: { mark: Mark; level: number }; answer: Mark | undefined };
  /** Places in memory 0 that hold some bytes, from an address on. */
  search: { params: { mark: Mark; query: SearchQuery }; answer: SearchHits };
  firstSeen: { params: { bytes: Uint8Array }; answer: FirstSeen | undefined };
  disassembly: { params: { func: number }; answer: FunctionText };
  /** Refuses a condition that cannot be meant. */
  checkCondition: { params: { of: ConditionOf; condition: string }; answer: undefined };
  globals: { params: { mark: Mark }; answer: readonly GlobalValue[] };
  memory: { params: { mark: Mark; address: number; length: number }; answer: MemoryRange };
  profile: { params: Record<string, never>; answer: Profile };
  coverage: { params: Record<string, never>; answer: Coverage };
  symbols: { params: SymbolQuery; answer: SymbolList };
  /** @see Symbols.complete */
  completions: {
    params: { prefix: string; kinds: readonly SymbolKind[] };
    answer: readonly string[];
  };
  /** The instructions that a breakpoint means. */
  places: { params: { spec: BreakSpec }; answer: readonly StackFrame[] };
}

/** `workerData` of the thread. */
export interface TravelSetup {
  /** Path. */
  readonly trace: string;
  /** Of a component; the one that holds the program unless given. */
  readonly instance?: number | undefined;
  readonly keptBytes?: number | undefined;
  /** Words of requests/messages.ts. */
  readonly shared: SharedArrayBuffer;
}
