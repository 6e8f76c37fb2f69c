/** Where a replay asked for something else than the recording did, as plain data. */

import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { RecordedCall } from '../wasi/call.ts';
import type { WasmFrame } from '../wasm/traps.ts';

export type Mismatch =
  /** Another function was called. */
  | { readonly what: 'function' }
  /** A call where the recorded run made none: it returned, exited or trapped. */
  | { readonly what: 'extra-call' }
  | {
      readonly what: 'argument';
      readonly index: number;
      readonly recorded: CoreValue;
      readonly actual: CoreValue;
    }
  /** Memory in pages of 64 KiB. */
  | { readonly what: 'memory-size'; readonly recorded: number; readonly actual: number }
  /** How many bytes the host was to read. */
  | { readonly what: 'length'; readonly recorded: number; readonly actual: number }
  /** The first byte that differs of those that the host was to read. */
  | {
      readonly what: 'bytes';
      readonly offset: number;
      readonly address: number;
      readonly recorded: number;
      readonly actual: number;
    }
  /** They differ after the first `kept`, of which the trace has only a hash. */
  | { readonly what: 'hash'; readonly kept: number }
  /** The guest returned, exited or trapped where the recorded run went on or ended otherwise. */
  | { readonly what: 'ending'; readonly actual: string }
  | {
      readonly what: 'results';
      readonly recorded: readonly CoreValue[];
      readonly actual: readonly CoreValue[];
    }
  /** Everything matched, and yet the memory is another one at the end. */
  | { readonly what: 'final-memory'; readonly recorded: string; readonly actual: string };

export interface Divergence {
  /** Number of the recorded event that did not match. */
  readonly event: number;
  readonly mismatch: Mismatch;
  /** The call that the replay made, where it is about a call. */
  readonly actual?: {
    readonly func: LoggedFunction;
    readonly args: readonly CoreValue[];
    /** With what the host would have read. */
    readonly call: RecordedCall | undefined;
  };
  /** V8's stack trace at that moment, with the guest's frames. */
  readonly stack: string;
  /** Those frames with their places as recorded, where the stack does not tell them. */
  readonly frames?: readonly WasmFrame[];
}
