/** The session behind the UI: opened off the first frame, opened again after it failed, and asked. */
import { messageOf } from '../../errors.ts';
import type { CoreLayout, InstanceInfo } from '../../replayer/component/core-layout.ts';
import type { MemoryHistory, MemoryRange, SearchHits } from '../../replayer/session/messages.ts';
import type { PastStop } from '../../replayer/session/past-run.ts';
import { openSession, type Session } from '../../replayer/session/session.ts';
import type { AddressRange } from '../trace/effects.ts';
import { type GuestProblem, guestProblem } from './replay-problem.ts';

/** What of a component is looked at. */
export interface Chosen {
  readonly instance: InstanceInfo;
  /** Index of a memory, as the instance has it. */
  readonly index: number;
  /** Its number; undefined for an instance that has none. */
  readonly memory: number | undefined;
}

export interface SearchOptions {
  /** First address; the last one where the search goes backwards. */
  readonly from?: number;
  readonly backwards?: boolean;
  readonly limit?: number;
}

export class GuestSession {
  /** Of a component, what is looked at; undefined before that is known, and for a module. */
  chosen: Chosen | undefined;
  /** Of a component. */
  layout: CoreLayout | undefined;
  protected session: Session | undefined;
  protected opened: Promise<void>;
  protected closed = false;
  protected abort = new AbortController();
  protected readonly changed: () => void;
  private readonly path: string;
  /** Why there is no session. */
  private failure: string | undefined;

  /** @param changed called whenever there is something new to show */
  constructor(path: string, changed: () => void) {
    this.path = path;
    this.changed = changed;
    this.opened = this.open();
  }

  get ready(): Session | undefined {
    return this.session;
  }

  /** Why (a part of) the trace does not replay, and from which event on. */
  get problem(): GuestProblem | undefined {
    const { failure, session } = this;
    if (failure !== undefined) return { event: -1, brief: failure, full: failure };
    return session?.replayProblem && guestProblem(session.replayProblem);
  }

  /** Why nothing can be shown at an event; undefined where it can, or may yet. */
  problemAt(event: number): string | undefined {
    const { problem } = this;
    return problem !== undefined && event >= problem.event ? problem.full : undefined;
  }

  /** Why it does not work at all, though trying again may help. */
  get failed(): string | undefined {
    const problem = this.session?.replayProblem;
    return this.failure ?? (problem?.code === 'SESSION_FAILED' ? problem.message : undefined);
  }

  /**
   * Looks at another instance of the component, and one of its memories.
   * @returns why that cannot be
   */
  choose(instance: number, index: number): string | undefined {
    const { layout } = this;
    if (layout === undefined) {
      return this.session === undefined
        ? 'the replay has not started yet'
        : 'the run is that of a core module: it has one instance';
    }
    const { instances } = layout;
    const found = instances[instance];
    if (found === undefined) return `instances are 0 to ${instances.length - 1}`;
    const { memories, name } = found;
    if (index > 0 && memories[index] === undefined) {
      return `instance ${instance} (${name}) has ${memories.length} memories`;
    }
    this.chosen = { instance: found, index, memory: memories[index] };
    return undefined;
  }

  /** The memory that is looked at, for the session. @throws Error for an instance that has none */
  protected get ofMemory(): { readonly memory?: number } {
    const { chosen } = this;
    if (chosen === undefined) return {};
    if (chosen.memory !== undefined) return { memory: chosen.memory };
    throw new Error(`instance ${chosen.instance.id} has no memory`);
  }

  /** @throws WasiRrError as the session does */
  search(position: number, bytes: Uint8Array, options: SearchOptions = {}): Promise<SearchHits> {
    return this.at(position, (session, signal) =>
      session.memory.search({ bytes }, { ...options, signal, ...this.ofMemory }),
    );
  }

  /** @throws WasiRrError as the session does */
  read(position: number, { address, length }: AddressRange): Promise<MemoryRange> {
    return this.at(position, (session, signal) =>
      session.memory.read(address, length, { signal, ...this.ofMemory }),
    );
  }

  /** @throws WasiRrError as the session does */
  memoryHistory(address: number, length: number): Promise<MemoryHistory> {
    return this.at(undefined, (session, signal) =>
      session.memory.history(address, length, { signal, ...this.ofMemory }),
    );
  }

  /** @throws WasiRrError as the session does */
  snapshot(position: number, label: string): Promise<void> {
    return this.at(position, (session, signal) => session.snapshot(label, { signal }));
  }

  /** @throws WasiRrError as the session does */
  continuePast(sliceMs: number): Promise<PastStop> {
    return this.at(undefined, (session) => session.continuePast(sliceMs));
  }

  pausePast(): void {
    this.session?.pausePast();
  }

  async leavePast(): Promise<void> {
    await this.session?.leavePast();
  }

  /** Gives up what is being replayed. */
  cancel(): void {
    this.abort.abort(new Error('called off'));
    this.abort = new AbortController();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    await this.session?.close();
  }

  /** A session that knows an event: of a recording in progress, one that was opened late enough. */
  protected async sessionFor(position: number): Promise<Session | undefined> {
    await this.settled();
    if (this.session !== undefined && position > this.session.lastEvent) {
      this.reopen();
      await this.settled();
    }
    return this.session;
  }

  /** Opens the session anew: where it does not work, or there is more by now. */
  protected reopen(): void {
    const { session } = this;
    this.session = undefined;
    this.failure = undefined;
    this.opened = Promise.resolve(session?.close()).then(() => this.open());
  }

  private async open(): Promise<void> {
    try {
      const session = await openSession(this.path, {
        makesKeyframes: true,
        onChange: () => this.changed(),
      });
      if (session.trace.meta.flavour === 'component') await this.learnLayout(session);
      if (this.closed) await session.close();
      else this.session = session;
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
    this.changed();
  }

  private async learnLayout(session: Session): Promise<void> {
    if (session.replayProblem?.event === -1) return;
    this.layout = await session.layout();
    if (this.chosen === undefined) this.choose(this.layout.main, 0);
  }

  /** Until nothing is being opened. */
  private async settled(): Promise<void> {
    for (let before: unknown; before !== this.opened; await before) before = this.opened;
  }

  private async at<T>(
    position: number | undefined,
    question: (session: Session, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const session = await this.sessionFor(position ?? -1);
    if (session === undefined) throw new Error(this.failure ?? 'the replay is not there');
    const { signal } = this.abort;
    if (position !== undefined) await session.goto(position, { signal });
    return question(session, signal);
  }
}
