/**
 * The guests of a component's trace, in a session. Where something is nested in a call, the guest that calls
 * is parked and what it called runs on a stack of its own: a stack that is shown is put together of theirs.
 */
import type { LoggedFunction } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { ComponentReplay } from '../component/component-replay.ts';
import type { Answer, ComponentStep, PassedStep, Steps } from '../component/component-steps.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import { type CallEnding, type CallStep, made } from '../replay-step.ts';
import { readGlobals } from './globals.ts';
import { SessionGuest } from './guest.ts';
import type { GlobalContent } from './messages.ts';
import type { ComponentProgram } from './runnable.ts';

/** With V8's stack trace where it was made; V8 makes the text when it is asked for. */
type Place = { readonly stack?: string };

export class ComponentGuest extends SessionGuest {
  private readonly replay: ComponentReplay;
  private readonly program: ComponentProgram;
  /** Where the calls were made in which something is nested, outermost first. */
  private readonly nesting: Place[] = [];
  /** Of calls that were made and not answered, by number. */
  private readonly open = new Map<number, Place>();
  /** Where the guest that runs has stopped. */
  private here: Place | undefined;
  /** The whole stack from which a guest trapped or exited, until the event after that. */
  private left: string | undefined;
  /** Of what was thrown, the whole stack. */
  private readonly thrownFrom = new WeakMap<Error, string>();

  constructor(trace: TraceReader, program: ComponentProgram) {
    super(trace.eventCount - 1);
    this.program = program;
    this.replay = new ComponentReplay(trace, {
      runnable: ({ id }) => program.runnable(id),
      stub: (func) => new WebAssembly.Suspending((...args) => this.called(func, args)),
      onReach: (event) => this.watch?.reached(event, this.contents),
      stackOf: (thrown) => this.stackOf(thrown),
      wholeStack: (stack) => this.wholeStack({ stack }),
    });
  }

  override get memories(): readonly (WebAssembly.Memory | undefined)[] {
    const { program, replay } = this;
    return program.layout.memories.map(({ instance, index }) => {
      const name = program.runnable(instance).memoryNames[index] ?? '';
      const memory = replay.graph.instances[instance]?.exports[name];
      return memory instanceof WebAssembly.Memory ? memory : undefined;
    });
  }

  override get globals(): readonly (readonly GlobalContent[])[] {
    const { program, replay } = this;
    return program.layout.instances.map(({ id }) =>
      readGlobals(program.runnable(id).globals, replay.graph.instances[id]?.exports),
    );
  }

  override get stack(): string | undefined {
    if (this.left !== undefined) return this.left;
    const text = this.wholeStack(this.here);
    return text === '' ? undefined : text;
  }

  protected override replayed(): Promise<ReplayEnd> {
    return this.drive(this.replay.steps());
  }

  private async drive<Result>(steps: Steps<Result>, first = steps.next()): Promise<Result> {
    let step = first;
    while (!step.done) {
      const { value } = step;
      if (value.kind === 'passed') {
        this.stepPassed(value);
        if (this.stopsAt(value)) await this.park();
        if (this.disposed) throw new Error('a guest that was given up');
        step = steps.next();
      } else if (value.kind === 'wait') {
        await value.until;
        step = steps.next();
      } else step = steps.next(value.simple ? made(value) : await this.call(value));
    }
    return step.value;
  }

  /** As far as there is nothing to wait for. @returns the step that {@link drive} goes on with */
  private driveNow<Result>(steps: Steps<Result>): IteratorResult<ComponentStep, Result> {
    let step = steps.next();
    while (!step.done) {
      const { value } = step;
      if (value.kind === 'passed') {
        this.at = this.replay.events - 1;
        if (this.stopsAt(value)) return step;
        this.stepPassed(value);
        step = steps.next();
      } else if (value.kind === 'call' && value.simple) step = steps.next(made(value));
      else return step;
    }
    return step;
  }

  /** At the last event, a guest that goes on is not let go; where none does, the end is yet to be checked. */
  private stopsAt({ goesOn }: PassedStep): boolean {
    if (!this.mustStop()) return false;
    return this.at < this.last || goesOn || this.nesting.length > 0;
  }

