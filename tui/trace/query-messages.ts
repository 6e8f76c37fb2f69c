/** What the UI asks of the process that scans a trace, and what it answers. */

import type { OpenFile } from '../../replayer/session/descriptor-history.ts';
import type { OpenResource } from '../../replayer/session/resource-history.ts';
import type { Output } from '../../replayer/session/streams-and-files.ts';
import type { CallFilter, Slice } from '../../traces/timeline.ts';

export type Query =
  /** All calls that match. */
  | {
      readonly kind: 'matches';
      readonly filter: CallFilter;
      readonly sort: 'number' | 'duration' | 'bytes';
    }
  /** The nearest call that matches, from `from` on, or before it where `backwards`. */
  | {
      readonly kind: 'find';
      readonly filter: CallFilter;
      readonly from: number;
      readonly backwards: boolean;
    }
  | { readonly kind: 'overview'; readonly slices: number; readonly marked: CallFilter }
  /** What is open and was printed after an event. */
  | { readonly kind: 'history'; readonly event: number };

export interface Answers {
  readonly matches: Uint32Array<ArrayBuffer>;
  readonly find: number | undefined;
  readonly overview: readonly Slice[];
  readonly history: {
    readonly descriptors: readonly OpenFile[];
    /** Of a component. */
    readonly resources: readonly OpenResource[] | undefined;
    readonly output: Output;
  };
}

export type Kind = Query['kind'];

export type ToQueryWorker =
  | { readonly type: 'query'; readonly id: number; readonly query: Query }
  /** Queries with a lower id are to stop. */
  | { readonly type: 'cancel'; readonly before: number };

export type FromQueryWorker =
  | { readonly id: number; readonly type: 'answer'; readonly answer: Answers[Kind] }
  | { readonly id: number; readonly type: 'progress'; readonly share: number }
  | { readonly id: number; readonly type: 'cancelled' }
  | { readonly id: number; readonly type: 'failed'; readonly message: string };
