/**
 * A component that is an HTTP server: one instance answers all requests, until one makes it trap; what comes
 * after that gets a new one.
 */
import type { Outcome } from '../../traces/outcome.ts';
import type { Address } from '../network/messages.ts';
import type { ForwardedStreams } from './forwarded-streams.ts';
import type { Forwarding } from './forwarding.ts';
import type { IncomingHandler } from './preview2-server.ts';
import type { LaterAnswer } from './preview3-server.ts';
import type { Interfaces } from './provided-interfaces.ts';
import type { RequestNotes } from './request-notes.ts';

export interface Server {
  /** @returns where it listens @throws what the system says */
  listen(address: Address): Promise<Address>;
  /** Settles when all requests that have come are answered. */
  close(): Promise<void>;
}

/** What a server is made of. */
export interface ServerParts {
  readonly imports: Interfaces;
  readonly notes: RequestNotes;
  readonly forwarding: Forwarding;
  readonly forwarded: ForwardedStreams;
}

/** What a component that serves exports in its one interface. */
interface Exports {
  readonly handle: IncomingHandler & ((request: object) => Promise<unknown>);
}

/** What the guest came to. */
export interface GuestState {
  /** Why it was ended for good. */
  readonly ending: Outcome | undefined;
  /** How the last entry that did not return ended. */
  readonly unwoundAs: Outcome | undefined;
  /** Is rejected with what ended a stack of the guest that could suspend. */
  readonly failed: Promise<never>;
}

export class ServedProgram {
  private readonly make: () => unknown;
  private readonly state: GuestState;
  private current: Exports | undefined;
  /** Whether any request made the guest trap. */
  trapped = false;

  /** @param make a new instance, or a promise of one */
  constructor(make: () => unknown, state: GuestState) {
    this.make = make;
    this.state = state;
  }

  /** Before the first request. */
  async start(): Promise<void> {
    this.current = (await this.make()) as Exports;
  }

  async server(later: boolean, parts: ServerParts): Promise<Server> {
    if (later) {
      const { Preview3Server } = await import('./preview3-server.ts');
      return new Preview3Server(parts, (request) => this.handleLater(request));
    }
    const { Preview2Server } = await import('./preview2-server.ts');
    return new Preview2Server(parts, (request, out) => this.handle(request, out));
  }

  private handle(request: object, out: object): void {
    this.current ??= this.make() as Exports;
    const before = this.state.unwoundAs;
    try {
      this.current.handle(request, out);
    } catch (thrown) {
      this.lose(this.current);
      const { unwoundAs } = this.state;
      if (unwoundAs === before || unwoundAs?.kind !== 'trap') throw thrown;
      // jco puts traps into words of its own
      throw new Error(unwoundAs.trap.message, { cause: thrown });
    }
  }

  private async handleLater(request: object): Promise<LaterAnswer> {
    this.current ??= (await this.make()) as Exports;
    const { current } = this;
    // what ends one stack ends the instance, and with it all that it was answering
    const failed = this.state.failed.catch((thrown: unknown) => {
      this.lose(current);
      throw thrown;
    });
    return { response: await Promise.race([current.handle(request), failed]), failed };
  }

  private lose(instance: Exports | undefined): void {
    this.trapped = true;
    if (this.current === instance) this.current = undefined;
  }
}
