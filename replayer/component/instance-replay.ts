/**
 * A replay of a component in which some of its core instances run rewritten modules. Shaped as the replay of
 * a core module (guest-replay.ts), so that whoever looks into a run needs no other: events are those of the
 * component, exports those of one instance.
 */
import type { HostChange } from '../../traces/events.ts';
import type { TraceReader } from '../../traces/reader.ts';
import type { CallObserver } from '../feed.ts';
import { GuestRanges } from '../guest-ranges.ts';
import type { Probes } from '../instrument/hooks.ts';
import type { ReplayEnd } from '../replay-messages.ts';
import { type CallEnding, made } from '../replay-step.ts';
import { rangesOf } from './call-check.ts';
import { ComponentReplay } from './component-replay.ts';
import type { ComponentStep } from './component-steps.ts';
import { type CoreFrame, type RunnableCore, recordedModules } from './core-modules.ts';
import type { Ending } from './endings.ts';
import type { Reached } from './overflow-end.ts';
import type { StackKeeper } from './stack-keeper.ts';

export interface InstanceReplayOptions {
  /** The instance that is looked into, and number of the memory whose changes are told. */
  readonly instance: number;
  readonly memory: number | undefined;
  /** By instance. */
  readonly rewritten: ReadonlyMap<number, RunnableCore>;
  /** As GuestReplay's; of effects those on that memory are told, before whichever event they belong to. */
  readonly observer?: CallObserver | undefined;
  readonly attach: (exports: WebAssembly.Exports, instance: number) => void;
  readonly passed?: ((event: number) => void) | undefined;
  readonly stacks?: StackKeeper | undefined;
  /** Whether guests go on past the end of a recording that was interrupted, until they make a call. */
  readonly beyond?: boolean | undefined;
}

const NO_BYTES = new Uint8Array(0);

export class InstanceReplay {
  private readonly replay: ComponentReplay;
  private readonly options: InstanceReplayOptions;

  /** @throws WasiRrError TRACE_CORRUPT */
  constructor(trace: TraceReader, options: InstanceReplayOptions) {
    this.options = options;
    const { observer, rewritten, attach, memory, stacks } = options;
    const recorded = recordedModules(trace);
    this.replay = new ComponentReplay(trace, {
      runnable: (instance) => rewritten.get(instance.id) ?? recorded(instance),
      onInstance: (id, exports) => {
        if (rewritten.has(id)) attach(exports, id);
      },
      onCall: (event, func, args) => observer?.before(event, func, args, NO_BYTES),
      onMatched: ({ number, hostReads }, read) => {
        if (memory === undefined || read !== this.replay.graph.memories[memory]) return;
        if (observer?.reads === undefined || hostReads.places.length === 0) return;
        observer.reads(number, rangesOf(hostReads, new Uint8Array(read?.buffer ?? NO_BYTES)));
      },
      onChange: (event, change) => this.changed(event, change),
      onEvent: (event) => observer?.after(event, NO_FUNCTION, [], NO_BYTES, undefined),
      stacks,
      beyond: options.beyond && !endedByItself(trace) ? {} : undefined,
    });
  }

  get events(): number {
    return this.replay.events;
  }

  get ending(): Ending | undefined {
    return this.replay.ending;
  }

  get exports(): WebAssembly.Exports | undefined {
    return this.replay.graph.instances[this.options.instance]?.exports;
  }

  /** Frames of all instances in V8's stack trace, innermost first. */
  frames(stack: string): CoreFrame[] {
    return this.replay.graph.frames(stack);
  }

  /** @throws as ComponentReplay.run */
  async run(): Promise<ReplayEnd> {
    const steps = this.steps();
    let step = steps.next();
    while (!step.done) {
      const { value } = step;
      if (value.kind === 'passed') this.options.passed?.(this.events - 1);
      else if (value.kind === 'wait') await value.until;
      step = steps.next(value.kind === 'call' ? made(value) : undefined);
    }
    return step.value;
  }

  /** @throws as {@link run} */
  steps(): Generator<ComponentStep, ReplayEnd, CallEnding | undefined> {
    return this.replay.steps();
  }

  giveUp(): void {
    this.replay.giveUp();
  }

  /** As GuestReplay's, for each instance whose module is rewritten. */
  endAtOverflow(probes: Probes, reached?: Reached): void {
    this.replay.overflow?.add(probes, { isKept: true, reached });
  }

  private changed(event: number, change: HostChange): void {
    const { observer, memory } = this.options;
    if (change.kind !== 'write' || change.memory !== memory) return;
    const { address, bytes } = change;
    const there = this.replay.graph.memories[memory];
    const ranges = new GuestRanges();
    ranges.addRange(address, bytes.length, new Uint8Array(there?.buffer ?? new ArrayBuffer(0)));
    observer?.writes?.(event, ranges, ranges.total);
  }
}

function endedByItself({ meta: { outcome } }: TraceReader): boolean {
  return outcome?.kind === 'exit' || outcome?.kind === 'trap';
}

const NO_FUNCTION = {
  id: -1,
  direction: 'import',
  module: '',
  name: '',
  params: [],
  results: [],
} as const;
