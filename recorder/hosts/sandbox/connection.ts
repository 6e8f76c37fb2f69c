/** A TCP connection that a guest has accepted, or will: what a blocking socket of POSIX does. */
import { type ConnectionId, WINDOW } from '../../network/messages.ts';
import { ByteQueue } from './byte-queue.ts';
import { ERRNO, errnoOfCode, refuse } from './errno.ts';
import type { NetworkEnd } from './network-end.ts';
import type { Readiness } from './readiness.ts';

const SUCCESS = 0;

/** Bytes that the guest takes before the network is told, which is only of interest when it waits for room. */
const REPORT = WINDOW / 4;

export interface ReceiveOptions {
  readonly nonblocking: boolean;
  /** Leave it to be read again. */
  readonly peek?: boolean;
  /** Wait until all buffers are full. */
  readonly all?: boolean;
}

export class Connection {
  readonly kind = 'connection';
  readonly id: ConnectionId;
  /** The peer sends nothing more. */
  ended = false;
  private readonly network: NetworkEnd;
  private readonly input = new ByteQueue();
  /** Bytes that the guest has taken and the network does not know of. */
  private untold = 0;
  /** Bytes that were sent and have not gone to the system. */
  private underWay = 0;
  /** What the guest has not been told of yet, as POSIX does once; then reads end and writes are broken. */
  private error = SUCCESS;
  private broken = false;
  private readsShut = false;
  private writesShut = false;

  constructor(network: NetworkEnd, id: ConnectionId) {
    this.network = network;
    this.id = id;
  }

  received(bytes: Uint8Array): void {
    this.input.push(bytes);
    if (this.readsShut) this.drop(bytes.length);
  }

  sent(length: number): void {
    this.underWay -= length;
  }

  failed(code: string): void {
    this.error = errnoOfCode(code);
    this.broken = true;
  }

  /**
   * @returns bytes read; 0 at the end
   * @throws Refusal again, connreset and what else a connection ends with
   */
  receive(targets: readonly Uint8Array[], options: ReceiveOptions): number {
    const { nonblocking, peek = false, all = false } = options;
    const wanted = targets.reduce((sum, { length }) => sum + length, 0);
    if (wanted === 0) return 0;
    if (peek) {
      // the network does not send more ahead
      const least = all && !nonblocking ? Math.min(wanted, WINDOW - REPORT) : 1;
      this.waitForInput(least, nonblocking);
      return this.input.copyTo(targets);
    }
    this.waitForInput(1, nonblocking);
    let read = this.take(targets);
    while (all && !nonblocking && read < wanted && !this.isAtEnd) {
      this.network.waitUntil(() => this.input.length > 0 || this.isAtEnd);
      read += this.take(behind(targets, read));
    }
    return read;
  }

  /**
   * Waits until all has been handed over, as a blocking socket does.
   * @returns bytes written; fewer where the connection breaks in the middle, or where it would wait
   * @throws Refusal again, pipe, connreset and what else a connection ends with
   */
  send(sources: readonly Uint8Array[], nonblocking: boolean): number {
    let written = 0;
    for (const source of sources) {
      for (let at = 0; at < source.length; ) {
        const room = this.waitForRoom(nonblocking, written > 0);
        if (room === 0) return written;
        const bytes = source.slice(at, at + room);
        // before they go over, with which they are no longer here
        const { length } = bytes;
        this.network.send({ type: 'send', id: this.id, bytes });
        this.underWay += length;
        at += length;
        written += length;
      }
    }
    return written;
  }

  /** @throws Refusal notconn where nothing is connected any more */
  shutdown(reads: boolean, writes: boolean): void {
    this.network.update();
    if (this.broken) refuse(ERRNO.notconn);
    if (reads && !this.readsShut) {
      this.readsShut = true;
      this.drop(this.input.length);
    }
    if (writes && !this.writesShut) {
      this.writesShut = true;
      this.network.send({ type: 'end', id: this.id });
    }
  }

  readable(): Readiness | undefined {
    const bytes = this.input.length;
    return bytes > 0 || this.isAtEnd ? { bytes, hangup: this.isOver } : undefined;
  }

  writable(): Readiness | undefined {
    const room = this.writesShut || this.broken ? 0 : this.room;
    // what fails does not wait either
    const ready = room > 0 || this.writesShut || this.broken;
    return ready ? { bytes: room, hangup: this.isOver } : undefined;
  }

  close(): void {
    this.network.forget(this);
    this.network.send({ type: 'close', id: this.id });
  }

  /** Nothing will come after what is there. */
  private get isAtEnd(): boolean {
    return this.ended || this.broken || this.readsShut;
  }

  /** Nothing goes either way. */
  private get isOver(): boolean {
    return this.broken || (this.writesShut && (this.ended || this.readsShut));
  }

  private get room(): number {
    return Math.max(0, WINDOW - this.underWay);
  }

  /** Returns with less only at the end. */
  private waitForInput(least: number, nonblocking: boolean): void {
    this.network.update();
    if (this.input.length >= least) return;
    if (!this.isAtEnd) {
      if (nonblocking) refuse(ERRNO.again);
      this.network.waitUntil(() => this.input.length >= least || this.isAtEnd);
    }
    if (this.input.length === 0) this.throwError();
  }

  /** @param part whether some has been sent: then nothing is thrown, and the next call tells of it */
  private waitForRoom(nonblocking: boolean, part: boolean): number {
    this.network.update();
    if (!nonblocking) this.network.waitUntil(() => this.room > 0 || this.broken);
    if (this.broken || this.writesShut) {
      if (part) return 0;
      this.throwError();
      refuse(ERRNO.pipe);
    }
    if (this.room === 0 && !part) refuse(ERRNO.again);
    return this.room;
  }

  private throwError(): void {
    const { error } = this;
    this.error = SUCCESS;
    if (error !== SUCCESS) refuse(error);
  }

  private take(targets: readonly Uint8Array[]): number {
    const read = this.input.copyTo(targets);
    this.drop(read);
    return read;
  }

  private drop(length: number): void {
    this.input.drop(length);
    this.untold += length;
    if (this.untold < REPORT) return;
    this.network.send({ type: 'taken', id: this.id, length: this.untold });
    this.untold = 0;
  }
}

/** What is left of buffers of which the first bytes are full. */
function behind(targets: readonly Uint8Array[], full: number): Uint8Array[] {
  let skip = full;
  return targets.flatMap((target) => {
    const rest = target.subarray(Math.min(skip, target.length));
    skip -= target.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}
