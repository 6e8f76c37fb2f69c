/**
 * What the guest's thread and the network's say to each other about sockets. The guest blocks, so it takes
 * its messages itself, and waits on the bell: a counter in shared memory that goes up after each message
 * to it.
 *
 * Either side sends ahead of the other by a window at most, so memory is bounded and a slow side slows
 * the other down, through TCP as well.
 */
import type { MessagePort } from 'node:worker_threads';

/** Bytes that were read for one connection and that the guest has not taken; and the same of its own. */
export const WINDOW = 256 << 10;

/** Connections of one listener that the guest has not accepted. More are reset. */
export const BACKLOG = 511;

/** Of a connection, unique in a run. */
export type ConnectionId = number;

export type ToNetwork =
  /** The guest has it: read from it from now on. */
  | { readonly type: 'accepted'; readonly id: ConnectionId }
  /** The guest has read so many bytes. */
  | { readonly type: 'taken'; readonly id: ConnectionId; readonly length: number }
  | { readonly type: 'send'; readonly id: ConnectionId; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Nothing more will be sent. */
  | { readonly type: 'end'; readonly id: ConnectionId }
  | { readonly type: 'close'; readonly id: ConnectionId }
  | { readonly type: 'stopListening'; readonly listener: number };

export type FromNetwork =
  | { readonly type: 'connected'; readonly listener: number; readonly id: ConnectionId }
  | { readonly type: 'received'; readonly id: ConnectionId; readonly bytes: Uint8Array }
  /** The peer will send nothing more. */
  | { readonly type: 'ended'; readonly id: ConnectionId }
  /** So many bytes have gone to the system. */
  | { readonly type: 'sent'; readonly id: ConnectionId; readonly length: number }
  /** Nothing goes either way any more. @param code `ECONNRESET` */
  | { readonly type: 'failed'; readonly id: ConnectionId; readonly code: string };

/** What the guest's thread gets of the network. */
export interface GuestNetwork {
  readonly port: MessagePort;
  readonly bell: SharedArrayBuffer;
  /** Listeners: numbers from 0. */
  readonly listeners: number;
}

/** `workerData` of the network's thread. */
export interface NetworkSetup {
  readonly port: MessagePort;
  readonly bell: SharedArrayBuffer;
  readonly listen: readonly Address[];
}

export interface Address {
  /** A name, or a number of IPv4 or IPv6 (without brackets). */
  readonly host: string;
  readonly port: number;
}

/** From the network's thread to the supervisor, once. */
export type ListenResult =
  | { readonly type: 'listening'; readonly addresses: readonly Address[] }
  /** @param index of the address that cannot be had */
  | { readonly type: 'refused'; readonly index: number; readonly code: string };

/** To the network's thread: send what is under way, close everything, and end. */
export const END = 'end';
