/**
 * Runs a component from its log: makes the recorded core instances, links them as they were linked,
 * makes every recorded entry, answers every host call, and puts back what the host changed. Needs no
 * component runtime: the log has what that did, in order, whatever order its tasks ran in. Imports
 * nothing that could touch the world.
 */
import { invariant, messageOf, WasiRrError } from '../../errors.ts';
import type {
  CoreValue,
  EnterEvent,
  HostChange,
  InstantiateEvent,
  LeaveEvent,
  LogEvent,
  LoggedFunction,
  OpenEvent,
  ReturnEvent,
  ThrowEvent,
  UnwindEvent,
} from '../../traces/events.ts';
import { parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { stackHere } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { hashOfMemories } from '../../wasm/xxh64.ts';
import type { Mismatch } from '../divergence.ts';
import { probesOf } from '../instrument/hooks.ts';
import { isOverflow, overflowsOf, type RecordedOverflow, sameCalls } from '../overflow.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import { type CallEnding, made } from '../replay-step.ts';
import { AsyncEntry, ParkedCalls } from './async-entries.ts';
import { checkCall } from './call-check.ts';
import type { Answer, ComponentReplayOptions, PassedStep, Steps } from './component-steps.ts';
import { type CoreFunction, CoreGraph } from './core-graph.ts';
import { recordedModules } from './core-modules.ts';
import { corruptLog, Ended, type Ending } from './endings.ts';
import { LogCursor } from './log-cursor.ts';
import { OverflowEnd } from './overflow-end.ts';
import { RunCheck } from './run-check.ts';

const LOG_ENDED: Ending = { kind: 'log-ended' };
const PASSED: PassedStep = { kind: 'passed', goesOn: false };
const GOES_ON: PassedStep = { kind: 'passed', goesOn: true };

export class ComponentReplay {
  readonly graph: CoreGraph;
  private readonly options: ComponentReplayOptions;
  private readonly log: LogCursor;
  private readonly parked = new ParkedCalls();
  /** Calls whose answers have come, and whose guests have not gone on. */
  private readonly answered: { readonly by: AsyncEntry; readonly answer: () => void }[] = [];
  private readonly entries = new Map<number, AsyncEntry>();
  /** The one of them that runs, or waits for what is nested in its call. */
  private current: AsyncEntry | undefined;
  /** The stack that runs. @see StackKeeper */
  private stack: number | undefined;
  private readonly check: RunCheck;
  /** Where stacks overflowed. */
  readonly overflow: OverflowEnd | undefined;

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(trace: TraceReader, options: ComponentReplayOptions = {}) {
    this.graph = new CoreGraph(
      trace,
      options.stub ?? ((func, suspending) => this.stub(func, suspending)),
      options.runnable ?? recordedModules(trace),
    );
    const apply = (change: HostChange) => {
      options.onChange?.(this.events - 1, change);
      this.graph.apply(change);
    };
    this.options = options;
    const onEvent = (event: number) => {
      options.onEvent?.(event);
      this.overflow?.passed(event);
    };
    this.log = new LogCursor(trace.events(), { ...options, apply, onEvent });
    this.check = new RunCheck(trace, this.graph, this.log, options.stackOf);
    const overflows = overflowsOf(trace);
    if (overflows.length === 0) return;
    this.overflow = new OverflowEnd(overflows, {
      next: () => this.events,
      isHere: (overflow) => this.overflowsHere(overflow, 1),
      end: () => this.end({ kind: 'overflowed', exact: true }),
    });
  }

  /** Why a guest was ended from inside a call. */
  get ending(): Ending | undefined {
    return this.check.ending;
  }

  /** How many events have been replayed. */
  get events(): number {
    return this.log.number;
  }

  /** No guest is to go on that waits for what another one does in its call. */
  giveUp(): void {
    this.check.ending ??= { kind: 'failed', error: new Error('a replay that was given up') };
  }

  /** @throws WasiRrError SEGMENT_CORRUPT, TRACE_CORRUPT, REPLAY_FAILED */
  async run(): Promise<ReplayEnd> {
    const steps = this.steps();
    let step = steps.next();
    while (!step.done) {
      const { value } = step;
      if (value.kind === 'wait') await value.until;
      step = steps.next(value.kind === 'call' ? made(value) : undefined);
    }
    return step.value;
  }

  /**
   * The replay as a series of steps, for who makes the guests' calls in a way of his own.
   * @throws as {@link run}
   */
  *steps(): Steps<ReplayEnd> {
    try {
      yield PASSED;
      for (let event = this.log.peek(); event !== undefined; event = this.log.peek()) {
        yield* this.step(event);
        this.check.stopIfEnded();
      }
      while (this.options.beyond && this.answered.length > 0) yield* this.resume();
      // one has ended, and the log goes no further
      if ([...this.entries.values()].some(({ ending }) => ending)) this.check.stop(LOG_ENDED);
      return this.check.finish();
    } catch (thrown) {
      if (thrown instanceof Ended) return thrown.end;
      throw thrown;
    }
  }

  /** One thing that the runtime did with no guest on the stack. */
  private *step(event: LogEvent): Steps<void> {
    switch (event.kind) {
      case 'instantiate':
        return yield* this.instantiate(event);
      case 'enter':
        return yield* event.async ? this.enterAsync(event) : this.enter(event);
      case 'return':
      case 'throw':
        return yield* this.answerParked(event);
      case 'leave':
      case 'unwind':
        return yield* this.entries.get(event.opened)?.isParked
          ? this.resume()
          : this.endAsync(event);
      default:
        return yield* this.resume();
    }
  }

  private *instantiate(event: InstantiateEvent): Steps<void> {
    const { graph, log } = this;
    const id = event.instance;
    const imports = log.possible(() => graph.imports(id));
    this.check.pages(event);
    this.switchTo(event.number);
    log.take();
    yield* this.goOn();
    let ending: CallEnding = { returned: undefined };
    try {
      const { instance, start, counts } = graph.make(id, imports);
      this.options.onInstance?.(id, instance.exports);
      if (counts !== undefined) {
        this.overflow?.add(probesOf(instance.exports, counts), { isKept: false });
      }
      if (start !== undefined) {
        ending = told(yield { kind: 'call', target: start, args: [], simple: false });
      }
      if ('returned' in ending) graph.add(id, instance);
    } catch (thrown) {
      if (thrown instanceof WasiRrError) throw thrown;
      ending = { thrown };
    }
    if ('thrown' in ending) {
      this.check.threw(event, ending.thrown);
      yield PASSED;
    }
    this.endStack(event.number);
  }

  /** The guest goes on where its next event stands: other answers and entries may come before. */
  private *answerParked(event: ReturnEvent | ThrowEvent): Steps<void> {
    const parked = this.parked.take(event.opened);
    if (parked === undefined) throw corruptLog(this.log.number, 'an answer to no call');
    this.switchTo(parked.by.event.number);
    this.log.take();
    const answer = () => {
      if (event.kind === 'return') parked.resolve(resultOf(event.results));
      else parked.reject(this.exception(event.message));
    };
    this.answered.push({ by: parked.by, answer });
    yield* this.goOn(event.opened);
    this.switchTo(undefined);
  }

  /** What comes next is of a guest that has its answer: they go on in the order of their answers. */
  private *resume(): Steps<void> {
    const next = this.answered.shift();
    if (next === undefined) {
      // a guest that has ended in the recording went on, or the log is no log
      this.check.diverged({ what: 'ending', actual: 'nothing calls the guest any more' });
    }
    const { by, answer } = next;
    by.goOn();
    this.current = by;
    this.switchTo(by.event.number, true);
    answer();
    yield { kind: 'wait', until: by.handedBack };
    this.current = undefined;
    this.switchTo(undefined);
  }

  /** @param beneath frames of another stack that waits until this one hands back */
  private switchTo(stack: number | undefined, resumes = false, beneath = 0): void {
    this.stack = stack;
    this.options.stacks?.switched(stack, resumes);
    this.overflow?.switched(stack, beneath);
  }

  private endStack(stack: number): void {
    this.switchTo(undefined);
    this.options.stacks?.ended(stack);
    this.overflow?.ended(stack);
  }

  /** @returns what is to be done where the guest does not return */
  private nested(): () => void {
    const putBack = [this.options.stacks?.nested(), this.overflow?.nested()];
    return () => {
      for (const one of putBack) one?.();
    };
  }

  /** What a guest did after the last event of a log is not known to end. */
  private *goOn(call?: number): Steps<void> {
    yield call === undefined ? GOES_ON : { ...GOES_ON, call };
    if (this.log.peek() === undefined) this.endOfLog(call !== undefined);
  }

  /** A guest is to go on after the last event. */
  private endOfLog(waited: boolean): void {
    const { beyond, plain } = this.options;
    if (beyond === undefined) this.check.stop(LOG_ENDED);
    const { current } = this;
    beyond.reached?.(waited || (current !== undefined && !plain?.(current.event)));
  }

  /** What a guest imports in a replay at full speed. */
  private stub(func: LoggedFunction, suspending: boolean): unknown {
    const stub = (...args: unknown[]) => {
      if (this.ending !== undefined) return throwUncatchable();
      let answer: Answer;
      try {
        const begun = this.begin(func, args);
        answer = typeof begun === 'function' ? begun : atOnce(begun);
      } catch (error) {
        return this.failedCall(error);
      }
      return answer();
    };
    return suspending ? new WebAssembly.Suspending(stub) : stub;
  }

  /**
   * A call could not be answered.
   * @param error what {@link begin} threw, or the steps to the answer
   */
  failedCall(error: unknown): never {
    // a guest's catch_all takes any other exception of JavaScript, and would go on
    this.check.ending ??= { kind: 'failed', error };
    return throwUncatchable();
  }

  /**
   * A host call of the guest's, as long as there is no {@link ending}. Throws for who goes on with
   * {@link failedCall}.
   * @param given arguments
   * @returns the answer; where something happens before it, the steps until then
   */
  begin(func: LoggedFunction, given: readonly unknown[]): Answer | Steps<Answer> {
    const args = this.graph.passedTo(func, given);
    const event = this.log.peek();
    if (event === undefined)
      return this.options.beyond?.called?.(func, args) ?? this.end(LOG_ENDED);
    if (event.kind !== 'call' && event.kind !== 'open') {
      if (event.kind === 'unwind' && isOverflow(parseOutcomeText(event.reason))) {
        const due = this.overflow?.due;
        return this.end({
          kind: 'overflowed',
          exact: due !== undefined && this.overflowsHere(due, 0),
        });
      }
      return this.mismatch({ what: 'extra-call' }, func, args);
    }
    const { graph } = this;
    const mismatch = checkCall(event, func, args, graph.pages(), graph.memoryOf(func));
    if (mismatch !== undefined) return this.mismatch(mismatch, func, args);
    this.options.onCall?.(event.number, func, args);
    this.options.onMatched?.(event, graph.memoryOf(func)?.memory);
    this.log.take();
    if (event.kind === 'open') return this.answerOpen(event, func, args);
    const answer = () => resultOf(event.results);
    return this.log.peek() === undefined ? this.lastAnswer(answer, event) : answer;
  }

  /** What happened between an open call and its answer happens here. */
  private *answerOpen(
    call: OpenEvent,
    func: LoggedFunction,
    args: readonly CoreValue[],
  ): Steps<Answer> {
    yield PASSED;
    for (;;) {
      const event = this.log.peek();
      if (event === undefined) {
        return this.options.beyond?.called?.(func, args) ?? this.ended(LOG_ENDED);
      }
      if (event.kind === 'enter') {
        yield* event.async ? this.enterAsync(event) : this.enter(event);
        if (this.ending?.kind === 'failed') return throwUncatchable;
        continue;
      }
      if (event.kind === 'unwind') {
        const thrown = this.check.takeOverflown();
        return thrown === undefined ? this.ended({ kind: 'unwound' }) : rethrow(thrown);
      }
      if (!('opened' in event) || event.opened !== call.number) {
        throw corruptLog(this.log.number, 'something that cannot happen inside of a call');
      }
      this.log.take();
      yield PASSED;
      const answer = this.answerWith(call, event);
      return this.log.peek() === undefined ? this.lastAnswer(answer, event) : answer;
    }
  }

  private answerWith(call: OpenEvent, event: LogEvent): Answer {
    switch (event.kind) {
      case 'return':
        return () => resultOf(event.results);
      case 'throw':
        return rethrow(this.exception(event.message));
      case 'suspend': {
        const { current } = this;
        return () => this.suspend(call.number, current);
      }
      default:
        throw corruptLog(this.log.number, 'an end that belongs to another beginning');
    }
  }

  /** The last event of the log. */
  private lastAnswer(answer: Answer, { kind }: LogEvent): Answer {
    if (this.options.beyond === undefined) return this.ended(LOG_ENDED);
    if (kind !== 'suspend') this.endOfLog(false);
    return answer;
  }

  private suspend(call: number, by: AsyncEntry | undefined): Promise<unknown> {
    // V8 says so of a guest that was not called through WebAssembly.promising
    if (by === undefined) throw new Error('trying to suspend without WebAssembly.promising');
    return this.parked.park(call, by);
  }

  /** A host that was entered by a failing guest usually throws what the guest threw. */
  private exception(message: string): unknown {
    const thrown = this.check.takeThrown();
    return thrown !== undefined && messageOf(thrown) === message ? thrown : new Error(message);
  }

  private target(event: EnterEvent): CoreFunction {
    this.check.pages(event, () => this.log.take());
    return this.log.possible(() => this.graph.target(event.func));
  }

  private *enter(event: EnterEvent): Steps<void> {
    const isOutermost = this.stack === undefined;
    if (isOutermost) this.switchTo(event.number);
    const target = this.target(event);
    yield* this.goOn();
    const { args } = event;
    const next = this.log.peek();
    const simple = next?.kind === 'leave' && next.opened === event.number;
    const putBack = isOutermost ? undefined : this.nested();
    const ending = this.hasNoRoom(event)
      ? this.overflown()
      : told(yield { kind: 'call', target, args, simple });
    if ('thrown' in ending) putBack?.();
    if ('returned' in ending && this.ending === undefined && this.hasNoRoom(event)) {
      // its host had none when it was to go on
      this.check.entryEnded(event, this.overflown());
    } else this.check.entryEnded(event, ending);
    yield PASSED;
    if (isOutermost) this.endStack(event.number);
  }

  private *enterAsync(event: EnterEvent): Steps<void> {
    const outerStack = this.stack;
    const beneath = outerStack === undefined ? 0 : (this.overflow?.depth ?? 0);
    this.switchTo(event.number, false, beneath);
    const target = this.target(event);
    yield* this.goOn();
    const outer = this.current;
    const entry = new AsyncEntry(event);
    this.entries.set(event.number, entry);
    this.current = entry;
    if (this.options.plain?.(event)) {
      entry.end(told(yield { kind: 'call', target, args: event.args, simple: false }));
    } else entry.run(target);
    yield { kind: 'wait', until: entry.handedBack };
    this.current = outer;
    this.switchTo(outerStack);
  }

  /** Whether there was no room on the stack to begin with it: as many frames as then are those that wait for it. */
  private hasNoRoom({ number }: EnterEvent): boolean {
    const { due } = this.overflow ?? {};
    return due?.opened === number && this.overflowsHere(due, 0);
  }

  private overflown(): CallEnding {
    try {
      return this.end({ kind: 'overflowed', exact: true });
    } catch (thrown) {
      return { thrown };
    }
  }

  /** @param from the innermost frame of which more than the function must be the same */
  private overflowsHere({ trap }: RecordedOverflow, from: 0 | 1): boolean {
    const here = stackHere();
    const frames = this.graph.frames(this.options.wholeStack?.(here) ?? here);
    if (!sameCalls(trap, frames, from)) return false;
    return trap.memory === undefined || trap.memory === hashOfMemories(this.graph.memories)?.xxh64;
  }

  /** A guest that could have suspended has ended, as far as the log goes. */
  private *endAsync(event: LeaveEvent | UnwindEvent): Steps<void> {
    const entry = this.entries.get(event.opened);
    if (entry === undefined || entry.isParked) {
      this.check.diverged({ what: 'ending', actual: 'nothing calls the guest any more' });
    }
    // it has; its promise may not have said so yet
    yield { kind: 'wait', until: entry.handedBack };
    this.entries.delete(event.opened);
    this.switchTo(event.opened);
    this.check.entryEnded(entry.event, told(entry.ending));
    yield PASSED;
    this.endStack(event.opened);
  }

  /** Ends the guest from inside a call. */
  private end(ending: Ending): never {
    this.check.ending = ending;
    return throwUncatchable();
  }

  /** Ends the guest when it is to go on. */
  private ended(ending: Ending): Answer {
    this.check.ending = ending;
    return throwUncatchable;
  }

  private mismatch(mismatch: Mismatch, func: LoggedFunction, args: readonly CoreValue[]): never {
    const actual = { func, args: args.slice(0, func.params.length), call: undefined };
    return this.end(this.check.divergence(this.log.number, mismatch, actual));
  }
}

/** Steps without anything to wait for. */
function atOnce<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (!step.done) step = steps.next(step.value.kind === 'call' ? made(step.value) : undefined);
  return step.value;
}

function rethrow(thrown: unknown): Answer {
  return () => {
    throw thrown;
  };
}

function told(ending: CallEnding | undefined): CallEnding {
  invariant(ending, 'a call whose end was not told');
  return ending;
}

function resultOf(results: readonly CoreValue[]): unknown {
  return results.length > 1 ? results : results[0];
}
