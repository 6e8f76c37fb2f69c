/**
 * One replaying guest that can be stopped after any event: of a module (module-guest.ts) or of a component
 * (component-guest.ts). It is parked by JSPI: its imports are `Suspending`, its exports `promising`, so that
 * its stack sleeps while this thread lives on, and memory and globals can be looked at. A parked guest can
 * only go on, never back, and cannot be copied.
 *
 * Measured: an import that does not suspend costs 80 to 97 ns a call instead of 5 to 12; with returning
 * the plain value (no promise) there is no need for a second kind of import for "not yet there".
 */
import { invariant } from '../../errors.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import type { GlobalContent } from './messages.ts';

/** Says, after each event, whether the run is to stop early. Called often: it must cost nothing. */
export type ShouldPause = (position: number) => boolean;

/** Memories by their numbers, live; of one that does not exist yet, no bytes. */
export type Memories = readonly Uint8Array[];

/** Sees every event of a run at its two moments. */
export interface EventWatch {
  /** Whether {@link SessionGuest.stack} must be that of the event when `passed` is called. */
  readonly wantsStack: boolean;
  /** The guest has reached the event; of a call, what the host answers is not in memory yet. */
  reached(event: number, memories: Memories): void;
  /** Its effects are in memory. */
  passed(event: number, memories: Memories): void;
}

const never: ShouldPause = () => false;
const NO_BYTES = new Uint8Array(0);

export abstract class SessionGuest {
  /** Number of the trace's last event. */
  protected readonly last: number;
  protected disposed = false;
  protected watch: EventWatch | undefined;
  protected at = -2;
  private started = false;
  private target = -1;
  private shouldPause = never;
  private arrive: () => void = () => {};
  private wake: (() => void) | undefined;
  /** How the replay ended, once it has: after the last event, or by a divergence. */
  end: ReplayEnd | undefined;
  /** What was thrown instead of an end: the trace is damaged, or the module does not run here. */
  failure: unknown;

  constructor(last: number) {
    this.last = last;
  }

  /** By number; undefined for one that does not exist yet, and where V8 has not handed it out yet. */
  abstract get memories(): readonly (WebAssembly.Memory | undefined)[];

  /** By instance: values of the module's globals, in the order in which it lists them. */
  abstract get globals(): readonly (readonly GlobalContent[])[];

  /** V8's stack trace where it stands, with the guest's frames; undefined with no call under way. */
  abstract get stack(): string | undefined;

  /** Runs from the beginning to the end. */
  protected abstract replayed(): Promise<ReplayEnd | undefined>;

  /** Number of the event after whose effects it stands; -1 before anything, -2 before it exists. */
  get position(): number {
    return this.at;
  }

  /** Whether it stands at an event of the recorded run: it has neither diverged nor failed. */
  get usable(): boolean {
    return !this.disposed && this.failure === undefined && this.end?.kind !== 'diverged';
  }

  /** Bytes of linear memory that it holds. */
  get bytes(): number {
    return this.memories.reduce((sum, memory) => sum + (memory?.buffer.byteLength ?? 0), 0);
  }

  /** Views of its memories. */
  get contents(): Memories {
    return this.memories.map((memory) => (memory ? new Uint8Array(memory.buffer) : NO_BYTES));
  }

  /**
   * Runs until the guest stands after event `target`, or where `shouldPause` stops it before that; at
   * the last event, until the end has been checked. Returns as well when the replay ends early: look at
   * {@link usable}.
   */
  async advance(
    target: number,
    shouldPause: ShouldPause = never,
    watch?: EventWatch,
  ): Promise<void> {
    if (this.over || (this.at >= target && this.started)) return;
    this.target = target;
    this.shouldPause = shouldPause;
    this.watch = watch;
    const arrived = new Promise<void>((resolve) => {
      this.arrive = resolve;
    });
    if (this.started) {
      const { wake } = this;
      invariant(wake, 'a guest that runs already');
      this.wake = undefined;
      wake();
    } else {
      this.started = true;
      void this.run();
    }
    await arrived;
    this.watch = undefined;
  }

  /** Ends the guest, so that its stack and memory can be collected. */
  dispose(): void {
    this.disposed = true;
    this.wake?.();
    this.wake = undefined;
  }

  /** Whether it is to stand still at the event that has passed. */
  protected mustStop(): boolean {
    return this.at >= this.target || this.shouldPause(this.at);
  }

  /** Stands still until it is to go on. */
  protected park(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.arrive();
    return woken;
  }

  private get over(): boolean {
    return this.disposed || this.end !== undefined || this.failure !== undefined;
  }

  private async run(): Promise<void> {
    try {
      this.end = await this.replayed();
    } catch (thrown) {
      this.failure = thrown;
    }
    this.arrive();
  }
}
