/**
 * One replaying guest that can be stopped after any event. It is parked by JSPI: its imports are
 * `Suspending`, its exports `promising`, so that its stack sleeps while this thread lives on, and memory
 * and globals can be looked at. A parked guest can only go on, never back, and cannot be copied.
 *
 * Measured: an import that does not suspend costs 80 to 97 ns a call instead of 5 to 12; with returning
 * the plain value (no promise) there is no need for a second kind of import for "not yet there".
 */
import { invariant } from '../../errors.ts';
import type { CoreValue, LoggedFunction } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { VisibleGlobal } from '../../wasm/exported-globals.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { GuestReplay } from '../guest-replay.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import type { CallEnding } from '../replay-step.ts';
import { readGlobals } from './globals.ts';
import type { GlobalContent } from './messages.ts';

/** Says, after each event, whether the run is to stop early. Called often: it must cost nothing. */
export type ShouldPause = (position: number) => boolean;

/** Sees every event of a run at its two moments. `memory` is live. */
export interface EventWatch {
  /** Whether {@link SessionGuest.stack} must be that of the event when `passed` is called. */
  readonly wantsStack: boolean;
  /** The guest has reached the event; of a call, what the host answers is not in memory yet. */
  reached(event: number, memory: Uint8Array | undefined): void;
  /** Its effects are in memory. */
  passed(event: number, memory: Uint8Array | undefined): void;
}

/** A module that was made ready for a session: its globals, and a start function, are exports. */
export interface RunnableModule {
  readonly module: WebAssembly.Module;
  /** Name of the export that is its start function. */
  readonly start: string | undefined;
  readonly globals: readonly VisibleGlobal[];
  /** How many globals cannot be seen. */
  readonly hiddenGlobals: number;
  /** How many bytes further back code stands than in the recorded module. */
  readonly shift: number;
}

const never: ShouldPause = () => false;

export class SessionGuest {
  private readonly replay: GuestReplay;
  private readonly last: number;
  private readonly visible: readonly VisibleGlobal[];
  private started = false;
  private thrown = false;
  private disposed = false;
  private target = -1;
  private shouldPause = never;
  private watch: EventWatch | undefined;
  private at = -2;
  private arrive: () => void = () => {};
  private wake: (() => void) | undefined;
  private stackHolder: { readonly stack?: string } | undefined;
  /** How the replay ended, once it has: after the last event, or by a divergence. */
  end: ReplayEnd | undefined;
  /** What was thrown instead of an end: the trace is damaged, or the module does not run here. */
  failure: unknown;

  constructor(trace: TraceReader, program: RunnableModule) {
    this.last = trace.eventCount - 1;
    this.visible = program.globals;
    this.replay = new GuestReplay(trace, {
      module: program.module,
      start: program.start,
      original: (offset) => offset - program.shift,
      endsInPlace: true,
      wrapImport: (answer) => this.suspending(answer),
      observer: {
        before: (event: number, _func: LoggedFunction, _args, memory: Uint8Array) =>
          this.watch?.reached(event, memory),
        after: () => {},
      },
    });
  }

  /** Number of the event after whose effects it stands; -1 before anything, -2 before it exists. */
  get position(): number {
    return this.at;
  }

  /** Whether it stands at an event of the recorded run: it has neither diverged nor failed. */
  get usable(): boolean {
    return !this.disposed && this.failure === undefined && this.end?.kind !== 'diverged';
  }

  /** Undefined for a guest without one, and where V8 has not handed it out yet. */
  get memory(): WebAssembly.Memory | undefined {
    const memory = this.replay.exports?.memory;
    return memory instanceof WebAssembly.Memory ? memory : undefined;
  }

  /** Values of the module's globals, in the order in which it lists them. */
  get globals(): readonly GlobalContent[] {
    return readGlobals(this.visible, this.replay.exports);
  }

  /** Bytes of linear memory that it holds. */
  get bytes(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  /** V8's stack trace where it stands, with the guest's frames; undefined with no call under way. */
  get stack(): string | undefined {
    return this.stackHolder?.stack;
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

  private get over(): boolean {
    return this.disposed || this.end !== undefined || this.failure !== undefined;
  }

  private async run(): Promise<void> {
    try {
      const steps = this.replay.steps();
      let step = steps.next();
      while (!step.done) {
        if (step.value.kind === 'call') step = steps.next(await this.call(step.value));
        else {
          this.stepPassed();
          if (this.mustStop() && this.at < this.last) await this.park();
          if (this.disposed) break;
          step = steps.next();
        }
      }
      if (step.done) this.end = step.value;
    } catch (thrown) {
      this.failure = thrown;
    }
    this.arrive();
  }

  private async call(step: {
    readonly target: unknown;
    readonly args: readonly CoreValue[];
  }): Promise<CallEnding> {
    // the recording ends with the entry: what came of it is not known
    if (this.at === this.last && this.last >= 0) await this.park();
    try {
      return { returned: await WebAssembly.promising(step.target)(...step.args) };
    } catch (thrown) {
      this.thrown = true;
      // an exit has left its stack already; that of the trap which ended it would be another
      if (this.replay.ending?.kind !== 'unwound' && thrown instanceof Error)
        this.stackHolder = thrown;
      return { thrown };
    }
  }

  private stepPassed(): void {
    this.at = this.replay.events - 1;
    // after a trap or an exit, the stack from which it came
    if (!this.thrown) this.stackHolder = undefined;
    this.thrown = false;
    const bytes = this.watch && this.memory && new Uint8Array(this.memory.buffer);
    if (this.at >= 0) this.watch?.reached(this.at, bytes);
    this.watch?.passed(this.at, bytes);
  }

  private suspending(answer: (...args: CoreValue[]) => CoreValue | undefined): unknown {
    return new WebAssembly.Suspending(
      // a fixed list of parameters: rest parameters are slower, and V8 does not count
      (
        a: CoreValue,
        b: CoreValue,
        c: CoreValue,
        d: CoreValue,
        e: CoreValue,
        f: CoreValue,
        g: CoreValue,
        h: CoreValue,
        i: CoreValue,
      ) => this.callPassed(answer(a, b, c, d, e, f, g, h, i)),
    );
  }

  /** After the effects of a call are in memory, with the guest's frames on the stack. */
  private callPassed(result: CoreValue | undefined): unknown {
    this.at = this.replay.events - 1;
    if (this.watch !== undefined) {
      if (this.watch.wantsStack) this.stackHolder = new Error('stack');
      this.watch.passed(this.at, this.memory && new Uint8Array(this.memory.buffer));
    }
    const unwound = this.replay.ending?.kind === 'unwound';
    if (!this.mustStop()) {
      if (!unwound) return result;
      this.stackHolder = new Error('stack');
      return throwUncatchable();
    }
    this.stackHolder = new Error('stack');
    return this.park().then(() => {
      if (unwound || this.disposed) throwUncatchable();
      return result;
    });
  }

  private mustStop(): boolean {
    return this.at >= this.target || this.shouldPause(this.at);
  }

  private park(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.arrive();
    return woken;
  }
}
