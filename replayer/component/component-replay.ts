/**
 * Runs a component from its log: makes the recorded core instances, links them as they were linked,
 * makes every recorded entry, answers every host call, and puts back what the host changed. Needs no
 * component runtime: the log has what that did, in order, whatever order its tasks ran in. Imports
 * nothing that could touch the world.
 */
import { messageOf, WasiRrError } from '../../errors.ts';
import type {
  CoreValue,
  EnterEvent,
  HostChange,
  InstantiateEvent,
  LogEvent,
  LoggedFunction,
  OpenEvent,
} from '../../traces/events.ts';
import { type Outcome, parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { isStackOverflow, trapFrom } from '../../wasm/traps.ts';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import type { Mismatch } from '../divergence.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import { checkCall, same } from './call-check.ts';
import { type CoreFunction, CoreGraph } from './core-graph.ts';
import {
  corruptLog,
  divergence,
  Ended,
  type Ending,
  endOf,
  isOverflow,
  leaving,
  trapMismatch,
} from './endings.ts';
import { type CursorOptions, LogCursor } from './log-cursor.ts';
import { ParkedCalls } from './parked-calls.ts';

type Entry = EnterEvent | InstantiateEvent;

export type ComponentReplayOptions = Omit<CursorOptions, 'apply'>;

export class ComponentReplay {
  private readonly trace: TraceReader;
  private readonly log: LogCursor;
  private readonly graph: CoreGraph;
  private readonly parked = new ParkedCalls();
  private readonly meanings: CoreMeanings;
  private ending: Ending | undefined;
  /** What a nested entry that ended threw: the host may have passed it on. */
  private thrown: unknown;
  private outcome: Outcome | undefined;
  private comparable = true;
  private failure: unknown;

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(trace: TraceReader, options: ComponentReplayOptions = {}) {
    this.trace = trace;
    this.meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
    this.graph = new CoreGraph(
      trace,
      (func) =>
        (...args) =>
          this.call(func, args),
    );
    const apply = (change: HostChange) => this.graph.apply(change);
    this.log = new LogCursor(trace.events(), { ...options, apply });
  }

  /** How many events have been replayed. */
  get events(): number {
    return this.log.number;
  }

  /** @throws WasiRrError SEGMENT_CORRUPT, TRACE_CORRUPT, REPLAY_FAILED */
  async run(): Promise<ReplayEnd> {
    try {
      for (let event = this.log.peek(); event !== undefined; event = this.log.peek()) {
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
        const back = this.parked.handedBack();
        this.enterAsync(event);
        await back;
        return;
      }
      case 'return':
      case 'throw': {
        const parked = this.parked.take(event.opened);
        if (parked === undefined) throw corruptLog(this.log.number, 'an answer to no call');
        const back = this.parked.handedBack();
        this.log.take();
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

  private instantiate(event: InstantiateEvent): void {
    const { module, imports } = this.log.possible(() => this.graph.imports(event.instance));
    this.checkPages(event);
    this.log.take();
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
    const event = this.log.peek();
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
    this.log.take();
    if (event.kind === 'open') return this.answerOpen(event);
    if (this.log.peek() === undefined) this.ending = { kind: 'log-ended' };
    return this.ending === undefined ? () => resultOf(event.results) : throwUncatchable;
  }

  /** What happened between an open call and its answer happens here. */
  private answerOpen(call: OpenEvent): () => unknown {
    for (;;) {
      const event = this.log.peek();
      if (event === undefined) return this.end({ kind: 'log-ended' });
      if (event.kind === 'enter') {
        if (event.async) this.enterAsync(event);
        else this.enter(event);
        continue;
      }
      if (event.kind === 'unwind') return this.end({ kind: 'unwound' });
      if (!('opened' in event) || event.opened !== call.number) {
        throw corruptLog(this.log.number, 'something that cannot happen inside of a call');
      }
      this.log.take();
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
          return () => this.parked.park(call.number);
        default:
          throw corruptLog(this.log.number, 'an end that belongs to another beginning');
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
    this.checkPages(event, () => this.log.take());
    return this.log.possible(() => this.graph.target(event.func));
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
      this.parked.handBack();
    };
    target(...event.args).then(
      (returned) => settled(() => this.returned(event, returned)),
      (thrown: unknown) => settled(() => this.threw(event, thrown)),
    );
  }

  private returned(entry: EnterEvent, returned: unknown): void {
    if (this.ending !== undefined) this.stop(this.ending);
    const event = this.log.peek();
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
    const [code] = results;
    // another number is no result, and a trap of the runtime
    if (this.isRun(entry.func) && (code === 0 || code === 1)) this.outcome = { kind: 'exit', code };
    this.log.take();
  }

  /** wasi:cli/run gives a result without values: 0 is ok, 1 is an error. */
  private isRun({ instance = 0, name }: LoggedFunction): boolean {
    const meant = this.meanings.exported(instance, name);
    return meant?.name === 'run' && meant.interface.startsWith('wasi:cli/run@');
  }

  private threw(entry: Entry, thrown: unknown): void {
    const { ending } = this;
    const overflow = ending?.kind === 'failed' && isStackOverflow(ending.error);
    if (ending !== undefined && ending.kind !== 'unwound' && !overflow) this.stop(ending);
    this.ending = undefined;
    const event = this.log.peek();
    if (event === undefined) this.stop({ kind: 'log-ended' });
    const recorded = event.kind === 'unwind' ? parseOutcomeText(event.reason) : undefined;
    if (event.kind !== 'unwind' || recorded === undefined) {
      const { message } = trapFrom(thrown);
      this.diverged({ what: 'ending', actual: `trap: ${message}` });
    }
    this.checkOpened(event, entry);
    if (isOverflow(recorded)) this.comparable = false;
    else {
      const mismatch = ending?.kind === 'unwound' ? undefined : trapMismatch(recorded, thrown);
      if (mismatch !== undefined) this.diverged(mismatch);
      this.checkPages(event);
    }
    this.log.take();
    this.thrown = thrown;
    this.outcome = recorded;
  }

  private checkOpened({ opened }: { readonly opened: number }, entry: Entry): void {
    if (opened !== entry.number) {
      throw corruptLog(this.log.number, 'an end that belongs to another beginning');
    }
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
    const { trace, outcome, graph, comparable } = this;
    const end = endOf(trace, outcome, graph.memories, comparable);
    return 'kind' in end ? end : this.diverged(end);
  }

  /** Ends the guest from inside a call. */
  private end(ending: Ending): never {
    this.ending = ending;
    return throwUncatchable();
  }

  /** Leaves the replay, with no guest on the stack. */
  private stop(ending: Ending): never {
    throw leaving(ending, this.graph.memories);
  }

  private mismatch(mismatch: Mismatch, func: LoggedFunction, args: readonly CoreValue[]): never {
    const actual = { func, args: args.slice(0, func.params.length), call: undefined };
    return this.end(divergence(this.log.number, mismatch, actual));
  }

  private diverged(mismatch: Mismatch, event = this.log.number): never {
    throw new Ended(divergence(event, mismatch));
  }
}

function resultOf(results: readonly CoreValue[]): unknown {
  return results.length > 1 ? results : results[0];
}
