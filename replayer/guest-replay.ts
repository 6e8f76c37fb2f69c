/**
 * Runs a guest from its log: instantiates the module with a feed for imports, makes the recorded calls
 * of its exports, and compares how each ended. Imports nothing that could touch the world.
 */
import { invariant, messageOf, WasiRrError } from '../errors.ts';
import type { CoreValue, LoggedFunction } from '../traces/events.ts';
import type { FinalMemory } from '../traces/meta.ts';
import { describeOutcome, type Outcome, parseOutcomeText } from '../traces/outcome.ts';
import type { TraceReader } from '../traces/reader.ts';
import { RECORD } from '../traces/record-kinds.ts';
import type { RecordedCall } from '../wasi/call.ts';
import { withLateTierUpIfLarge } from '../wasm/late-tier-up.ts';
import { ALL_WASM, isStackOverflow, type Trap, trapDepth, trapFrom } from '../wasm/traps.ts';
import { throwUncatchable } from '../wasm/uncatchable.ts';
import { hashOfMemory } from '../wasm/xxh64.ts';
import type { Mismatch } from './divergence.ts';
import { type CallObserver, Feed, type FeedEnding } from './feed.ts';
import type { Probes } from './instrument/hooks.ts';
import { LogSource } from './log-source.ts';
import {
  framesHere,
  isOverflow,
  type OriginalPlace,
  originalFrames,
  overflowDepth,
  sameCalls,
} from './overflow.ts';
import type { ReplayEnd } from './replay-messages.ts';
import { type CallEnding, type CallStep, made } from './replay-step.ts';

/** What a replay asks of whoever drives it. */
export type ReplayStep =
  | CallStep
  /** Event `events - 1` happened, with no call of the guest's under way. */
  | { readonly kind: 'passed' };

type Steps<Result> = Generator<ReplayStep, Result, CallEnding | undefined>;

export interface GuestReplayOptions {
  readonly module: Uint8Array | WebAssembly.Module;
  readonly observer?: CallObserver;
  /** Makes what the guest imports of a function that answers it from the log. */
  readonly wrapImport?: (
    answer: (...args: CoreValue[]) => CoreValue | undefined,
    name: string,
  ) => unknown;
  /** Name of the module's start function, where it was made an export (wasm/start-function.ts). */
  readonly start?: string | undefined;
  /** Of a module that was changed (instrument/, more exports): where an offset in it was in the recorded one; `of`: name of the module that V8 tells it of. */
  readonly original?: OriginalPlace | undefined;
  /** Gets what the guest exports before any of its code has run. */
  readonly attach?: (exports: WebAssembly.Exports) => void;
  /** Called after each event that is no call: with none of the guest's under way, and -1 in the beginning. */
  readonly passed?: (event: number) => void;
  /** The replay stands still where the log ends, instead of ending the guest (see Feed). */
  readonly endsInPlace?: boolean;
  readonly describe?: (
    name: string,
    args: readonly CoreValue[],
    memory: Uint8Array,
  ) => RecordedCall;
}

/** Thrown inside {@link GuestReplay.steps} to leave it with a result. */
class Ended extends Error {
  readonly end: ReplayEnd;
  constructor(end: ReplayEnd) {
    super('replay ended');
    this.end = end;
  }
}

/** @throws WasiRrError REPLAY_FAILED for a component's trace: only component/component-replay.ts runs it */
export function refuseComponent({ meta }: TraceReader): void {
  if (meta.flavour !== 'component') return;
  throw new WasiRrError(
    'REPLAY_FAILED',
    'the run is that of a component, and those cannot be stopped and looked into so far. replay, verify, log, output and query work.',
  );
}

export class GuestReplay {
  private readonly trace: TraceReader;
  private readonly options: GuestReplayOptions;
  private readonly feed: Feed;
  private instance: WebAssembly.Instance | undefined;
  private memory: WebAssembly.Memory | undefined;
  private note: string | undefined;
  /** Event at which the guest was entered last; -1 before the first call of an export. */
  private entered = -1;
  /** How the last call of the guest that did not return ended. */
  private unwound: Outcome | undefined;
  /** How many frames the guest has now, where it was made to count them. */
  private depth: (() => number) | undefined;
  /** Whether the memory at the end must be that of the recorded run. */
  private comparable = true;

  /** @throws WasiRrError REPLAY_FAILED for a component's trace (component/component-replay.ts runs those) */
  constructor(trace: TraceReader, options: GuestReplayOptions) {
    refuseComponent(trace);
    this.trace = trace;
    this.options = options;
    this.feed = new Feed(new LogSource(trace), options.observer, options.describe);
    this.feed.endsInPlace = options.endsInPlace ?? false;
  }

  /** How many events have been replayed. */
  get events(): number {
    return this.feed.event;
  }

