/**
 * The inside of a run, between its calls, as a library: who wrote where, and from which stack. Every answer
 * is computed by replays, in a thread of their own, that are compared with the recording.
 */

import { TraceReader } from '../../traces/reader.ts';
import { workerUrl } from '../../worker-url.ts';
import { OVERFLOW_STACK_MB } from '../overflow.ts';
import type { Coverage, Profile } from '../profile/messages.ts';
import { RequestLink, type RequestOptions } from '../requests/request-link.ts';
import type {
  GlobalValue,
  MemoryRange,
  SearchHits,
  SearchQuery,
  StackFrame,
} from '../session/messages.ts';
import type { SymbolKind, SymbolList, SymbolQuery } from '../source/symbols.ts';
import type { EvaluatedValue, FrameVariables, TypeText, VariableRow } from '../values/messages.ts';
import type { Place } from '../values/scope.ts';
import type { RowQuery } from '../values/variable-rows.ts';
import type { BreakSpec } from './break-places.ts';
import type { FirstSeen } from './first-seen.ts';
import type { Mark } from './mark.ts';
import type {
  ConditionOf,
  FunctionText,
  HistoryQuestion,
  LocatedArrival,
  LocatedHistory,
  LocatedWrites,
  Question,
  TravelRequests,
} from './messages.ts';
import type { Motion } from './motions.ts';
import type { Returned } from './returned.ts';
import type { MemoryWrite, WriteQuery } from './writes.ts';

export interface TravelOptions {
  /** Of a component: the core instance that is looked into; the one that holds the program by default. */
  readonly instance?: number | undefined;
  /**
   * Bytes that may be held of places that were stepped through, so that steps near them take no replay; half of what a
   * session's pool may hold (512 MiB) unless given.
   */
  readonly keptBytes?: number | undefined;
}

/**
 * Opens a trace for time travel; close it when done.
 * @throws WasiRrError for a trace that cannot be read (TRACE_*, NOT_A_TRACE)
 */
export function openTimeTravel(path: string, options: TravelOptions = {}): TimeTravel {
  new TraceReader(path).close();
  return new TimeTravel(path, options);
}

export class TimeTravel {
  private readonly link: RequestLink<TravelRequests>;

  /** Use {@link openTimeTravel}. */
  constructor(trace: string, { instance, keptBytes }: TravelOptions) {
    this.link = new RequestLink({
      url: workerUrl('replayer/timetravel/travel-worker'),
      stackMb: OVERFLOW_STACK_MB,
      setup: () => ({ trace, instance, keptBytes }),
      receive: () => {},
    });
  }

  /**
   * All writes to a range of memory 0, by the guest's instructions and by the host's answers to calls, oldest
   * first. Costs one replay, of some 1.6 times a plain one.
   * @throws WasiRrError OPTION_INVALID for an empty range; DIVERGENCE where the replay differs from the
   *   recording; as RequestLink.request, and as replays do
   */
  writes(query: WriteQuery, options?: RequestOptions): Promise<LocatedWrites> {
    return this.link.request('writes', query, options);
  }

  /**
   * The stack at a write, innermost frame first. Costs one replay, of some 1.7 times a plain one.
   * @throws as {@link writes}
   */
  stackOf(
    { mark, instance }: Pick<MemoryWrite, 'mark' | 'instance'>,
    options?: RequestOptions,
  ): Promise<readonly StackFrame[]> {
    return this.link.request('stack', { mark, instance }, options);
  }

  /**
   * The stack right after an event, innermost frame first, with the variables that the debug information knows
   * of. Costs one replay, of some 1.7 times a plain one.
   * @param event -1 to the last
   * @throws as {@link writes}; WasiRrError REPLAY_FAILED at the end of a stack overflow
   */
  variables(event: number, options?: RequestOptions): Promise<readonly FrameVariables[]> {
    return this.link.request('variables', { event }, options);
  }

  /**
   * Moves: by instructions, lines and functions, to points, in both directions. Where one stands is a mark,
   * which whoever moves keeps. Costs replays up to there: one forwards, two or more backwards.
   * @param from where the motion begins; undefined for those that go to a place of the run
   * @throws WasiRrError EVENT_NOT_FOUND for a mark that the run does not come to; as {@link writes}
   */
  move(from: Mark | undefined, motion: Motion, options?: RequestOptions): Promise<LocatedArrival> {
    return this.link.request('move', { from, motion }, options);
  }

  /** The stack at a mark with its variables, as {@link variables} has them. @throws as {@link move} */
  frames(mark: Mark, options?: RequestOptions): Promise<readonly FrameVariables[]> {
    return this.link.request('frames', { mark }, options);
  }

  /** Variables of a frame at a mark, and expressions, as rows that open. @throws as {@link move} */
  rows(mark: Mark, query: RowQuery, options?: RequestOptions): Promise<readonly VariableRow[]> {
    return this.link.request('rows', { mark, query }, options);
  }

  /**
   * The value of an expression of C, C++ or Rust in a frame at a mark.
   * @throws WasiRrError OPTION_INVALID for one without a value; as {@link move}
   */
  evaluate(question: Question, options?: RequestOptions): Promise<EvaluatedValue> {
    return this.link.request('evaluate', question, options);
  }

