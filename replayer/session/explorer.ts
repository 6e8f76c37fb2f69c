/** Answers a session's questions about the guest's state at any event. One method a request. */
import { invariant } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { liveReads } from '../../wasi/live-call.ts';
import { wasmFrames } from '../../wasm/traps.ts';
import { hashOfMemory } from '../../wasm/xxh64.ts';
import { FrameNames } from '../source/frame-names.ts';
import type { RunnableModule, ShouldPause } from './guest.ts';
import { searchMemory } from './memory-search.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { RequestName, Requests, SessionLimits } from './messages.ts';
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
  private readonly names: FrameNames;
  private readonly runnable: RunnableModule;
  /** How much further back code stands in the module that runs. */
  private readonly shift: number;
  /** Snapshots of the trace that were loaded, by event; undefined where one is damaged. */
  private readonly snapshots = new Map<number, Uint8Array | undefined>();

  constructor(
    trace: TraceReader,
    runnable: RunnableModule,
    module: Uint8Array,
    limits: SessionLimits,
    events: SeekerEvents,
  ) {
    this.trace = trace;
    this.names = new FrameNames(module);
    this.shift = runnable.shift;
    this.runnable = runnable;
    this.seeker = new Seeker(trace, runnable, limits, events);
  }

  async reach({ at }: Requests['reach']['params'], pause: ShouldPause) {
    const last = at === this.trace.eventCount - 1;
    // a guest that comes to the end is compared with the recorded one
    if (last) await this.seeker.guestAt(at, pause);
    // a snapshot shows the memory; who asks for more waits for the replay
    else if (this.seeker.has(at) || this.storedAt(at) === undefined) {
      await this.seeker.look(at, pause);
    }
    return { position: at, verified: last ? this.seeker.verified : undefined };
  }

  async memory(params: Requests['memory']['params'], pause: ShouldPause) {
    const { at, address, length } = params;
    const memory = await this.memoryAt(at, pause);
    return { address, bytes: memory.slice(address, address + length), size: memory.length };
  }

  async stored({ at }: Requests['stored']['params']) {
    return this.storedAt(at);
  }

  async checkStored({ at }: Requests['checkStored']['params'], pause: ShouldPause) {
    const { memory = NO_BYTES } = await this.seeker.look(at, pause);
    const stored = this.storedAt(at);
    return stored && { difference: firstDifference(stored, memory) };
  }

  async search({ at, query }: Requests['search']['params'], pause: ShouldPause) {
    return searchMemory(await this.memoryAt(at, pause), query);
  }

  async diff(params: Requests['diff']['params'], pause: ShouldPause) {
    return this.seeker.diff(params.from, params.to, params, pause);
  }

  async globals({ at }: Requests['globals']['params'], pause: ShouldPause) {
    const { globals: values } = await this.seeker.look(at, pause);
    const { globals, hiddenGlobals } = this.runnable;
    return {
      globals: globals.flatMap(({ index, name, exported }, position) => {
        const value = values[position];
        return value === undefined ? [] : [{ index, name, exported, value }];
      }),
      hidden: hiddenGlobals,
    };
  }

  async stack({ at }: Requests['stack']['params'], pause: ShouldPause) {
    const { stack } = await this.seeker.look(at, pause);
    if (stack === undefined) return [];
    return wasmFrames(stack).map(({ func, offset, name }) =>
      this.names.frame(offset - this.shift, func, name),
    );
  }

  async frames({ offsets }: Requests['frames']['params']) {
    return offsets.map((offset) => this.names.frame(offset));
  }

  async hash({ at }: Requests['hash']['params'], pause: ShouldPause) {
    const { memory } = await this.seeker.guestAt(at, pause);
    return memory && hashOfMemory(memory);
  }

  async image({ at }: Requests['image']['params'], pause: ShouldPause) {
    return (await this.memoryAt(at, pause)).slice();
  }

  async reads(params: Requests['reads']['params'], pause: ShouldPause) {
    const { at, name, args, limit } = params;
    return liveReads(name, args, await this.memoryAt(at, pause), limit);
  }

  async history(params: Requests['history']['params'], pause: ShouldPause) {
    const { address, length, from, to, limit } = params;
    let watch: MemoryWatch | undefined;
    await this.seeker.watch(from, to, pause, (memory) => {
      watch = new MemoryWatch({ address, length }, memory, limit);
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

  /** A view that is valid until the next request. */
  private async memoryAt(at: number, pause: ShouldPause): Promise<Uint8Array> {
    if (!this.seeker.has(at)) {
      const stored = this.storedAt(at);
      if (stored !== undefined) return stored;
    }
    return (await this.seeker.look(at, pause)).memory ?? NO_BYTES;
  }

  /** Memory that the trace itself holds for an event. */
  private storedAt(at: number): Uint8Array | undefined {
    if (this.snapshots.has(at)) return this.snapshots.get(at);
    const entry = this.trace.snapshots().find(({ event }) => event === at);
    if (entry === undefined) return undefined;
    let memory: Uint8Array | undefined;
    try {
      memory = this.trace.snapshot(entry.id);
    } catch {
      // damaged: the replay gives it as well
    }
    // one at a time: they are large
    this.snapshots.clear();
    this.snapshots.set(at, memory);
    return memory;
  }
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
