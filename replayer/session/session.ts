/**
 * An interactive replay of a trace: moves to any event, forwards and backwards, and shows the guest's
 * state there. "At #n" always means: right after event n and its effects, before the guest goes on; at
 * -1, the guest is instantiated and nothing has called it. Knows no UI.
 *
 * What the trace itself tells (files, output, conditions, bookmarks) needs no replay and works for every
 * trace that can be opened. What needs replay works up to {@link Session.replayProblem}.
 */
import { type ErrorCode, WasiRrError } from '../../errors.ts';
import { addSnapshots } from '../../traces/annotations.ts';
import { describeOutcome } from '../../traces/outcome.ts';
import { TraceReader } from '../../traces/reader.ts';
import type { CoreLayout } from '../component/core-layout.ts';
import { type DivergenceReport, reportDivergence } from '../divergence-report.ts';
import { Keyframes } from '../keyframes/keyframes.ts';
import type { RequestOptions } from '../requests/request-link.ts';
import type { FailurePlace } from './failure.ts';
import type { CallCondition, Direction } from './find-call.ts';
import type {
  Globals,
  MemoryDiff,
  MemoryRange,
  PoolState,
  ProblemMessage,
  SessionLimits,
  StackFrame,
} from './messages.ts';
import { PastRun, type PastStop } from './past-run.ts';
import { SessionMemory } from './session-memory.ts';
import { TraceView } from './trace-view.ts';
import { WorkerLink } from './worker-link.ts';

/** What a session may hold unless its options say otherwise. */
export const DEFAULT_LIMITS: SessionLimits = {
  poolBytes: 1 << 30,
  poolGuests: 24,
  imageBytes: 256 << 20,
};

/**
 * Keyframes that are made by themselves: once a move took so long, of a run with few enough events (each costs some 20 µs,
 * and in one that consists of calls parked guests are near everywhere), in bytes that hardly count beside the guests.
 */
const BY_ITSELF = { afterMs: 200, events: 100_000, budget: 32 << 20 };

export interface SessionOptions extends Partial<SessionLimits> {
  /** Use idle time to park guests where the next look is likely; true by default. */
  readonly readAhead?: boolean;
  /**
   * Whether keyframes of memory are made by themselves, once a move has shown that replays of this run take
   * long, if it has at most 100,000 events; false by default. Those that the trace holds are used in any case.
   */
  readonly makesKeyframes?: boolean;
  /** Called when {@link Session.replayProblem} or {@link Session.verified} changes. */
  readonly onChange?: () => void;
}

/** Why (a part of) a trace does not replay. */
export interface SessionProblem {
  /** The first event whose state cannot be shown; -1 where nothing can. */
  readonly event: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** Where the guest did something else than it had done. */
  readonly divergence: DivergenceReport | undefined;
}

/** Where a move ended. */
export interface Stop {
  readonly position: number;
  /**
   * Whether the guest's state can be looked at here; if not, `replayProblem` says why. Where the trace
   * has a snapshot, its memory can in any case.
   */
  readonly replayed: boolean;
}

/**
 * Opens a trace for debugging, before its first event.
 * @param path of a trace, complete or not
 * @throws WasiRrError for a trace that cannot be read at all (TRACE_*, NOT_A_TRACE). One that cannot be
 *   replayed opens: see {@link Session.replayProblem}
 */
export async function openSession(path: string, options: SessionOptions = {}): Promise<Session> {
  const session = new Session(new TraceReader(path), options);
  await session.start();
  return session;
}

export class Session extends TraceView {
  /** The guest's memory at the present position, and across the run. */
  readonly memory: SessionMemory;
  /** Memory at any event without a replay, once there are some. */
  readonly keyframes: Keyframes;
  private readonly makesKeyframes: boolean;
  private readonly readAhead: boolean;
  private readonly link: WorkerLink;
  private readonly onChange: () => void;
  private past: PastRun | undefined;
  private triedKeyframes = false;
  private problem: SessionProblem | undefined;
  private matches: boolean | undefined;

  /** Use {@link openSession}. */
  constructor(trace: TraceReader, options: SessionOptions) {
    const { readAhead = true, makesKeyframes = false, onChange = () => {}, ...limits } = options;
    super(trace);
    this.makesKeyframes = makesKeyframes;
    this.readAhead = readAhead;
    this.keyframes = new Keyframes(trace.path);
    this.onChange = onChange;
    this.link = new WorkerLink(
      { trace: trace.path, limits: { ...DEFAULT_LIMITS, ...limits }, readAhead },
      {
        problem: (problem) => this.learnProblem(problem),
        verified: (verified) => {
          this.matches = verified;
          this.onChange();
        },
      },
    );
    this.memory = new SessionMemory(this.link, this.keyframes, () => this.at, this.lastEvent);
  }

