/** Answers a session's questions about the guest's state at any event. One method a request. */
import { invariant, WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { liveReads } from '../../wasi/live-call.ts';
import { hashOfMemory } from '../../wasm/xxh64.ts';
import type { ShouldPause } from './guest.ts';
import { searchMemory } from './memory-search.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { OfMemory, RequestName, Requests, SessionLimits } from './messages.ts';
import { SessionProgram } from './program.ts';
import type { Compile } from './runnable.ts';
import { Seeker, type SeekerEvents } from './seeker.ts';

type Handlers = {
  readonly [K in RequestName]: (
    params: Requests[K]['params'],
    shouldPause: ShouldPause,
  ) => Promise<Requests[K]['answer']>;
};

const NO_BYTES = new Uint8Array(0);

export class Explorer implements Handlers {
  private readonly trace: TraceReader;
  private readonly seeker: Seeker;
  private readonly program: SessionProgram;
  /** Snapshots of the trace that were loaded, by event and memory; undefined where one is damaged. */
  private readonly snapshots = new Map<string, Uint8Array | undefined>();

  /** @throws as SessionProgram */
  constructor(trace: TraceReader, compile: Compile, limits: SessionLimits, events: SeekerEvents) {
    this.trace = trace;
    this.program = new SessionProgram(trace, compile);
    this.seeker = new Seeker(trace, () => this.program.start(), limits, events);
  }

  async reach({ at }: Requests['reach']['params'], pause: ShouldPause) {
    const last = at === this.trace.eventCount - 1;
    // a guest that comes to the end is compared with the recorded one
    if (last) await this.seeker.guestAt(at, pause);
    // a snapshot shows the memory; who asks for more waits for the replay
    else if (this.seeker.has(at) || this.storedAt(at, this.program.mainMemory) === undefined) {
      await this.seeker.look(at, pause);
    }
    return { position: at, verified: last ? this.seeker.verified : undefined };
  }

  async layout() {
    return this.program.layout;
  }

  async memory(params: Requests['memory']['params'], pause: ShouldPause) {
    const { at, address, length } = params;
    const memory = await this.memoryAt(at, params, pause);
    return { address, bytes: memory.slice(address, address + length), size: memory.length };
  }

  async stored({ at, memory }: Requests['stored']['params']) {
    return this.storedAt(at, this.number(memory));
  }

  async checkStored({ at, memory }: Requests['checkStored']['params'], pause: ShouldPause) {
    const number = this.number(memory);
    const now = (await this.seeker.look(at, pause)).memories[number] ?? NO_BYTES;
    const stored = this.storedAt(at, number);
    return stored && { difference: firstDifference(stored, now) };
  }

  async search(params: Requests['search']['params'], pause: ShouldPause) {
    return searchMemory(await this.memoryAt(params.at, params, pause), params.query);
  }

  async diff(params: Requests['diff']['params'], pause: ShouldPause) {
    const { from, to } = params;
    const place = { from, to, memory: this.number(params.memory) };
    return this.seeker.diff(place, params, pause);
  }

  async globals({ at, instance }: Requests['globals']['params'], pause: ShouldPause) {
    const { layout } = this.program;
    const wanted = instance ?? layout.main;
    if (layout.instances[wanted] === undefined)
      throw notThere('instance', wanted, layout.instances);
    const { globals } = await this.seeker.look(at, pause);
    return this.program.globals(wanted, globals[wanted] ?? []);
  }

  async stack({ at }: Requests['stack']['params'], pause: ShouldPause) {
    const { stack } = await this.seeker.look(at, pause);
    return stack === undefined ? [] : this.program.frames(stack);
  }

  async frames({ places }: Requests['frames']['params']) {
    return places.map(({ offset, instance }) => this.program.frameAt(offset, instance));
  }

  async hash({ at, memory }: Requests['hash']['params'], pause: ShouldPause) {
    const number = this.number(memory);
    const found = (await this.seeker.guestAt(at, pause)).memories[number];
    return found && hashOfMemory(found);
  }

  async images({ at }: Requests['images']['params'], pause: ShouldPause) {
    return (await this.seeker.look(at, pause)).memories.map((memory) => memory.slice());
  }

  async reads(params: Requests['reads']['params'], pause: ShouldPause) {
    const { at, name, args, limit } = params;
    return liveReads(name, args, await this.memoryAt(at, {}, pause), limit);
  }

  async history(params: Requests['history']['params'], pause: ShouldPause) {
    const { address, length, from, to, limit } = params;
    const memory = this.number(params.memory);
    let watch: MemoryWatch | undefined;
    await this.seeker.watch(from, to, pause, (memories) => {
      watch = new MemoryWatch({ memory, address, length }, memories, limit);
      return watch;
    });
    invariant(watch, 'a run that was not watched');
    return watch.history();
  }

  async pool() {
    return this.seeker.state();
  }

  /** Does one piece of work ahead of time. @returns whether there was any */
  readAhead(shouldPause: ShouldPause): Promise<boolean> {
    return this.seeker.readAhead(shouldPause);
  }

  /** Number of the memory that is meant. @throws WasiRrError OPTION_INVALID */
  private number(memory: number | undefined): number {
    const { layout, mainMemory } = this.program;
    if (memory === undefined) return mainMemory;
    if (layout.memories[memory] === undefined) throw notThere('memory', memory, layout.memories);
    return memory;
  }

  /** A view that is valid until the next request. */
  private async memoryAt(at: number, { memory }: OfMemory, pause: ShouldPause) {
    const number = this.number(memory);
    if (!this.seeker.has(at)) {
      const stored = this.storedAt(at, number);
      if (stored !== undefined) return stored;
    }
    return (await this.seeker.look(at, pause)).memories[number] ?? NO_BYTES;
  }

  /** A memory that the trace itself holds for an event. */
  private storedAt(at: number, memory: number): Uint8Array | undefined {
    const key = `${at} ${memory}`;
    if (this.snapshots.has(key)) return this.snapshots.get(key);
    const entry = this.trace.snapshots().find((one) => one.event === at && one.memory === memory);
    if (entry === undefined) return undefined;
    let bytes: Uint8Array | undefined;
    try {
      bytes = this.trace.snapshot(entry.id);
    } catch {
      // damaged: the replay gives it as well
    }
    // one at a time: they are large
    this.snapshots.clear();
    this.snapshots.set(key, bytes);
    return bytes;
  }
}

/** A memory or instance that the run has not. */
function notThere(
  what: 'memory' | 'instance',
  number: number,
  all: readonly unknown[],
): WasiRrError {
  const there = all.length === 1 ? '0' : `0 to ${all.length - 1}`;
  const which = all.length === 0 ? 'It has none.' : `Those of this run are ${there}.`;
  return new WasiRrError('OPTION_INVALID', `there is no ${what} ${number}. ${which}`);
}

/** Index of the first byte that differs, or at which one of them ends. */
function firstDifference(left: Uint8Array, right: Uint8Array): number | undefined {
  const common = Math.min(left.length, right.length);
  if (Buffer.compare(left.subarray(0, common), right.subarray(0, common)) === 0) {
    return left.length === right.length ? undefined : common;
  }
  let at = 0;
  while (left[at] === right[at]) at++;
  return at;
}