  /** Why the guest was ended from inside a call, or stands still in one. */
  get ending(): FeedEnding | undefined {
    return this.feed.ending;
  }

  /** What the guest exports, once it is instantiated. */
  get exports(): WebAssembly.Exports | undefined {
    return this.instance?.exports;
  }

  /** @throws WasiRrError SEGMENT_CORRUPT, REPLAY_FAILED (the module does not compile or link here) */
  run(): ReplayEnd {
    const steps = this.steps();
    let step = steps.next();
    while (!step.done) {
      if (step.value.kind === 'call') step = steps.next(made(step.value));
      else {
        this.options.passed?.(this.events - 1);
        step = steps.next();
      }
    }
    return step.value;
  }

  /**
   * The replay as a series of steps, for who makes the guest's calls in a way of his own.
   * @throws as {@link run}
   */
  *steps(): Steps<ReplayEnd> {
    try {
      this.instance = this.instantiate();
      yield { kind: 'passed' };
      if (this.instance !== undefined && (yield* this.startsUp(this.instance))) {
        yield* this.makeCalls(this.instance);
      }
      return this.finish();
    } catch (thrown) {
      if (!(thrown instanceof Ended)) throw thrown;
      return thrown.end.kind === 'diverged' && !this.comparable ? this.lostTrack() : thrown.end;
    }
  }

