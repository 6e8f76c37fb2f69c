/** The guest of a core module's trace, in a session. */
import type { CoreValue, LoggedFunction } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { GuestReplay } from '../guest-replay.ts';
import { probesOf } from '../instrument/hooks.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import type { CallEnding } from '../replay-step.ts';
import { readGlobals } from './globals.ts';
import { SessionGuest } from './guest.ts';
import type { GlobalContent } from './messages.ts';
import type { RunnableInstance } from './runnable.ts';

export class ModuleGuest extends SessionGuest {
  private readonly replay: GuestReplay;
  private readonly program: RunnableInstance;
  private thrown = false;
  private stackHolder: { readonly stack?: string } | undefined;

  constructor(trace: TraceReader, program: RunnableInstance) {
    super(trace.eventCount - 1);
    this.program = program;
    this.replay = new GuestReplay(trace, {
      module: program.module,
      start: program.start,
      original: program.original,
      endsInPlace: true,
      attach: (exports) => {
        if (program.counts) this.replay.endAtOverflow(probesOf(exports, program.counts));
      },
      wrapImport: (answer) => this.suspending(answer),
      observer: {
        before: (event: number, _func: LoggedFunction, _args, memory: Uint8Array) =>
          this.watch?.reached(event, [memory]),
        after: () => {},
      },
    });
  }

  override get memories(): readonly (WebAssembly.Memory | undefined)[] {
    const memory = this.replay.exports?.memory;
    return [memory instanceof WebAssembly.Memory ? memory : undefined];
  }

  override get globals(): readonly (readonly GlobalContent[])[] {
    return [readGlobals(this.program.globals, this.replay.exports)];
  }

  override get stack(): string | undefined {
    return this.stackHolder?.stack;
  }

  protected override async replayed(): Promise<ReplayEnd | undefined> {
    const steps = this.replay.steps();
    let step = steps.next();
    while (!step.done) {
      if (step.value.kind === 'call') step = steps.next(await this.call(step.value));
      else {
        this.stepPassed();
        if (this.mustStop() && this.at < this.last) await this.park();
        if (this.disposed) return undefined;
        step = steps.next();
      }
    }
    return step.value;
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
    const { watch, at } = this;
    if (watch === undefined) return;
    const { contents } = this;
    if (at >= 0) watch.reached(at, contents);
    watch.passed(at, contents);
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
      this.watch.passed(this.at, this.contents);
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
}
