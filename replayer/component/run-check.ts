/** Compares how the guests of a component ended with how they had, and what they came to at the end. */
import type {
  CoreValue,
  EnterEvent,
  InstantiateEvent,
  LogEvent,
  LoggedFunction,
} from '../../traces/events.ts';
import { type Outcome, parseOutcomeText } from '../../traces/outcome.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { CoreMeanings } from '../../wasi/component/core-meanings.ts';
import { ALL_WASM, isStackOverflow, type Trap, trapFrom } from '../../wasm/traps.ts';
import type { Divergence, Mismatch } from '../divergence.ts';
import { isOverflow } from '../overflow.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import type { CallEnding } from '../replay-step.ts';
import { checkReads, same } from './call-check.ts';
import type { CoreGraph } from './core-graph.ts';
import { corruptLog, Ended, type Ending, endOf, leaving, trapMismatch } from './endings.ts';
import type { LogCursor } from './log-cursor.ts';

type Entry = EnterEvent | InstantiateEvent;

/** V8's stack of what a guest threw, with the frames of those that wait for it. */
export type StackOf = (thrown: Error) => string;

export class RunCheck {
  private readonly trace: TraceReader;
  private readonly graph: CoreGraph;
  private readonly log: LogCursor;
  private readonly stackOf: StackOf | undefined;
  private readonly meanings: CoreMeanings;
  /** Why a guest was ended from inside a call. */
  ending: Ending | undefined;
  private thrown: unknown;
  private outcome: Outcome | undefined;
  private comparable = true;
  /** With what a guest was ended whose stack overflowed where it did. */
  private overflown: unknown;

  constructor(trace: TraceReader, graph: CoreGraph, log: LogCursor, stackOf: StackOf | undefined) {
    this.trace = trace;
    this.graph = graph;
    this.log = log;
    this.stackOf = stackOf;
    this.meanings = new CoreMeanings(trace.meta.component?.words, trace.instances());
  }

  /** An entry ended: as it had. @throws Ended, WasiRrError SEGMENT_CORRUPT */
  entryEnded(event: EnterEvent, ending: CallEnding): void {
    if ('thrown' in ending) this.threw(event, ending.thrown);
    else this.returned(event, ending.returned);
  }

  private returned(entry: EnterEvent, returned: unknown): void {
    if (this.ending !== undefined) this.stop(this.ending);
    const event = this.log.peek();
    if (event === undefined) this.stop({ kind: 'log-ended' });
    if (event.kind === 'unwind' && isOverflow(parseOutcomeText(event.reason))) {
      // its host had no stack left when it was to go on
      this.comparable = false;
      this.checkOpened(event, entry);
      this.log.take();
      return;
    }
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
    this.pages(event);
    const pointed = event.hostReads && this.graph.memoryNumbered(event.memory);
    const mismatch = pointed && event.hostReads && checkReads(event.hostReads, pointed);
    if (mismatch !== undefined) this.diverged(mismatch);
    const [code] = results;
    // another number is no result, and a trap of the runtime; an asynchronous run gives its result in a call
    if (!entry.async && this.isRun(entry.func) && (code === 0 || code === 1)) {
      this.outcome = { kind: 'exit', code };
    }
    this.log.take();
  }

  /** wasi:cli/run gives a result without values: 0 is ok, 1 is an error. */
  private isRun({ instance = 0, name }: LoggedFunction): boolean {
    const meant = this.meanings.exported(instance, name);
    if (meant?.role !== 'whole' || meant.func === undefined) return false;
    return meant.func.name === 'run' && meant.func.interface.startsWith('wasi:cli/run@');
  }

  /** An entry, or the start function of an instance, did not return. @throws as {@link entryEnded} */
  threw(entry: Entry, thrown: unknown): void {
    const { ending } = this;
    this.stopIfEnded();
    this.ending = undefined;
    const event = this.log.peek();
    if (event === undefined) this.stop({ kind: 'log-ended' });
    const recorded = event.kind === 'unwind' ? parseOutcomeText(event.reason) : undefined;
    if (event.kind !== 'unwind' || recorded === undefined) {
      const { message } = trapFrom(thrown);
      this.diverged({ what: 'ending', actual: `trap: ${message}` });
    }
    this.checkOpened(event, entry);
    if (isOverflow(recorded)) {
      const there = ending?.kind === 'unwound' || (ending?.kind === 'overflowed' && ending.exact);
      if (there || this.overflown === thrown) {
        this.overflown = thrown;
        this.pages(event);
      } else this.comparable = false;
      if (thrown instanceof Error) this.stackOf?.(thrown);
    } else {
      const mismatch =
        ending?.kind === 'unwound' ? undefined : trapMismatch(recorded, this.trapFrom(thrown));
      if (mismatch !== undefined) this.diverged(mismatch);
      this.pages(event);
    }
    this.log.take();
    this.thrown = thrown;
    this.outcome = recorded;
  }

  /** With the frames' places in the modules as they were recorded. */
  private trapFrom(thrown: unknown): Trap {
    return trapFrom(thrown, {
      ...ALL_WASM,
      frames: (stack) =>
        this.graph.frames(thrown instanceof Error ? (this.stackOf?.(thrown) ?? stack) : stack),
    });
  }

  /** Leaves the replay where a guest was ended from inside a call, and not because it had ended there. */
  stopIfEnded(): void {
    const { ending } = this;
    if (ending === undefined || ending.kind === 'unwound' || ending.kind === 'overflowed') return;
    if (ending.kind === 'failed' && isStackOverflow(ending.error)) return;
    this.stop(ending);
  }

  private checkOpened({ opened }: { readonly opened: number }, entry: Entry): void {
    if (opened !== entry.number) {
      throw corruptLog(this.log.number, 'an end that belongs to another beginning');
    }
  }

  /** @param first what may change nothing of the size, but has to be done before a difference is told */
  pages(event: LogEvent, first?: () => void): void {
    const actual = this.graph.pages();
    first?.();
    if (event.pages !== actual) {
      this.diverged({ what: 'memory-size', recorded: event.pages, actual }, event.number);
    }
  }

  /** After the last event. @throws Ended */
  finish(): ReplayEnd {
    const { trace, outcome, graph, comparable } = this;
    const end = endOf(trace, outcome, graph.memories, comparable);
    return 'kind' in end ? end : this.diverged(end);
  }

  /** What a nested entry was ended with, once, because its stack overflowed: it takes all of the stack along. */
  takeOverflown(): unknown {
    return this.thrown === this.overflown ? this.takeThrown() : undefined;
  }

  /** What a nested entry that ended threw, once: the host may have passed it on. */
  takeThrown(): unknown {
    const { thrown } = this;
    this.thrown = undefined;
    return thrown;
  }

  /** Leaves the replay, with no guest on the stack. */
  stop(ending: Ending): never {
    throw leaving(ending, this.graph.memories);
  }

  diverged(mismatch: Mismatch, event = this.log.number): never {
    throw new Ended(this.divergence(event, mismatch));
  }

  /** With the guests' stack as it is now. */
  divergence(event: number, mismatch: Mismatch, actual?: Divergence['actual']) {
    const { stack = '' } = new Error('divergence');
    const frames = this.graph.frames(stack);
    const divergence = { event, mismatch, stack, frames, ...(actual && { actual }) };
    return { kind: 'diverged' as const, divergence };
  }
}
