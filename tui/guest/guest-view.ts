/**
 * The guest at the selected event, as far as the visible pane needs it. Follows the selection: while one
 * event is being reached, later wishes replace each other, so that holding a key down replays only where
 * it stops. What was shown stays until there is something newer.
 */
import { messageOf } from '../../errors.ts';
import type {
  Globals,
  MemoryDiff,
  MemoryRange,
  StackFrame,
} from '../../replayer/session/messages.ts';
import type { Session } from '../../replayer/session/session.ts';
import type { Tab } from '../model/layout.ts';
import type { AddressRange } from '../trace/effects.ts';
import { GuestSession } from './guest-session.ts';

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
  /** Whether the stack is shown, in whichever pane. */
  readonly stack: boolean;
  /**
   * A recording is followed: its newest event is not looked at, since there is another in a moment, and each
   * would take a session of its own.
   */
  readonly following: boolean;
}

/** Bytes of a memory that is shown before the replay comes there. */
const MAX_STORED = 256 << 20;

interface At<Value> {
  readonly position: number;
  readonly value: Value;
}

/** Why an event was not reached, though the trace may replay so far: it is tried again when asked for. */
interface Trouble {
  readonly position: number;
  /** Undefined where the user called it off. */
  readonly message: string | undefined;
}

export interface Seeking {
  readonly position: number;
  /** Event that the replay has come to; undefined until it has taken so long that it is worth telling. */
  readonly event: number | undefined;
}

export class GuestView extends GuestSession {
  memory: At<MemoryRange> | undefined;
  /** See {@link Wish.head}. */
  head: At<MemoryRange> | undefined;
  diff: (At<MemoryDiff> & { readonly from: number }) | undefined;
  stack: At<readonly StackFrame[]> | undefined;
  globals: At<Globals> | undefined;
  /** What is being reached, while it takes time. */
  seeking: Seeking | undefined;
  /** Where a replay gave another memory than the trace holds: the first such byte. */
  storedDifference: { readonly position: number; readonly address: number } | undefined;
  /** Memory that the trace holds, until a replay has come there. */
  private stored: At<Uint8Array> | undefined;
  /** The part of it that is shown, out of keyframes that the trace holds, until a replay has come there. */
  private kept: At<MemoryRange> | undefined;
  private trouble: Trouble | undefined;
  private wish: Wish | undefined;
  private running = false;
  private following = false;

  override problemAt(event: number): string | undefined {
    return this.following
      ? 'not looked at while the recording is followed: F stops following'
      : super.problemAt(event);
  }

  /** Shows something else as soon as it is known. */
  show(wish: Wish): void {
    this.wish = wish;
    this.following = wish.following;
    this.showStored(wish);
    if (!this.running) void this.run();
  }

  override get failed(): string | undefined {
    return super.failed ?? this.trouble?.message;
  }

  /** Whether the memory shown for an event is the trace's own, which no replay has confirmed. */
  isStored(event: number): boolean {
    const shown = this.memory?.position === event;
    return shown && (this.stored?.position === event || this.kept?.position === event);
  }

  /** What is shown in place of what is not there yet. */
  waitingText(event: number): string {
    if (this.isStored(event) && this.trouble?.position !== event) {
      return this.problemAt(event) === undefined ? 'stored, being checked…' : 'stored, not checked';
    }
    if (this.following) return 'not looked at';
    if (this.trouble?.position !== event) return 'replaying…';
    return this.trouble.message === undefined ? 'stopped, r replays' : 'failed, r tries again';
  }

  override choose(instance: number, index: number): string | undefined {
    const problem = super.choose(instance, index);
    if (problem !== undefined) return problem;
    // what is there is another one's
    this.memory = undefined;
    this.head = undefined;
    this.diff = undefined;
    this.globals = undefined;
    this.stored = undefined;
    this.kept = undefined;
    this.storedDifference = undefined;
    return undefined;
  }

  /** @returns false where there is nothing to try again */
  retry(): boolean {
    if (this.failed === undefined && this.trouble === undefined) return false;
    this.trouble = undefined;
    if (this.failed !== undefined) this.reopen();
    this.changed();
    return true;
  }