  /**
   * What a function returned, as the source has it.
   * @param mark where the motion out of it ended; @param returned as that motion told
   * @param keepAs as Question has it
   * @returns undefined for nothing, and for what is not known; @throws as {@link move}
   */
  returned(
    mark: Mark,
    returned: Returned,
    keepAs?: number,
    options?: RequestOptions,
  ): Promise<EvaluatedValue | undefined> {
    return this.link.request('returned', { mark, returned, keepAs }, options);
  }

  /**
   * The type of an expression in a frame at a mark, or one that is written, and what it is made of.
   * @throws as {@link evaluate}
   */
  type(question: Omit<Question, 'radix' | 'keepAs'>, options?: RequestOptions): Promise<TypeText> {
    return this.link.request('type', question, options);
  }

  /**
   * Names of variables in a frame at a mark; with an expression, of its members. For who types one.
   * @throws as {@link evaluate}
   */
  variableNames(
    question: { readonly mark: Mark; readonly place: Place; readonly of?: string },
    options?: RequestOptions,
  ): Promise<readonly string[]> {
    return this.link.request('variableNames', question, options);
  }

  /**
   * How a value changed until a mark, in the words of its type: of a variable, in the call of its function, or in
   * all calls of that; of what belongs to none, in the whole run. Costs up to four replays.
   * @throws WasiRrError OPTION_INVALID for what has no value there; as {@link move}
   */
  history(question: HistoryQuestion, options?: RequestOptions): Promise<LocatedHistory> {
    return this.link.request('history', question, options);
  }

  /**
   * Where the frame `level` above the innermost was called. Costs as a step backwards.
   * @returns undefined for the outermost; @throws as {@link move}
   */
  callOf(mark: Mark, level: number, options?: RequestOptions): Promise<Mark | undefined> {
    return this.link.request('callOf', { mark, level }, options);
  }

  /** Places in memory 0 at a mark that hold some bytes. @throws as {@link move} */
  search(mark: Mark, query: SearchQuery, options?: RequestOptions): Promise<SearchHits> {
    return this.link.request('search', { mark, query }, options);
  }

  /**
   * When memory 0 holds some bytes for the first time in the run. Costs one replay in which every store is
   * looked at.
   * @returns undefined where it never does; @throws as {@link writes}
   */
  firstSeen(bytes: Uint8Array, options?: RequestOptions): Promise<FirstSeen | undefined> {
    return this.link.request('firstSeen', { bytes }, options);
  }

  /** A function's code in the text format. @throws WasiRrError EVENT_NOT_FOUND for one without code */
  disassembly(func: number, options?: RequestOptions): Promise<FunctionText> {
    return this.link.request('disassembly', { func }, options);
  }

  /**
   * Whether an expression can be the condition of a point; what it is worth is seen when the point is met.
   * @throws WasiRrError OPTION_INVALID where it cannot
   */
  async checkCondition(
    of: ConditionOf,
    condition: string,
    options?: RequestOptions,
  ): Promise<void> {
    await this.link.request('checkCondition', { of, condition }, options);
  }

  /** Values of the guest's globals at a mark. @throws as {@link move} */
  globals(mark: Mark, options?: RequestOptions): Promise<readonly GlobalValue[]> {
    return this.link.request('globals', { mark }, options);
  }

  /** Bytes of memory 0 at a mark, cut where it ends. @throws as {@link move} */
  read(
    mark: Mark,
    address: number,
    length: number,
    options?: RequestOptions,
  ): Promise<MemoryRange> {
    return this.link.request('memory', { mark, address, length }, options);
  }

  /**
   * Functions, variables of no function, types or files of the program, by name.
   * @throws WasiRrError OPTION_INVALID for a pattern that is none
   */
  symbols(query: SymbolQuery, options?: RequestOptions): Promise<SymbolList> {
    return this.link.request('symbols', query, options);
  }

  /** Names that begin so, for who types one; of very many, as far as to where they part. */
  completions(
    prefix: string,
    kinds: readonly SymbolKind[],
    options?: RequestOptions,
  ): Promise<readonly string[]> {
    return this.link.request('completions', { prefix, kinds }, options);
  }

  /** The instructions that a breakpoint means. @throws WasiRrError OPTION_INVALID where it means none */
  places(spec: BreakSpec, options?: RequestOptions): Promise<readonly StackFrame[]> {
    return this.link.request('places', { spec }, options);
  }

  /**
   * What each function spent, by which calls. Costs one replay, of some 1.5 times a plain one.
   * @throws as {@link writes}
   */
  profile(options?: RequestOptions): Promise<Profile> {
    return this.link.request('profile', {}, options);
  }

  /**
   * How often each line of the source was come to. Costs one replay, of some 2 times a plain one.
   * @throws WasiRrError OPTION_INVALID for a module without debug information; as {@link writes}
   */
  coverage(options?: RequestOptions): Promise<Coverage> {
    return this.link.request('coverage', {}, options);
  }

  async close(): Promise<void> {
    await this.link.close();
  }
}
