/** What the supervisor and the thread of a component say to each other, besides guest-messages.ts. */
import type { LoggedFunction } from '../../traces/events.ts';
import type { ForwardedPiece } from '../../traces/forwarded.ts';
import type { CoreInstance } from '../../traces/instances.ts';
import type { ServedRequest } from '../../traces/requests.ts';
import type { HostConfig } from '../hosts/host.ts';
import type { Address } from '../network/messages.ts';
import type { CoreModule, LinkedSurface } from './core-linker.ts';
import type { GivenImport } from './given-imports.ts';

/** The first message to a component's thread. */
export interface ComponentSetup {
  readonly ring: SharedArrayBuffer;
  /** Path. */
  readonly trace: string;
  readonly config: HostConfig;
  readonly paranoid: boolean;
  /** Bytes of what the host reads that are kept of a call. */
  readonly payload: number;
  /** Bytes that are kept of what the guest passes on unread, of each. */
  readonly forwardLimit: number;
  readonly net: boolean;
  /** Where a server is to listen; undefined for a command. */
  readonly serve: Address | undefined;
  /** What JavaScript modules give. */
  readonly given: readonly GivenImport[];
  /** Two words: how many announcements are in the trace, and how many pieces of what was forwarded. */
  readonly stored: SharedArrayBuffer;
  /** Path of the generated program. */
  readonly program: string;
  /** Whether it imports interfaces of WASI 0.3. */
  readonly later: boolean;
  /** The interface that is run. */
  readonly entry: string;
  /** Undefined where it could not be read. */
  readonly surface: LinkedSurface | undefined;
  /** With the name by which the generated program asks for each. */
  readonly modules: readonly (CoreModule & { readonly file: string })[];
}

/** What a server's thread tells of itself. */
export type ServerNews =
  | { readonly type: 'serving'; readonly address: Address }
  | { readonly type: 'request'; readonly request: ServedRequest; readonly state: RequestState };

/** The guest passed something on that it did not have. */
export interface ForwardedNews {
  readonly type: 'forwarded';
  readonly piece: ForwardedPiece;
}

/** A request came, was answered, or was told before with less. */
export type RequestState = 'begun' | 'done' | 'more';

/** To be put into the trace before any event that names it; the thread waits for that. */
export interface Announcement {
  readonly type: 'announce';
  readonly instance: CoreInstance | undefined;
  readonly functions: readonly LoggedFunction[];
}
