/** What a replay's thread is given and what it says. */
import type { FinalMemory } from '../traces/meta.ts';
import type { HttpResponse } from '../wasi/component/http-responses.ts';
import type { Divergence } from './divergence.ts';

/** `workerData` of the replay's thread. */
export interface ReplaySetup {
  readonly trace: string;
  /** Another module than the trace's, to see where it differs. */
  readonly module: Uint8Array | undefined;
  readonly output: boolean;
  /** Whether the responses of a server are wanted. */
  readonly responses: boolean;
  /** See {@link SHARED}. */
  readonly shared: SharedArrayBuffer;
}

/** Words of the memory that both threads see. `ending`: see allowEnding. */
export const SHARED = { bytes: 16, events: 0, unprinted: 1, ending: 2 } as const;

/** Bytes of output that may wait to be printed before the replay waits for its reader. */
export const MAX_UNPRINTED = 8 << 20;

export type ReplayEnd =
  /** All recorded events were replayed, as far as they can be. */
  | {
      readonly kind: 'replayed';
      /** Whether the guest has come to its end; false where only the log has. */
      readonly toItsEnd: boolean;
      readonly finalMemory: FinalMemory | null;
      readonly note: string | undefined;
    }
  | { readonly kind: 'diverged'; readonly divergence: Divergence };

export type FromReplay =
  | { readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly type: 'response'; readonly response: HttpResponse }
  | { readonly type: 'ended'; readonly end: ReplayEnd; readonly events: number }
  /** `code` of a WasiRrError; undefined for anything else that was thrown. */
  | {
      readonly type: 'failed';
      readonly code: string | undefined;
      readonly message: string;
      readonly event: number | undefined;
    };
