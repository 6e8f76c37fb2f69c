/** What calls of a component are in words, and the events that they are read from. */
import type { CoreNumber } from '../../wasm/component/flat-values.ts';

/** An event of a log, as far as it matters here (traces/events.ts). */
export interface Crossing {
  readonly kind: string;
  readonly number: number;
  readonly func?: { readonly id: number; readonly instance?: number; readonly name: string };
  readonly args?: readonly CoreNumber[];
  readonly results?: readonly CoreNumber[];
  readonly opened?: number;
  readonly hostReads?: {
    readonly places: readonly {
      readonly form: string;
      readonly address?: number;
      readonly length?: number;
    }[];
    readonly kept: Uint8Array;
  };
  readonly changes?: readonly MemoryChange[];
}

/** A change of the host's; those of memory have an address. */
export interface MemoryChange {
  readonly kind: string;
  readonly memory?: number;
  readonly address?: number;
  readonly bytes?: Uint8Array;
}

/** What came of a call, in words. */
export interface CallAnswer {
  /** Undefined before it has returned, and for a function without a result. */
  readonly result: string | undefined;
  /** `success`, or the case of the error; undefined before it has returned. */
  readonly errno: string | undefined;
  /** Bytes in lists that were passed or returned. */
  readonly bytes: number | undefined;
}

export interface DescribedCall extends CallAnswer {
  readonly number: number;
  /** With its version; '' for a function of the component runtime, and for one in no interface. */
  readonly interface: string;
  /** `descriptor.open-at`, `stream.write`. */
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly text: string }[];
  /** What it is about. Not escaped. */
  readonly path: string | undefined;
  /** Set where what it asked for comes with a later event: its result says so. */
  readonly isLater?: boolean;
  /** What came with its answer: that of a call before. */
  readonly arrived?: LateAnswer;
}

/** The answer to a call that had returned without it. */
export interface LateAnswer extends CallAnswer {
  /** Number of that call; of an entry for what a task returns. */
  readonly call: number;
  readonly interface: string;
  readonly name: string;
  /** The handle that it was made with: `stream<u8>#2 <stdin>`. Safe to print. */
  readonly self: string | undefined;
}

/** What an event is. */
export type Followed =
  | { readonly kind: 'call' | 'begun' | 'ended'; readonly call: DescribedCall }
  /** The host has answered a call with an exception. */
  | { readonly kind: 'failed'; readonly call: DescribedCall }
  | {
      readonly kind: 'entered';
      readonly name: string;
      readonly interface: string;
      /** Names of its parameters, and what is passed. */
      readonly params: readonly string[];
      readonly args: readonly string[];
    }
  /** A task goes on. */
  | {
      readonly kind: 'resumed';
      /** Undefined where it cannot be told which task it is. */
      readonly task: Task | undefined;
      /** `stream-read`, `none`. */
      readonly event: string;
      readonly arrived: LateAnswer | undefined;
    }
  | { readonly kind: 'left'; readonly result: string | undefined }
  /** A task has stopped, or is done. */
  | {
      readonly kind: 'paused';
      readonly task: Task | undefined;
      readonly how: 'waits' | 'yields' | 'polls' | 'is done';
    }
  /** What was entered ended otherwise. */
  | { readonly kind: 'unwound' }
  /** Of the component runtime's making, and of no interest to most. */
  | { readonly kind: 'core' };

/** A call of an asynchronous function that a component exports. */
export interface Task {
  /** Number of the event at which it was entered. */
  readonly entered: number;
  readonly interface: string;
  readonly name: string;
}