  /** Loads the module, so that what keeps it from running is known from the start. */
  async start(): Promise<void> {
    const stored = this.loadKeyframes();
    // whoever looks once need not wait for guests that he may not ask for
    if (!this.readAhead && (await stored)) return;
    try {
      await this.link.request('pool', {});
    } catch (thrown) {
      if (!(thrown instanceof WasiRrError)) throw thrown;
      // told by the thread already, unless it was the thread that failed
      this.problem ??= {
        event: -1,
        code: thrown.code,
        message: thrown.message,
        divergence: undefined,
      };
    }
    await stored;
  }

  /**
   * Why the trace does not replay beyond some event. Found out when a replay comes there, so it may turn
   * up later (`onChange`).
   */
  get replayProblem(): SessionProblem | undefined {
    return this.problem;
  }

  /**
   * Whether the memory at the end of the run is the recorded one's, byte for byte. Undefined until the
   * end was reached, and where there is nothing to compare with: an interrupted run, a stack overflow.
   */
  get verified(): boolean | undefined {
    return this.matches;
  }

  /**
   * Moves to an event. Costs a replay from the nearest guest parked before it, at most one of the whole
   * run; where there are keyframes none, until something else than memory is asked for. Where the trace does not
   * replay so far the session moves all the same.
   * @param event -1 to {@link lastEvent}
   * @param options `replayed`: by a replay, whatever keyframes there are; false by default
   * @throws WasiRrError EVENT_NOT_FOUND, SESSION_FAILED, SESSION_CLOSED; the reason of `signal`, with the
   *   position as it was
   */
  async goto(
    event: number,
    options: RequestOptions & { readonly replayed?: boolean } = {},
  ): Promise<Stop> {
    this.checkEvent(event);
    if (!options.replayed && this.isKept(event)) {
      this.at = event;
      return { position: event, replayed: true };
    }
    let replayed = true;
    const start = performance.now();
    try {
      await this.link.request('reach', { at: event }, options);
      if (this.makesKeyframes && performance.now() - start > BY_ITSELF.afterMs)
        this.makeKeyframes();
    } catch (thrown) {
      if (this.problem === undefined || event < this.problem.event) throw thrown;
      replayed = false;
    }
    this.at = event;
    return { position: event, replayed };
  }

  /** Moves to the next event; at the last one, stays. @throws as {@link goto} */
  next(options?: RequestOptions): Promise<Stop> {
    return this.goto(Math.min(this.at + 1, this.lastEvent), options);
  }

  /** Moves to the event before; at -1, stays. @throws as {@link goto} */
  back(options?: RequestOptions): Promise<Stop> {
    return this.goto(Math.max(this.at - 1, -1), options);
  }

  /** Moves to before anything. @throws as {@link goto} */
  first(options?: RequestOptions): Promise<Stop> {
    return this.goto(-1, options);
  }

  /** Moves to the end: after a trap or exit, memory is as it was left. @throws as {@link goto} */
  last(options?: RequestOptions): Promise<Stop> {
    return this.goto(this.lastEvent, options);
  }

  /** Moves to where the run went wrong. @throws as {@link goto} */
  async gotoFailure(options: RequestOptions = {}): Promise<Stop & FailurePlace> {
    const place = await this.failure(options);
    return { ...place, ...(await this.goto(place.event, options)) };
  }

  /**
   * Moves on to the next call that meets a condition.
   * @returns undefined, and stays, where there is none
   * @throws as {@link find} and {@link goto}
   */
  continueTo(condition: CallCondition, options?: RequestOptions): Promise<Stop | undefined> {
    return this.moveTo(condition, 'forward', options);
  }

  /** Moves back to the previous call that meets a condition. As {@link continueTo}. */
  reverseContinueTo(condition: CallCondition, options?: RequestOptions): Promise<Stop | undefined> {
    return this.moveTo(condition, 'backward', options);
  }

  /**
   * The guest's stack, innermost frame first, at most 200. Empty where no call of the guest's is under
   * way; after a trap or an exit, the stack from which it came.
   * @throws WasiRrError where the trace does not replay so far (the problem's code)
   */
  stack(options?: RequestOptions): Promise<readonly StackFrame[]> {
    return this.link.request('stack', { at: this.at }, options);
  }

  /**
   * The core instances of the run, with their memories: of a core module, one.
   * @throws WasiRrError where nothing of the trace replays (the problem's code)
   */
  layout(options?: RequestOptions): Promise<CoreLayout> {
    return this.link.request('layout', {}, options);
  }

  /**
   * The guest's globals, exported or not.
   * @param options `instance`: of a component, whose; that which holds the program by default. `replayed`: of a
   *   replay, whatever keyframes say
   * @throws as {@link stack}; WasiRrError OPTION_INVALID for an instance that is none
   */
  async globals(
    options: RequestOptions & { readonly instance?: number; readonly replayed?: boolean } = {},
  ): Promise<Globals> {
    const { instance, replayed } = options;
    const params = { at: this.at, instance };
    const kept = replayed ? undefined : await this.keyframes.ask('globals', params, options);
    return kept ?? this.link.request('globals', params, options);
  }

