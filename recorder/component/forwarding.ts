/**
 * Keeps what a guest passes on without having it in its memory: sends it to the supervisor for the trace, piece by piece,
 * and lets nobody run far ahead of what is stored. Knows no WASI.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ForwardedPart, type ForwardedPiece, MAX_PIECE } from '../../traces/forwarded.ts';
import type { CoreFunction } from './core-boundary.ts';

/** Pieces that may be on their way: with those of the shims, of 64 KiB, some 4 MiB. */
const MAX_AHEAD = 64;

/** Milliseconds after which the supervisor is looked at again, should it have said nothing. */
const LOOK_MS = 100;

const NOTHING = new Uint8Array(0);

export interface ForwardingOptions {
  /** Bytes of one entry that are kept. */
  readonly limit: number;
  readonly send: (piece: ForwardedPiece) => void;
  /** One word: how many pieces were stored, or will not be. */
  readonly stored: Int32Array;
  /** The call that the host is answering. */
  readonly open: () =>
    | { readonly number: number; readonly func: { readonly name: string } }
    | undefined;
}

/** What goes on because of one call. */
export class ForwardedBytes {
  private readonly send: (bytes: Uint8Array, size?: number) => void;
  private room: number;
  private size = 0;
  private ended = false;

  constructor(limit: number, send: (bytes: Uint8Array, size?: number) => void) {
    this.room = limit;
    this.send = send;
  }

  /** @param bytes are copied */
  add(bytes: Uint8Array): void {
    if (this.ended) return;
    this.size += bytes.length;
    const kept = Math.min(bytes.length, this.room);
    this.room -= kept;
    for (let at = 0; at < kept; at += MAX_PIECE) {
      this.send(bytes.slice(at, Math.min(kept, at + MAX_PIECE)));
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.send(NOTHING, this.size);
  }
}

export class Forwarding {
  private readonly options: ForwardingOptions;
  private readonly later = new AsyncLocalStorage<number>();
  private count = 0;
  private sent = 0;

  constructor(options: ForwardingOptions) {
    this.options = options;
  }

  /** Number of the call that the host is answering. @param name of the function that it has to be of */
  event(name?: string): number | undefined {
    const call = this.options.open();
    if (name !== undefined && call?.func.name !== name) return undefined;
    return call?.number ?? this.later.getStore();
  }

  /** @returns a host that may look at what it is given after other things have happened, and knows its call then */
  following(host: CoreFunction): CoreFunction {
    return (...args) => {
      const call = this.options.open();
      return call === undefined ? host(...args) : this.later.run(call.number, () => host(...args));
    };
  }

  begin(event: number, part: ForwardedPart): ForwardedBytes {
    const { limit, send } = this.options;
    const id = ++this.count;
    return new ForwardedBytes(limit, (bytes, size) => {
      this.sent++;
      send({ id, event, part, bytes, size });
    });
  }

  /** What is there at once. */
  all(event: number, part: ForwardedPart, bytes: Uint8Array): void {
    const begun = this.begin(event, part);
    begun.add(bytes);
    begun.end();
  }

  /** Settles when what was sent is not too much ahead of what is stored. */
  async hasRoom(): Promise<void> {
    for (let stored = this.stored(); this.isAhead(stored); stored = this.stored()) {
      const { async, value } = Atomics.waitAsync(this.options.stored, 0, stored, LOOK_MS);
      if (async) await value;
    }
  }

  /** As {@link hasRoom}, for a host that has to answer at once. */
  waitForRoom(): void {
    for (let stored = this.stored(); this.isAhead(stored); stored = this.stored()) {
      Atomics.wait(this.options.stored, 0, stored, LOOK_MS);
    }
  }

  private stored(): number {
    return Atomics.load(this.options.stored, 0);
  }

  /** Both count on where 32 bits end. */
  private isAhead(stored: number): boolean {
    return ((this.sent - stored) | 0) > MAX_AHEAD;
  }
}
