/** What a guest that runs on past its recording says, and what it is asked. */
import type { CoreValue } from '../../traces/events.ts';
import type { ModuleNames } from '../component/core-modules.ts';

/** `workerData` of its thread. */
export interface PastSetup {
  readonly trace: string;
  /** Its one word counts the messages to the thread, which waits on it where it cannot listen. */
  readonly shared: SharedArrayBuffer;
}

export type ToPast =
  /** The first message: replay to the end of the log. An inspector attaches before it. */
  | { readonly type: 'start' }
  | { readonly type: 'go' }
  | {
      readonly type: 'read';
      readonly id: number;
      readonly address: number;
      readonly length: number;
    };

export type FromPast =
  /** It stands at the end of the log, and can go on. @see PastInstances */
  | { readonly type: 'at-end'; readonly instances: PastInstances | undefined }
  /** It asks the host for something to which there is no recorded answer: this is as far as it gets. */
  | {
      readonly type: 'called';
      readonly name: string;
      readonly args: readonly CoreValue[];
      readonly stack: string;
      readonly instances: PastInstances | undefined;
    }
  /** It returned or trapped. `trap` is V8's message. */
  | {
      readonly type: 'ended';
      readonly trap: string | undefined;
      readonly stack: string;
      readonly instances: PastInstances | undefined;
    }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string }
  | {
      readonly type: 'bytes';
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly size: number;
    };

/** Of a component: whose code a module is, by its name in stack traces. */
export type PastInstances = ModuleNames;

/** Name of the global function `(address, length) => base64` by which a paused guest is looked into. */
export const READ_FUNCTION = 'wasiRrReadMemory';

/** Index, in the words that both threads see, of that for `allowEnding`. */
export const ENDING_WORD = 1;
