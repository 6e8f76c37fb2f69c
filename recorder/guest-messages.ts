/** What the supervisor and the guest's thread say to each other; the log itself goes through the ring. */
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { FinalMemory } from '../traces/meta.ts';
import type { Outcome } from '../traces/outcome.ts';
import type { ChaosPlan } from './chaos/plan.ts';
import type { ComponentFunction, WitValue } from './component/component-exports.ts';
import type { Announcement, ForwardedNews, ServerNews } from './component/component-messages.ts';
import type { HostConfig, HostName } from './hosts/host.ts';

/** The first message to the guest's thread. */
export interface GuestSetup {
  readonly ring: SharedArrayBuffer;
  /** Path. */
  readonly trace: string;
  readonly host: HostName;
  readonly config: HostConfig;
  /** Bytes; Infinity for all. */
  readonly payload: number;
  readonly paranoid: boolean;
  readonly chaos: ChaosSetup | undefined;
}

export interface ChaosSetup {
  readonly plan: ChaosPlan;
  /** A ring for what is injected. */
  readonly notes: SharedArrayBuffer;
}

export type ToGuest =
  | {
      readonly type: 'instantiate';
      readonly module: WebAssembly.Module;
      /** The imports, in the trace's dictionary. */
      readonly imports: readonly LoggedFunction[];
    }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly func: LoggedFunction;
      readonly args: readonly CoreValue[];
    }
  /** A function of a component, with values of its interface. */
  | {
      readonly type: 'call-function';
      readonly id: number;
      readonly func: ComponentFunction;
      readonly args: readonly WitValue[];
    }
  /** A server takes no more requests, and its call returns when all are answered. */
  | { readonly type: 'drain' }
  | { readonly type: 'finish' };

export type FromGuest =
  | Announcement
  | ForwardedNews
  | ServerNews
  | { readonly type: 'instantiated' }
  /** Instantiation, or the call `id`, ended by an exit, a trap or a failure. */
  | { readonly type: 'unwound'; readonly id: number | undefined; readonly outcome: Outcome }
  | { readonly type: 'returned'; readonly id: number; readonly results: readonly WitValue[] }
  | {
      readonly type: 'finished';
      readonly finalMemory: FinalMemory | null;
      /** Those after a trap (memory-copies.ts). */
      readonly memories: readonly (SharedArrayBuffer | undefined)[];
      /** A read that the guest began and did not wait for sits in the system. */
      readonly stuck: boolean;
    };
