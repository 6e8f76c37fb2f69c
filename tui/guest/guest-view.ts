/**
 * The guest at the selected event, as far as the visible pane needs it. Follows the selection: while one
 * event is being reached, later wishes replace each other, so that holding a key down replays only where
 * it stops. What was shown stays until there is something newer.
 */
import { messageOf } from '../../errors.ts';
import type {
  Globals,
  MemoryDiff,
  MemoryHistory,
  MemoryRange,
  SearchHits,
  StackFrame,
} from '../../replayer/session/messages.ts';
import type { PastStop } from '../../replayer/session/past-run.ts';
import { openSession, type Session } from '../../replayer/session/session.ts';
import type { Tab } from '../model/layout.ts';
import type { AddressRange } from '../trace/effects.ts';

/** What is to be shown. */
export interface Wish {
  /** Event number. */
  readonly position: number;
  /** The stop before, to compare memory with; undefined for none. */
  readonly previous: number | undefined;
  readonly tab: Tab;
  /** Bytes of memory on screen. */
  readonly address: number;
  readonly length: number;
  /** The first bytes of a selection that begins above them. */
  readonly head: AddressRange | undefined;
  /** A recording is followed: its newest event is not looked at, since there is another in a moment. */
  readonly following: boolean;
}

interface At<Value> {
  readonly position: number;
  readonly value: Value;
}

export interface Seeking {
  readonly position: number;
  readonly since: number;
  /** Event that the replay has come to. */
  readonly event: number;
}

export class GuestView {
  memory: At<MemoryRange> | undefined;
  /** See {@link Wish.head}. */
  head: At<MemoryRange> | undefined;
  diff: (At<MemoryDiff> & { readonly from: number }) | undefined;
  stack: At<readonly StackFrame[]> | undefined;
  globals: At<Globals> | undefined;
  /** What is being reached, while it takes time. */
  seeking: Seeking | undefined;
  private session: Session | undefined;
  /** Why there is no session. */
  private failure: string | undefined;
  private opened: Promise<void>;
  private reopening: Promise<void> | undefined;
  private following = false;
  private readonly path: string;
  private wish: Wish | undefined;
  private running = false;
  private closed = false;
  private abort = new AbortController();
  private readonly changed: () => void;

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
  get problem(): { readonly event: number; readonly message: string } | undefined {
    if (this.failure !== undefined) return { event: -1, message: this.failure };
    return this.session?.replayProblem;
  }

  /** Why nothing can be shown at an event; undefined where it can, or may yet. */
  problemAt(event: number): string | undefined {
    const { problem, session } = this;
    if (this.following && session !== undefined && event > session.lastEvent) {
      return 'not looked at while the recording is followed: F stops following';
    }
    return problem !== undefined && event >= problem.event ? problem.message : undefined;
  }

  /** Shows something else as soon as it is known. */
  show(wish: Wish): void {
    this.wish = wish;
    this.following = wish.following;
    if (!this.running) void this.run();
  }

  /** @throws WasiRrError as the session does */
  search(position: number, bytes: Uint8Array): Promise<SearchHits> {
    return this.at(position, (session, signal) => session.memory.search({ bytes }, { signal }));
  }

  /** @throws WasiRrError as the session does */
  read(position: number, { address, length }: AddressRange): Promise<MemoryRange> {
    return this.at(position, (session, signal) => session.memory.read(address, length, { signal }));
  }

  /** @throws WasiRrError as the session does */
  memoryHistory(address: number, length: number): Promise<MemoryHistory> {
    return this.at(undefined, (session, signal) =>
      session.memory.history(address, length, { signal }),
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
    this.wish = undefined;
    this.abort.abort(new Error('called off'));
    this.abort = new AbortController();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    await this.session?.close();
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

  private async run(): Promise<void> {
    this.running = true;
    try {
      await this.opened;
      while (this.session !== undefined && this.wish !== undefined && !this.closed) {
        const { wish } = this;
        this.wish = undefined;
        if (this.isShown(wish) || this.problemAt(wish.position) !== undefined) continue;
        const session = await this.sessionFor(wish.position);
        if (session === undefined) continue;
        this.seeking = { position: wish.position, since: performance.now(), event: 0 };
        try {
          await this.fulfil(session, wish);
        } catch {
          // called off, or a problem that the session tells itself
        }
        this.seeking = undefined;
        this.changed();
      }
    } finally {
      this.running = false;
    }
  }

  private async open(): Promise<void> {
    const onChange = () => this.changed();
    try {
      const session = await openSession(this.path, { onChange });
      if (this.closed) {
        await session.close();
        return;
      }
      this.session = session;
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
    this.changed();
  }

  /** A session that knows an event: of a recording in progress, one that was opened late enough. */
  private async sessionFor(position: number): Promise<Session | undefined> {
    await this.opened;
    const { session } = this;
    if (session !== undefined && position > session.lastEvent) {
      this.reopening ??= this.reopen(session);
      this.opened = this.reopening;
      await this.reopening;
    }
    return this.session;
  }

  private async reopen(old: Session): Promise<void> {
    this.session = undefined;
    await old.close();
    await this.open();
    this.reopening = undefined;
  }

  private isShown(wish: Wish): boolean {
    const { memory, head, diff } = this;
    switch (wish.tab) {
      case 'memory':
        return (
          holds(memory, wish.position, wish) &&
          (wish.head === undefined || holds(head, wish.position, wish.head)) &&
          (wish.previous === undefined ||
            (diff?.from === wish.previous && diff.position === wish.position))
        );
      case 'stack':
        return this.stack?.position === wish.position;
      case 'globals':
        return this.globals?.position === wish.position;
      default:
        return true;
    }
  }

  private async fulfil(session: Session, wish: Wish): Promise<void> {
    const { position, previous, tab } = wish;
    const { signal } = this.abort;
    await session.goto(position, { signal, onProgress: (event) => this.progress(event) });
    if (tab === 'memory') {
      const value = await session.memory.read(wish.address, wish.length, { signal });
      this.memory = { position, value };
      if (wish.head !== undefined) {
        const { address, length } = wish.head;
        this.head = { position, value: await session.memory.read(address, length, { signal }) };
      }
      const known = this.diff?.position === position && this.diff.from === previous;
      if (previous === undefined || known) return;
      this.changed();
      this.diff = {
        position,
        from: previous,
        value: await session.diff(previous, position, { signal }),
      };
    } else if (tab === 'stack') {
      this.stack = { position, value: await session.stack({ signal }) };
    } else if (tab === 'globals') {
      this.globals = { position, value: await session.globals({ signal }) };
    }
  }

  private progress(event: number): void {
    if (this.seeking === undefined) return;
    this.seeking = { ...this.seeking, event };
    this.changed();
  }
}

/** Whether what was read at an event is this range, as far as the memory reaches. */
function holds(
  read: At<MemoryRange> | undefined,
  position: number,
  { address, length }: AddressRange,
): boolean {
  if (read?.position !== position || read.value.address !== address) return false;
  return read.value.bytes.length === Math.max(0, Math.min(length, read.value.size - address));
}
