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
  InstantiateEvent,
  LogEvent,
  LoggedFunction,
  OpenEvent,
} from '../../traces/events.ts';
import { describeOutcome, type Outcome, parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { isStackOverflow, type Trap, trapFrom } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { hashOfMemories } from '../../wasm/xxh64.ts';
import type { Divergence, Mismatch } from '../divergence.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import { checkCall, same } from './call-check.ts';
import { type CoreFunction, CoreGraph, Impossible } from './core-graph.ts';

type Entry = EnterEvent | InstantiateEvent;

/** Why the guest was ended from inside a call. */
type Ending =
  | { readonly kind: 'diverged'; readonly divergence: Divergence }
  | { readonly kind: 'log-ended' }
  /** The recorded call did not return; an `unwind` follows. */
  | { readonly kind: 'unwound' }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Suspended {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export interface ComponentReplayOptions {
  readonly onOutput?: ((stream: 'stdout' | 'stderr', bytes: Uint8Array) => void) | undefined;
  /** Called for every event. */
  readonly onEvent?: (event: number) => void;
}

/** Thrown to leave the replay with a result. */
class Ended extends Error {
  readonly end: ReplayEnd;
  constructor(end: ReplayEnd) {
    super('replay ended');
    this.end = end;
  }
}

export class ComponentReplay {
  private readonly trace: TraceReader;
  private readonly options: ComponentReplayOptions;
  private readonly log: Iterator<LogEvent>;
  private readonly graph: CoreGraph;
  private readonly suspended = new Map<number, Suspended>();
  private ahead: LogEvent | undefined;
  private number = 0;
  private ending: Ending | undefined;
  /** What a nested entry that ended threw: the host may have passed it on. */
  private thrown: unknown;
  private outcome: Outcome | undefined;
  private comparable = true;
  private wake: (() => void) | undefined;
  private failure: unknown;

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(trace: TraceReader, options: ComponentReplayOptions = {}) {
    this.trace = trace;
    this.options = options;
    this.log = trace.events();
    this.graph = new CoreGraph(
      trace,
      (func) =>
        (...args) =>
          this.call(func, args),
    );
  }

  /** How many events have been replayed. */
  get events(): number {
    return this.number;
  }

  /** @throws WasiRrError SEGMENT_CORRUPT, TRACE_CORRUPT, REPLAY_FAILED */
  async run(): Promise<ReplayEnd> {
    try {
      for (let event = this.peek(); event !== undefined; event = this.peek()) {
        await this.step(event);
        if (this.failure !== undefined) throw this.failure;
      }
      return this.finish();
    } catch (thrown) {
      if (thrown instanceof Ended) return thrown.end;
      throw thrown;
    }
  }

  /** One thing that the runtime did with no guest on the stack. */
  private async step(event: LogEvent): Promise<void> {
    switch (event.kind) {
      case 'instantiate':
        this.instantiate(event);
        return;
      case 'enter': {
        if (!event.async) {
          this.enter(event);
          return;
        }
        const back = this.handedBack();
        this.enterAsync(event);
        await back;
        return;
      }
      case 'return':
      case 'throw': {
        const parked = this.suspended.get(event.opened);
        if (parked === undefined) this.corrupt('an answer to no call');
        this.suspended.delete(event.opened);
        const back = this.handedBack();
        this.take();
        if (event.kind === 'return') parked.resolve(resultOf(event.results));
        else parked.reject(this.exception(event.message));
        await back;
        return;
      }
      default:
        // a guest that has ended in the recording went on, or the log is no log
        this.diverged({ what: 'ending', actual: 'nothing calls the guest any more' });
    }
  }

  /** Settles once a guest that may suspend has suspended or ended. */
  private handedBack(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private handBack(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }

  private peek(): LogEvent | undefined {
    if (this.ahead === undefined) {
      const next = this.log.next();
      if (!next.done) this.ahead = next.value;
    }
    return this.ahead;
  }

  /** The next event has happened: applies what the host changed before it. */
  private take(): void {
    const event = this.ahead;
    invariant(event, 'no event to take');
    this.ahead = undefined;
    this.number = event.number + 1;
    for (const change of event.changes ?? []) this.possible(() => this.graph.apply(change));
    for (const { stream, bytes } of event.outputs ?? []) this.options.onOutput?.(stream, bytes);
    this.options.onEvent?.(event.number);
  }

  private instantiate(event: InstantiateEvent): void {
    const { module, imports } = this.possible(() => this.graph.imports(event.instance));
    this.checkPages(event);
    this.take();
    try {
      this.graph.make(module, imports);
    } catch (thrown) {
      if (thrown instanceof WasiRrError) throw thrown;
      this.threw(event, thrown);
    }
  }

  /** A host call of the guest's. */
  private call(func: LoggedFunction, args: readonly CoreValue[]): unknown {
    if (this.ending !== undefined) return throwUncatchable();
    let answer: () => unknown;
    try {
      answer = this.answer(func, args);
    } catch (error) {
      // a guest's catch_all takes any other exception of JavaScript, and would go on
      if (this.ending === undefined) this.ending = { kind: 'failed', error };
      return throwUncatchable();
    }
    return answer();
  }

  /** @returns what gives the guest its answer: a value, a promise or an exception */
  private answer(func: LoggedFunction, args: readonly CoreValue[]): () => unknown {
    const event = this.peek();
    if (event === undefined) return this.end({ kind: 'log-ended' });
    if (event.kind !== 'call' && event.kind !== 'open') {
      if (event.kind === 'unwind' && isOverflow(parseOutcomeText(event.reason))) {
        return this.end({ kind: 'unwound' });
      }
      return this.mismatch({ what: 'extra-call' }, func, args);
    }
    const { graph } = this;
    const mismatch = checkCall(event, func, args, graph.pages(), graph.memoryOf(func));
    if (mismatch !== undefined) return this.mismatch(mismatch, func, args);
    this.take();
    if (event.kind === 'open') return this.answerOpen(event);
    if (this.peek() === undefined) this.ending = { kind: 'log-ended' };
    return this.ending === undefined ? () => resultOf(event.results) : throwUncatchable;
  }

  /** What happened between an open call and its answer happens here. */
  private answerOpen(call: OpenEvent): () => unknown {
    for (;;) {
      const event = this.peek();
      if (event === undefined) return this.end({ kind: 'log-ended' });
      if (event.kind === 'enter') {
        if (event.async) this.enterAsync(event);
        else this.enter(event);
        continue;
      }
      if (event.kind === 'unwind') return this.end({ kind: 'unwound' });
      if (!('opened' in event) || event.opened !== call.number) {
        this.corrupt('something that cannot happen inside of a call');
      }
      this.take();
      switch (event.kind) {
        case 'return':
          return () => resultOf(event.results);
        case 'throw': {
          const exception = this.exception(event.message);
          return () => {
            throw exception;
          };
        }
        case 'suspend':
          return () => {
            const parked = new Promise((resolve, reject) => {
              this.suspended.set(call.number, { resolve, reject });
            });
            this.handBack();
            return parked;
          };
        default:
          this.corrupt('an end that belongs to another beginning');
      }
    }
  }

  /** A host that was entered by a failing guest usually throws what the guest threw. */
  private exception(message: string): unknown {
    const { thrown } = this;
    this.thrown = undefined;
    return thrown !== undefined && messageOf(thrown) === message ? thrown : new Error(message);
  }

  private target(event: EnterEvent): CoreFunction {
    this.checkPages(event, () => this.take());
    return this.possible(() => this.graph.target(event.func));
  }

  private enter(event: EnterEvent): void {
    const target = this.target(event);
    let returned: unknown;
    try {
      returned = target(...event.args);
    } catch (thrown) {
      this.threw(event, thrown);
      return;
    }
    this.returned(event, returned);
  }

  private enterAsync(event: EnterEvent): void {
    const target = WebAssembly.promising(this.target(event));
    const settled = (work: () => void) => {
      try {
        work();
      } catch (thrown) {
        this.failure = thrown;
      }
      this.handBack();
    };
    target(...event.args).then(
      (returned) => settled(() => this.returned(event, returned)),
      (thrown: unknown) => settled(() => this.threw(event, thrown)),
    );
  }

  private returned(entry: EnterEvent, returned: unknown): void {
    if (this.ending !== undefined) this.stop(this.ending);
    const event = this.peek();
    if (event === undefined) this.stop({ kind: 'log-ended' });
    if (event.kind !== 'leave') {
      this.diverged({ what: 'ending', actual: `${entry.func.name} returned` });
    }
    this.checkOpened(event, entry);
    const { results } = event;
    const actual = (Array.isArray(returned) ? returned : [returned]) as CoreValue[];
    if (!results.every((value, i) => same(value, actual[i] as CoreValue))) {
      this.diverged({
        what: 'results',
        recorded: results,
        actual: actual.slice(0, results.length),
      });
    }
    this.checkPages(event);
    // wasi:cli/run gives a result without values: 0 is ok, 1 is an error
    if (entry.func.name.endsWith('#run')) {
      this.outcome = { kind: 'exit', code: Number(results[0] ?? 0) };
    }
    this.take();
  }

  private threw(entry: Entry, thrown: unknown): void {
    const { ending } = this;
    const overflow = ending?.kind === 'failed' && isStackOverflow(ending.error);
    if (ending !== undefined && ending.kind !== 'unwound' && !overflow) this.stop(ending);
    this.ending = undefined;
    const event = this.peek();
    if (event === undefined) this.stop({ kind: 'log-ended' });
    const recorded = event.kind === 'unwind' ? parseOutcomeText(event.reason) : undefined;
    if (event.kind !== 'unwind' || recorded === undefined) {
      const { message } = trapFrom(thrown);
      this.diverged({ what: 'ending', actual: `trap: ${message}` });
    }
    this.checkOpened(event, entry);
    if (isOverflow(recorded)) this.comparable = false;
    else {
      if (ending?.kind !== 'unwound') this.checkTrap(recorded, thrown);
      this.checkPages(event);
    }
    this.take();
    this.thrown = thrown;
    this.outcome = recorded;
  }

  private checkTrap(recorded: Outcome, thrown: unknown): void {
    const trap = trapFrom(thrown);
    if (recorded.kind === 'trap' && sameTrap(recorded.trap, trap)) return;
    this.diverged({ what: 'ending', actual: describeOutcome({ kind: 'trap', trap }) });
  }

  private checkOpened({ opened }: { readonly opened: number }, entry: Entry): void {
    if (opened !== entry.number) this.corrupt('an end that belongs to another beginning');
  }

  /** @param first what may change nothing of the size, but has to be done before a difference is told */
  private checkPages(event: LogEvent, first?: () => void): void {
    const actual = this.graph.pages();
    first?.();
    if (event.pages !== actual) {
      this.diverged({ what: 'memory-size', recorded: event.pages, actual }, event.number);
    }
  }

  private finish(): ReplayEnd {
    const { trace, comparable } = this;
    const memory = hashOfMemories(this.graph.memories);
    const { outcome, finalMemory } = trace.meta;
    const whole = trace.complete && (outcome?.kind === 'exit' || outcome?.kind === 'trap');
    if (whole && this.outcome !== undefined && !sameOutcome(outcome, this.outcome)) {
      this.diverged({ what: 'ending', actual: describeOutcome(this.outcome) });
    }
    if (whole && comparable && finalMemory?.xxh64 !== memory?.xxh64) {
      const describe = (of: typeof finalMemory | null) =>
        of ? `${of.xxh64} (${of.pages} pages)` : 'no memory';
      this.diverged({
        what: 'final-memory',
        recorded: describe(finalMemory),
        actual: describe(memory),
      });
    }
    return {
      kind: 'replayed',
      toItsEnd: whole,
      finalMemory: memory,
      note: comparable
        ? undefined
        : "the run ended in a stack overflow, whose depth is the engine's: the memory at the end is not compared",
    };
  }

  /** Ends the guest from inside a call. */
  private end(ending: Ending): never {
    this.ending = ending;
    return throwUncatchable();
  }

  /** Leaves the replay, with no guest on the stack. */
  private stop(ending: Ending): never {
    if (ending.kind === 'failed') throw ending.error;
    if (ending.kind === 'diverged') throw new Ended(ending);
    throw new Ended({
      kind: 'replayed',
      toItsEnd: false,
      finalMemory: hashOfMemories(this.graph.memories),
      note: undefined,
    });
  }

  private mismatch(mismatch: Mismatch, func: LoggedFunction, args: readonly CoreValue[]): never {
    const actual = { func, args: args.slice(0, func.params.length), call: undefined };
    const { stack = '' } = new Error('divergence');
    return this.end({
      kind: 'diverged',
      divergence: { event: this.number, mismatch, actual, stack },
    });
  }

  private diverged(mismatch: Mismatch, event = this.number): never {
    const { stack = '' } = new Error('divergence');
    throw new Ended({ kind: 'diverged', divergence: { event, mismatch, stack } });
  }

  private corrupt(what: string): never {
    throw new WasiRrError(
      'SEGMENT_CORRUPT',
      `the log is damaged at event ${this.number}: ${what}. Record the run again.`,
      { event: this.number },
    );
  }

  /** @throws WasiRrError SEGMENT_CORRUPT for what the log says and cannot be */
  private possible<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof Impossible) this.corrupt(thrown.message);
      throw thrown;
    }
  }
}

function resultOf(results: readonly CoreValue[]): unknown {
  return results.length > 1 ? results : results[0];
}

function isOverflow(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'trap' && outcome.trap.kind === 'stack-overflow';
}

function sameOutcome(recorded: Outcome, actual: Outcome): boolean {
  if (recorded.kind === 'exit') return actual.kind === 'exit' && recorded.code === actual.code;
  return recorded.kind === 'trap' && actual.kind === 'trap';
}

function sameTrap(recorded: Trap, actual: Trap): boolean {
  const place = (trap: Trap) => trap.frames.map(({ func, offset }) => `${func}:${offset}`).join();
  return recorded.kind === actual.kind && place(recorded) === place(actual);
}