  override cancel(): void {
    this.wish = undefined;
    super.cancel();
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      await this.opened;
      while (this.session !== undefined && this.wish !== undefined && !this.closed) {
        const { wish } = this;
        this.wish = undefined;
        await this.reach(wish);
      }
    } finally {
      this.running = false;
    }
  }

  private async reach(wish: Wish): Promise<void> {
    const { position } = wish;
    // trying again by itself would go on for ever
    if (wish.following || this.isShown(wish) || this.trouble?.position === position) return;
    const session = await this.sessionFor(position);
    if (session === undefined) return;
    const { signal } = this.abort;
    try {
      if (wish.tab === 'memory') {
        await this.loadStored(session, wish, signal);
        await this.loadKept(session, wish, signal);
      }
      if (this.problemAt(position) !== undefined) return;
      this.seeking = { position, event: undefined };
      await this.fulfil(session, wish, signal);
      this.trouble = undefined;
    } catch (thrown) {
      // a problem of the trace is told by the session itself
      if (this.problemAt(position) === undefined) {
        this.trouble = { position, message: signal.aborted ? undefined : messageOf(thrown) };
      }
    }
    this.seeking = undefined;
    this.changed();
  }

  private get hasNoMemory(): boolean {
    return this.chosen !== undefined && this.chosen.memory === undefined;
  }

  /** The stop before, where the replay comes there. */
  private comparable({ previous }: Wish): number | undefined {
    return previous === undefined || this.problemAt(previous) !== undefined ? undefined : previous;
  }

  private isShown(wish: Wish): boolean {
    const { memory, head, diff } = this;
    switch (wish.tab) {
      case 'memory':
        if (this.hasNoMemory) return memory?.position === wish.position;
        return (
          !this.isStored(wish.position) &&
          holds(memory, wish.position, wish) &&
          (wish.head === undefined || holds(head, wish.position, wish.head)) &&
          (this.comparable(wish) === undefined ||
            (diff?.from === wish.previous && diff?.position === wish.position))
        );
      case 'globals':
        return this.globals?.position === wish.position;
      default:
        return !wish.stack || this.stack?.position === wish.position;
    }
  }

  private async fulfil(session: Session, wish: Wish, signal: AbortSignal): Promise<void> {
    const { position, previous, tab } = wish;
    const { chosen } = this;
    // another one was chosen meanwhile: it is reached next
    const isOver = () => this.chosen !== chosen;
    const onProgress = (event: number) => this.progress(event);
    const { replayed } = this;
    await session.goto(position, { signal, onProgress, replayed });
    if (tab === 'memory' && this.hasNoMemory) {
      const nothing = { address: wish.address, bytes: new Uint8Array(0), size: 0 };
      this.memory = { position, value: nothing };
    } else if (tab === 'memory') {
      const { ofMemory } = this;
      if (this.stored?.position === position) {
        const options = { signal, onProgress, ...ofMemory };
        const check = await session.memory.checkStored(position, options);
        if (isOver()) return;
        const address = check?.difference;
        if (address !== undefined) this.storedDifference = { position, address };
        this.stored = undefined;
      }
      const options = { signal, onProgress, replayed, ...ofMemory };
      const value = await session.memory.read(wish.address, wish.length, options);
      if (isOver()) return;
      this.confirm(position, value);
      this.memory = { position, value };
      if (wish.head !== undefined) {
        const { address, length } = wish.head;
        const head = await session.memory.read(address, length, options);
        if (isOver()) return;
        this.head = { position, value: head };
      }
      const known = this.diff?.position === position && this.diff.from === previous;
      const compared = this.comparable(wish);
      if (compared === undefined || known) return;
      this.changed();
      const diff = await session.diff(compared, position, options);
      if (!isOver()) this.diff = { position, from: compared, value: diff };
    } else if (wish.stack) {
      this.stack = { position, value: await session.stack({ signal, onProgress }) };
    } else if (tab === 'globals') {
      const of = chosen === undefined ? {} : { instance: chosen.instance.id };
      const value = await session.globals({ signal, onProgress, replayed, ...of });
      if (!isOver()) this.globals = { position, value };
    }
  }

  private async loadStored(session: Session, wish: Wish, signal: AbortSignal): Promise<void> {
    const { position } = wish;
    if (this.hasNoMemory || this.stored?.position === position) return;
    this.stored = undefined;
    const { chosen, ofMemory } = this;
    const { memory: number = 0 } = ofMemory;
    const entry = session
      .snapshots()
      .find(({ event, memory }) => event === position && memory === number);
    if (entry === undefined || entry.memorySize > MAX_STORED) return;
    const value = await session.memory.stored(position, { signal, ...ofMemory });
    if (value === undefined || this.chosen !== chosen) return;
    this.stored = { position, value };
    this.showStored(this.wish ?? wish);
    this.changed();
  }

  /** Whether a replay is to tell, since keyframes are those of the trace, which nothing here has confirmed. */
  private get replayed(): boolean {
    return this.session?.keyframes.info?.source === 'stored';
  }

  /** Shows what keyframes of the trace have: at once, however far the replay still has to go. */
  private async loadKept(session: Session, wish: Wish, signal: AbortSignal): Promise<void> {
    const { position, address, length } = wish;
    const { chosen } = this;
    this.kept = undefined;
    // what a replay has shown, or the whole memory, is more
    const known = this.memory?.position === position || this.stored?.position === position;
    if (!this.replayed || this.hasNoMemory || known) return;
    const options = { signal, ...this.ofMemory };
    const value = await session.memory.kept(position, address, length, options);
    if (value === undefined || this.chosen !== chosen) return;
    this.kept = { position, value };
    this.memory = { position, value };
    this.changed();
  }

  /** A replay has shown what is at an event: keyframes of the trace should have said the same. */
  private confirm(position: number, replayed: MemoryRange): void {
    const { kept } = this;
    this.kept = undefined;
    if (kept?.position !== position || kept.value.address !== replayed.address) return;
    const { bytes } = kept.value;
    const other = replayed.bytes.findIndex((byte, i) => byte !== bytes[i]);
    if (other < 0) return;
    this.storedDifference = { position, address: replayed.address + other };
  }

  /** Shows what the trace holds: at once, however far the replay still has to go. */
  private showStored({ position, tab, address, length, head }: Wish): void {
    if (tab !== 'memory' || this.stored?.position !== position) return;
    const { value } = this.stored;
    const range = (from: number, bytes: number): At<MemoryRange> => ({
      position,
      value: { address: from, bytes: value.subarray(from, from + bytes), size: value.length },
    });
    this.memory = range(address, length);
    if (head !== undefined) this.head = range(head.address, head.length);
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