  /** What differs in memory between two events. As `memory.diff`. */
  diff(
    from: number,
    to: number,
    options?: Parameters<SessionMemory['diff']>[2],
  ): Promise<MemoryDiff> {
    return this.memory.diff(from, to, options);
  }

  /**
   * All that one call wrote, however little of it the trace kept: out of the memory of a replay. The
   * session's position stays.
   * @returns undefined where the event is no call that writes
   * @throws as {@link stack}
   */
  async printed(event: number, options?: RequestOptions): Promise<Uint8Array | undefined> {
    return this.streams.written(event, (call) =>
      this.link.request('reads', { at: event, limit: Number.MAX_SAFE_INTEGER, ...call }, options),
    );
  }

  /**
   * Stores the memories at the present position in the trace, so that they can be looked at without replay
   * from then on.
   * @throws as {@link stack}; WasiRrError TRACE_WRITE_FAILED, TRACE_IS_BUSY
   */
  async snapshot(label: string, options?: RequestOptions): Promise<void> {
    const event = this.at;
    const memories = await this.link.request('images', { at: event }, options);
    const images = memories.map((memory, number) => ({ event, label, number, memory }));
    addSnapshots(this.trace.path, images);
  }

  /**
   * Lets the guest run on past the last event, for a run that was interrupted: what was it doing? It runs
   * in a thread of its own and is paused after each slice, wherever it is; the session's position stays.
   * It ends where the guest calls the host, since no answer was recorded.
   * @param sliceMs milliseconds; {@link pausePast} ends the slice before
   * @throws WasiRrError REPLAY_FAILED for a run that came to its end, SESSION_FAILED; the reason of
   *   `signal`, and the next call begins anew
   */
  async continuePast(sliceMs: number, options: RequestOptions = {}): Promise<PastStop> {
    const { outcome } = this.trace.meta;
    if (outcome?.kind === 'exit' || outcome?.kind === 'trap') {
      throw new WasiRrError(
        'REPLAY_FAILED',
        `the run was not interrupted, it ended by itself (${describeOutcome(outcome)}): there is nothing beyond its end.`,
      );
    }
    const past =
      this.past ??
      new PastRun(this.trace.path, (places) => this.link.request('frames', { places }));
    this.past = past;
    try {
      return await past.run(sliceMs, options);
    } catch (thrown) {
      await this.leavePast();
      throw thrown;
    }
  }

  /** Pauses the guest that runs on past the last event: {@link continuePast} resolves. */
  pausePast(): void {
    this.past?.pause();
  }

  /**
   * Bytes of the memory of the guest that runs on past the last event.
   * @throws WasiRrError OPTION_INVALID before {@link continuePast}, SESSION_FAILED
   */
  async readPast(address: number, length: number): Promise<MemoryRange> {
    if (this.past !== undefined) return this.past.read(address, length);
    throw new WasiRrError('OPTION_INVALID', 'no guest runs on past the last event.');
  }

  /** Ends the guest that runs on past the last event. */
  async leavePast(): Promise<void> {
    const { past } = this;
    this.past = undefined;
    await past?.close();
  }

  /** Where guests are parked, and how much memory they hold. */
  pool(options?: RequestOptions): Promise<PoolState> {
    return this.link.request('pool', {}, options);
  }

  /** Ends the session's thread and closes the trace. */
  async close(): Promise<void> {
    await this.leavePast();
    await this.keyframes.close();
    await this.link.close();
    this.trace.close();
  }

  /** Whether keyframes have the memory. At the end it is compared with the recorded one: that takes a replay. */
  private isKept(event: number): boolean {
    const { problem, keyframes, lastEvent } = this;
    if (problem !== undefined && event >= problem.event) return false;
    return event < lastEvent && event <= (keyframes.info?.upTo ?? -2);
  }

  /** @returns whether the trace holds any */
  private async loadKeyframes(): Promise<boolean> {
    try {
      if (this.trace.keyframesEntry() === undefined) return false;
      return (await this.keyframes.load()) !== undefined;
    } catch {
      // damaged: a replay gives the memory as well
      return false;
    }
  }

  private makeKeyframes(): void {
    const { keyframes } = this;
    if (this.triedKeyframes || keyframes.info !== undefined) return;
    this.triedKeyframes = true;
    if (this.lastEvent > BY_ITSELF.events) return;
    keyframes.make({ budget: BY_ITSELF.budget }).then(
      () => this.onChange(),
      // what the trace lacks is told by those who need a replay
      () => {},
    );
  }

  private async moveTo(
    condition: CallCondition,
    direction: Direction,
    options?: RequestOptions,
  ): Promise<Stop | undefined> {
    const event = await this.find(condition, direction, options);
    return event === undefined ? undefined : this.goto(event, options);
  }

  private learnProblem({ event, code, message, divergence }: ProblemMessage): void {
    if (this.problem !== undefined && this.problem.event <= event) return;
    this.problem = {
      event,
      code: code as ErrorCode,
      message,
      divergence: divergence && reportDivergence(this.trace, divergence, { otherModule: false }),
    };
    this.onChange();
  }
}
