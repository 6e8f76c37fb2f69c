/** The session's connection to its thread: keeps the modules that it compiled, and passes on what it tells. */
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
  private readonly modules: (WebAssembly.Module | undefined)[] = [];

  constructor(setup: Omit<SessionSetup, 'shared' | 'modules'>, events: LinkEvents) {
    this.events = events;
    this.link = new RequestLink({
      url: workerUrl('replayer/session/session-worker'),
      setup: () => ({ ...setup, modules: this.modules }),
      receive: (message) => this.receive(message as FromSession),
    });
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
        this.modules[message.instance] = message.module;
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
