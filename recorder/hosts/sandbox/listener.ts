/** A listening socket that a guest was given. */
import type { Connection } from './connection.ts';
import { ERRNO, refuse } from './errno.ts';
import type { NetworkEnd } from './network-end.ts';
import type { Readiness } from './readiness.ts';

export class Listener {
  readonly kind = 'listener';
  /** Connections that the guest has not accepted, oldest first. */
  readonly waiting: Connection[] = [];
  private readonly network: NetworkEnd;
  private readonly index: number;

  constructor(network: NetworkEnd, index: number) {
    this.network = network;
    this.index = index;
  }

  /** Waits for a connection. @throws Refusal again */
  accept(nonblocking: boolean): Connection {
    this.network.update();
    if (nonblocking && this.waiting.length === 0) refuse(ERRNO.again);
    this.network.waitUntil(() => this.waiting.length > 0);
    const connection = this.waiting.shift() ?? refuse(ERRNO.again);
    this.network.send({ type: 'accepted', id: connection.id });
    return connection;
  }

  /** Whether there is somebody to accept. */
  readable(): Readiness | undefined {
    const bytes = this.waiting.length;
    return bytes > 0 ? { bytes, hangup: false } : undefined;
  }

  writable(): undefined {
    return undefined;
  }

  close(): void {
    for (const connection of this.waiting) this.network.forget(connection);
    this.network.send({ type: 'stopListening', listener: this.index });
  }
}