  private stepPassed({ call }: PassedStep): void {
    this.at = this.replay.events - 1;
    this.here = call === undefined ? undefined : this.open.get(call);
    if (call !== undefined) this.open.delete(call);
    if (this.leftAt !== this.at) this.left = undefined;
    this.watch?.passed(this.at, this.contents);
  }

  private async call({ target, args }: CallStep): Promise<CallEnding> {
    try {
      return { returned: await WebAssembly.promising(target)(...args) };
    } catch (thrown) {
      return { thrown };
    }
  }

  /** A host call of a guest's. */
  private called(func: LoggedFunction, args: readonly unknown[]): unknown {
    const { replay } = this;
    if (replay.ending !== undefined || this.disposed) return throwUncatchable();
    let begun: ReturnType<ComponentReplay['begin']>;
    try {
      begun = replay.begin(func, args);
    } catch (thrown) {
      return replay.failedCall(thrown);
    }
    if (typeof begun === 'function') return this.answered(begun);
    return this.nested(begun, new Error('stack'));
  }

  /** Nothing happened before the answer. */
  private answered(answer: Answer): unknown {
    this.at = this.replay.events - 1;
    this.left = undefined;
    const { watch } = this;
    if (watch?.wantsStack) this.here = new Error('stack');
    watch?.passed(this.at, this.contents);
    if (!this.mustStop()) return answer();
    this.here = new Error('stack');
    return this.park().then(() => (this.disposed ? throwUncatchable() : answer()));
  }

  /** Something happens before the answer. */
  private nested(steps: Steps<Answer>, place: Place): unknown {
    const number = this.replay.events - 1;
    this.open.set(number, place);
    this.nesting.push(place);
    let step: IteratorResult<ComponentStep, Answer>;
    try {
      step = this.driveNow(steps);
    } catch (thrown) {
      this.nesting.pop();
      return this.replay.failedCall(thrown);
    }
    if (!step.done) return this.later(steps, step, number, place);
    this.nesting.pop();
    return this.answeredAfter(step.value, number, place);
  }

  private async later(
    steps: Steps<Answer>,
    step: IteratorResult<ComponentStep, Answer>,
    number: number,
    place: Place,
  ): Promise<unknown> {
    // from here on there is nothing of the caller on this stack
    await undefined;
    let answer: Answer;
    try {
      answer = await this.drive(steps, step);
    } catch (thrown) {
      return this.replay.failedCall(thrown);
    } finally {
      this.nesting.pop();
    }
    return this.answeredAfter(answer, number, place);
  }

  private answeredAfter(answer: Answer, number: number, place: Place): unknown {
    if (this.replay.ending?.kind === 'unwound') this.leaveFrom(this.wholeStack(place));
    return this.give(answer, number, place);
  }

  private give(answer: Answer, number: number, place: Place): unknown {
    try {
      const given = answer();
      // one that is suspended stays open
      if (!(given instanceof Promise)) this.open.delete(number);
      return given;
    } catch (thrown) {
      this.open.delete(number);
      // the host's, who threw it into the guest
      if (thrown instanceof Error && !this.thrownFrom.has(thrown)) {
        this.thrownFrom.set(thrown, this.wholeStack(place));
      }
      throw thrown;
    }
  }

  private stackOf(thrown: Error): string {
    const stack = this.thrownFrom.get(thrown) ?? this.wholeStack(thrown);
    this.thrownFrom.set(thrown, stack);
    this.leaveFrom(stack);
    return stack;
  }

  /** A guest has trapped or exited; the next event says so. */
  private leaveFrom(stack: string): void {
    this.left = stack;
    this.leftAt = this.replay.events;
  }

  private leftAt = -1;

  /** Innermost frame first. */
  private wholeStack(here: Place | undefined): string {
    const places = [...this.nesting, ...(here ? [here] : [])].reverse();
    const text = places.map(({ stack = '' }) => stack).join('\n');
    return this.replay.graph.withInstances(text);
  }
}