  private instantiate(): WebAssembly.Instance | undefined {
    const { module: given, wrapImport = (answer) => answer } = this.options;
    let module: WebAssembly.Module;
    const imports: Record<string, Record<string, unknown>> = Object.create(null);
    try {
      module =
        given instanceof WebAssembly.Module
          ? given
          : withLateTierUpIfLarge(given.length, () => new WebAssembly.Module(given));
    } catch (cause) {
      throw this.cannotRun(cause);
    }
    const known = new Map(
      [...this.trace.functions.values()]
        .filter((func) => func.direction === 'import')
        .map((func) => [`${func.module}\0${func.name}`, func]),
    );
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const func = known.get(`${from}\0${name}`);
      imports[from] ??= Object.create(null) as Record<string, unknown>;
      imports[from][name] = wrapImport(
        func ? this.feed.stub(func) : this.unknownImport(from, name),
        name,
      );
    }
    try {
      const instance = new WebAssembly.Instance(module, imports);
      // who is attached may ask for what it exports, as its memory
      this.instance = instance;
      this.options.attach?.(instance.exports);
      return instance;
    } catch (thrown) {
      if (thrown instanceof WebAssembly.LinkError) throw this.cannotRun(thrown);
      this.thrownBy(thrown);
      return undefined;
    }
  }

  /** Another build of the program may import more than the recorded one. */
  private unknownImport(module: string, name: string): () => never {
    const func: LoggedFunction = {
      id: -1,
      direction: 'import',
      module,
      name,
      params: [],
      results: [],
    };
    return () => this.feed.stub(func)() as never;
  }

  /**
   * What remains of instantiation. A start function that V8 runs has no memory yet as far as its imports
   * are concerned; one that was made an export must not have it either.
   * @returns whether it returned
   */
  private *startsUp(instance: WebAssembly.Instance): Steps<boolean> {
    const { start } = this.options;
    if (start !== undefined) {
      const target = instance.exports[start] as CallStep['target'];
      const ending = yield { kind: 'call', target, args: [] };
      invariant(ending, 'a call whose end was not told');
      if ('thrown' in ending) {
        this.thrownBy(ending.thrown);
        yield { kind: 'passed' };
        return false;
      }
    }
    if (instance.exports.memory instanceof WebAssembly.Memory) {
      this.memory = instance.exports.memory;
      this.feed.bind(this.memory);
    }
    return true;
  }

  private *makeCalls(instance: WebAssembly.Instance): Steps<undefined> {
    const { feed } = this;
    while (feed.peek() === RECORD.enter) {
      const entered = feed.event;
      const { func, args, pages } = feed.takeEnter();
      this.entered = entered;
      this.checkPages(entered, pages);
      yield { kind: 'passed' };
      if (feed.peek() === undefined && !feed.endsInPlace) this.stopAtLogEnd();
      const target = instance.exports[func.name];
      if (typeof target !== 'function') {
        this.diverged({ what: 'ending', actual: `the module exports no function ${func.name}` });
      }
      const ending = yield { kind: 'call', target: target as CallStep['target'], args };
      invariant(ending, 'a call whose end was not told');
      if ('thrown' in ending) this.thrownBy(ending.thrown);
      else {
        const { returned } = ending;
        this.returned(func, (Array.isArray(returned) ? returned : [returned]) as CoreValue[]);
      }
      yield { kind: 'passed' };
    }
    if (feed.peek() !== undefined) {
      this.diverged({ what: 'ending', actual: 'nothing calls the guest any more' });
    }
  }

  private returned(func: LoggedFunction, actual: readonly CoreValue[]): void {
    if (this.feed.peek() !== RECORD.leave) {
      this.diverged({ what: 'ending', actual: `${func.name} returned` });
    }
    const event = this.feed.event;
    const { results, opened, pages } = this.feed.takeLeave();
    this.checkOpened(opened);
    const equal = results.every((value, i) => value === actual[i] || Object.is(value, actual[i]));
    if (!equal) {
      this.diverged(
        { what: 'results', recorded: results, actual: actual.slice(0, results.length) },
        event,
      );
    }
    this.checkPages(event, pages);
  }

  private checkOpened(opened: number): void {
    if (opened !== this.entered) this.feed.corrupt('an end that belongs to another beginning');
  }

  private checkPages(event: number, recorded: number): void {
    const actual = this.feed.pages();
    if (recorded !== actual) this.diverged({ what: 'memory-size', recorded, actual }, event);
  }

  private thrownBy(thrown: unknown): void {
    const { feed } = this;
    const { ending } = feed;
    if (ending?.kind === 'diverged') throw new Ended(ending);
    if (ending?.kind === 'log-ended') this.stopAtLogEnd();
    // no stack left in the feed is no stack left in the guest
    if (ending?.kind === 'failed' && !isStackOverflow(ending.error)) throw ending.error;
    feed.ending = undefined;
    const recorded = feed.peek() === RECORD.unwind ? this.nextOutcome() : undefined;
    if (ending?.kind === 'unwound') this.checkUnwound(recorded, ending.call);
    else if (ending?.kind !== 'overflowed')
      this.checkTrap(recorded, this.trapFrom(ending?.kind === 'failed' ? ending.error : thrown));
    const exact = ending?.kind === 'overflowed' || this.overflowedInCall(recorded, thrown);
    if (isOverflow(recorded) && !exact) this.overflowed();
    this.unwound = recorded;
    const event = feed.event;
    const { opened, pages } = feed.takeUnwind();
    this.checkOpened(opened);
    if (!isOverflow(recorded) || exact) this.checkPages(event, pages);
  }

  /** With the frames' places in the module as it was recorded. */
  private trapFrom(thrown: unknown): Trap {
    const { original } = this.options;
    return trapFrom(
      thrown,
      original && { ...ALL_WASM, frames: (stack) => originalFrames(stack, original) },
    );
  }

  /** The guest was ended in a call that did not return then: that must be why it ended. */
  private checkUnwound(
    recorded: Outcome | undefined,
    call: Extract<FeedEnding, { kind: 'unwound' }>['call'],
  ): void {
    if (recorded === undefined) this.feed.corrupt('a call that did not return goes on');
    // before its stack overflowed; how far it gets until then is not the same each time
    if (call === undefined || recorded.kind === 'failed') return;
    const code = call.func.name === 'proc_exit' ? Number(call.args[0]) >>> 0 : undefined;
    if (recorded.kind === 'exit' && recorded.code === code) return;
    this.diverged({
      what: 'ending',
      actual: code === undefined ? `${call.func.name} does not return` : `exit ${code}`,
    });
  }

  private checkTrap(recorded: Outcome | undefined, trap: Trap): void {
    if (recorded?.kind !== 'trap') {
      this.diverged({ what: 'ending', actual: `trap: ${trap.message}` });
    } else if (!isOverflow(recorded) && !sameTrap(recorded.trap, trap)) {
      this.diverged({ what: 'ending', actual: describeTrap(trap) });
    }
  }

  /**
   * Ends the guest where the recorded run's stack overflowed. Its module must have been rewritten for it
   * (overflow.ts); before any of its code runs.
   * @param reached is told when the guest is there, from inside of it
   */
  endAtOverflow(probes: Probes, reached?: (pc: number, depth: number) => void): void {
    const depth = overflowDepth(this.trace);
    if (depth === undefined) return;
    this.depth = () => Number(probes.global('depth').value);
    probes.global('deepest').value = depth;
    probes.set('deep', (pc, now) => {
      const recorded = this.feed.peek() === RECORD.unwind ? this.nextOutcome() : undefined;
      const { original = (offset) => offset } = this.options;
      if (!isOverflow(recorded) || trapDepth(recorded.trap) !== now) return;
      if (!sameCalls(recorded.trap, framesHere(original)) || !this.isFinalMemory()) return;
      reached?.(pc, now);
      this.feed.ending = { kind: 'overflowed' };
      throwUncatchable();
    });
  }

  /**
   * Whether the memory is that of the recorded run's end: where a function is called again and again at the
   * depth of the overflow, not each of these calls is the one.
   */
  private isFinalMemory(): boolean {
    const { complete, eventCount, meta } = this.trace;
    if (!complete || this.feed.event !== eventCount - 1) return true;
    return meta.finalMemory?.xxh64 === memoryNow(this.memory)?.xxh64;
  }

  /** Whether the stack overflowed in the host then, and this is the call that it was to answer. */
  private overflowedInCall(recorded: Outcome | undefined, thrown: unknown): boolean {
    if (!isOverflow(recorded) || this.depth === undefined || !(thrown instanceof Error))
      return false;
    if (trapDepth(recorded.trap) !== this.depth()) return false;
    const { frames } = this.trapFrom(thrown);
    return sameCalls(recorded.trap, frames, 0) && this.isFinalMemory();
  }

  // What the guest did between its last call and the overflow can be more or less than was recorded.
  private overflowed(): void {
    this.comparable = false;
    this.note =
      'the run ended in a stack overflow at a depth that was not come to again: the memory at the end is not compared';
  }

  private nextOutcome(): Outcome | undefined {
    for (const event of this.trace.events(this.feed.event, this.feed.event + 1)) {
      return event.kind === 'unwind' ? parseOutcomeText(event.reason) : undefined;
    }
    return undefined;
  }

  private finish(): ReplayEnd {
    const { memory, feed } = this;
    if (feed.peek() !== undefined) {
      this.diverged({ what: 'ending', actual: 'instantiation ended' });
    }
    const finalMemory = memoryNow(memory);
    this.checkEnd(finalMemory);
    return { kind: 'replayed', toItsEnd: true, finalMemory, note: this.note };
  }

  /** The log has been replayed; what the trace says of the end must be what the guest came to. */
  private checkEnd(memory: FinalMemory | null): void {
    const { complete, meta } = this.trace;
    const { outcome, finalMemory } = meta;
    if (!complete || (outcome?.kind !== 'exit' && outcome?.kind !== 'trap')) return;
    const actual = this.unwound ?? { kind: 'exit', code: 0 };
    if (!sameOutcome(outcome, actual)) {
      this.diverged({ what: 'ending', actual: describeOutcome(actual) });
    }
    if (this.comparable && finalMemory?.xxh64 !== memory?.xxh64) {
      this.diverged({
        what: 'final-memory',
        recorded: describeMemory(finalMemory),
        actual: describeMemory(memory),
      });
    }
  }

  /** The recording was interrupted: all of it has been replayed, the guest would go on. */
  private stopAtLogEnd(): never {
    const { memory, note } = this;
    throw new Ended({ kind: 'replayed', toItsEnd: false, finalMemory: memoryNow(memory), note });
  }

  // A reactor's later calls see what an overflow left behind, which may not be what it left then.
  private lostTrack(): ReplayEnd {
    return {
      kind: 'replayed',
      toItsEnd: false,
      finalMemory: memoryNow(this.memory),
      note: "a stack overflow, whose depth is the engine's, left another state than was recorded: what came after it cannot be replayed",
    };
  }

  private diverged(mismatch: Mismatch, event = this.feed.event): never {
    throw new Ended({
      kind: 'diverged',
      divergence: { event, mismatch, stack: new Error('divergence').stack ?? '' },
    });
  }

  private cannotRun(cause: unknown): WasiRrError {
    return new WasiRrError(
      'REPLAY_FAILED',
      `the module does not run here: ${messageOf(cause)}. It was recorded with Node ${this.trace.meta.runtime.node} ` +
        `(V8 ${this.trace.meta.runtime.v8}); this is Node ${process.version}.`,
      { cause },
    );
  }
}

function memoryNow(memory: WebAssembly.Memory | undefined): FinalMemory | null {
  return memory ? { pages: memory.buffer.byteLength / 65536, xxh64: hashOfMemory(memory) } : null;
}

function describeMemory(memory: FinalMemory | null | undefined): string {
  return memory ? `${memory.xxh64} (${memory.pages} pages)` : 'no memory';
}

function sameOutcome(recorded: Outcome, actual: Outcome): boolean {
  if (recorded.kind === 'exit') return actual.kind === 'exit' && recorded.code === actual.code;
  return recorded.kind === 'trap' && actual.kind === 'trap' && sameTrap(recorded.trap, actual.trap);
}

function sameTrap(recorded: Trap, actual: Trap): boolean {
  const place = (trap: Trap) => trap.frames.map((frame) => `${frame.func}:${frame.offset}`).join();
  if (recorded.kind !== actual.kind || place(recorded) !== place(actual)) return false;
  return recorded.kind !== 'other' || recorded.message === actual.message;
}

function describeTrap(trap: Trap): string {
  const [frame] = trap.frames;
  const place = frame ? ` in function ${frame.func} at 0x${frame.offset.toString(16)}` : '';
  return `${describeOutcome({ kind: 'trap', trap })}${place}`;
}
