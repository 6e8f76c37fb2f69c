/** The session's connection to its thread: keeps the module that it compiled, and passes on what it tells. */
import { workerUrl } from '../../worker-url.ts';
import { RequestLink, type RequestOptions } from '../requests/request-link.ts';
import type {
  FromSession,
  ProblemMessage,
  RequestName,
  Requests,
  SessionSetup,
} from './messages.ts';

export interface LinkEvents {
  problem(problem: ProblemMessage): void;
  verified(verified: boolean): void;
}

export class WorkerLink {
  private readonly link: RequestLink<Requests>;
  private readonly events: LinkEvents;
  private module: WebAssembly.Module | undefined;

  constructor(setup: Omit<SessionSetup, 'shared' | 'module'>, events: LinkEvents) {
    this.events = events;
    this.link = new RequestLink({
      url: workerUrl('replayer/session/session-worker'),
      setup: () => ({ ...setup, module: this.module }),
      receive: (message) => this.receive(message as FromSession),
    });
  }

  /** The compiled module, once a thread has compiled it. */
  get compiled(): WebAssembly.Module | undefined {
    return this.module;
  }

  /** @throws as RequestLink.request */
  request<K extends RequestName>(
    name: K,
    params: Requests[K]['params'],
    options?: RequestOptions,
  ): Promise<Requests[K]['answer']> {
    return this.link.request(name, params, options);
  }

  /** Ends the thread; what is under way is rejected. */
  close(): Promise<void> {
    return this.link.close();
  }

  private receive(message: FromSession): void {
    switch (message.type) {
      case 'compiled':
        this.module = message.module;
        break;
      case 'problem':
        this.events.problem(message.problem);
        break;
      case 'verified':
        this.events.verified(message.verified);
        break;
    }
  }
}
