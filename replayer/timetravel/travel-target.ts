/**
 * What is looked into: the module of a run, or that of one core instance of a component. Knows how the run is
 * replayed with that module rewritten.
 */
import { WasiRrError } from '../../errors.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import { exportMemories } from '../../wasm/exported-memories.ts';
import { withLateTierUp } from '../../wasm/late-tier-up.ts';
import { type CoreLayout, coreLayout, memoryExports } from '../component/core-layout.ts';
import { type CoreFrame, compiled, tagged } from '../component/core-modules.ts';
import { InstanceReplay } from '../component/instance-replay.ts';
import type { StackKeeper } from '../component/stack-keeper.ts';
import type { CallObserver } from '../feed.ts';
import { GuestReplay } from '../guest-replay.ts';

/** A rewritten module, ready to run. */
export interface Rewritten {
  readonly module: WebAssembly.Module;
  readonly start: string | undefined;
  /** @param func in which V8 says that the offset lies */
  readonly original: (offset: number, of?: string) => number;
  /** Under which name it exports its memory 0. */
  readonly memoryName: string | undefined;
}

export interface TargetReplayOptions {
  readonly observer?: CallObserver | undefined;
  /** Gets what an instance with a rewritten module exports, before any of its code has run. */
  readonly attach: (exports: WebAssembly.Exports, instance: number) => void;
  readonly passed?: ((event: number) => void) | undefined;
  /** Of a component. */
  readonly stacks?: StackKeeper | undefined;
  /** As GuestReplay's; of a component, whether guests go on past the end of an interrupted recording. */
  readonly endsInPlace?: boolean;
  /** Of a module alone: as GuestReplay's. */
  readonly wrapImport?: ConstructorParameters<typeof GuestReplay>[1]['wrapImport'];
}

export type TargetReplay = GuestReplay | InstanceReplay;

export class TravelTarget {
  readonly trace: TraceReader;
  /** Of a component: which instance. */
  readonly instance: number | undefined;
  /** As it was recorded. */
  readonly module: Uint8Array;
  private readonly layout: CoreLayout | undefined;
  /** Told, while a module is rewritten, which share of it is; what it throws ends that. */
  onPreparing: (share: number) => void = () => {};

  /**
   * @param instance of a component; the one that holds the program unless given
   * @throws WasiRrError OPTION_INVALID, TRACE_CORRUPT
   */
  constructor(trace: TraceReader, instance?: number) {
    this.trace = trace;
    if (trace.meta.flavour !== 'component') {
      if (instance) throw noInstance(instance, 1);
      this.module = trace.module();
      return;
    }
    this.layout = coreLayout(trace);
    this.instance = instance ?? this.layout.main;
    this.module = this.moduleOf(this.instance);
  }

  /** Id of its module in the trace. */
  get moduleId(): number | undefined {
    return this.instance === undefined ? undefined : this.layout?.instances[this.instance]?.module;
  }

  /** Of an instance of a component: what its frames are shown with. */
  described(instance = this.instance): { readonly id: number; readonly name: string } | undefined {
    const info = instance === undefined ? undefined : this.layout?.instances[instance];
    return info && { id: info.id, name: info.name };
  }

  /** Index of the memory that is looked into: of a module alone, what it exports as `memory`. */
  get watchedMemory(): number {
    if (this.instance !== undefined) return 0;
    const { exports } = readDeclarations(this.module);
    const own = exports.find(({ name, kind }) => kind === 'memory' && name === 'memory');
    return own?.index ?? 0;
  }

  /** The instances that can write to its memory 0, itself included. */
  get sharers(): readonly number[] {
    const { layout, instance } = this;
    const memory = instance === undefined ? undefined : layout?.instances[instance]?.memories[0];
    if (layout === undefined || memory === undefined) return [0];
    return layout.instances.filter(({ memories }) => memories[0] === memory).map(({ id }) => id);
  }

  /** Of a component. @throws WasiRrError OPTION_INVALID, TRACE_CORRUPT */
  moduleOf(instance: number): Uint8Array {
    const info = this.layout?.instances[instance];
    if (info === undefined) throw noInstance(instance, this.layout?.instances.length ?? 1);
    return this.trace.module(info.module);
  }

  /**
   * @param made of the module; @param instance whose it is
   * @throws WasiRrError REPLAY_FAILED
   */
  prepare(
    made: {
      readonly bytes: Uint8Array;
      readonly start: string | undefined;
      readonly original: (offset: number) => number;
    },
    instance = this.instance,
  ): Rewritten {
    const { start, original } = made;
    if (instance === undefined) {
      return {
        module: withLateTierUp(this.module.length, () => new WebAssembly.Module(made.bytes)),
        start,
        original,
        memoryName: 'memory',
      };
    }
    const seen = exportMemories(made.bytes);
    const named = tagged(seen.bytes, instance);
    const shift = seen.shift + named.shift;
    return {
      module: withLateTierUp(this.module.length, () => compiled(this.trace, named.bytes)),
      start,
      original: (offset) => original(offset - shift),
      // without one of its own the first is what the rewriting added
      memoryName: this.layout?.instances[instance]?.memories.length ? seen.names[0] : undefined,
    };
  }

  /** @param rewritten by instance; of a module alone, its one */
  replay(
    rewritten: ReadonlyMap<number | undefined, Rewritten>,
    options: TargetReplayOptions,
  ): TargetReplay {
    const { trace, instance, layout } = this;
    const { observer, passed, stacks, endsInPlace, wrapImport, attach } = options;
    if (instance === undefined) {
      const { module, start, original } = rewritten.get(undefined) as Rewritten;
      return new GuestReplay(trace, {
        ...{ module, start, original },
        attach: (exports) => attach(exports, 0),
        ...(observer && { observer }),
        ...(passed && { passed }),
        ...(endsInPlace && { endsInPlace }),
        ...(wrapImport && { wrapImport }),
      });
    }
    const memory = layout?.instances[instance]?.memories[0];
    const cores = [...rewritten].map(([id = 0, core]) => {
      const { exports } = readDeclarations(this.moduleOf(id));
      const memories = memoryExports({ exports }).map(({ name }) => name);
      return [id, { ...core, memories }] as const;
    });
    return new InstanceReplay(trace, {
      ...{ instance, memory, observer, passed, stacks, attach, beyond: endsInPlace },
      rewritten: new Map(cores),
    });
  }

  /** The memory 0 that something exports, live; empty for none. */
  memory(exports: WebAssembly.Exports | undefined, { memoryName = '' }: Rewritten): Uint8Array {
    const memory = exports?.[memoryName];
    return memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : new Uint8Array(0);
  }
}

/** Frames of all instances of a component now, from inside of a hook; undefined for a module alone. */
export function framesOfAll(replay: TargetReplay): CoreFrame[] | undefined {
  if (!(replay instanceof InstanceReplay)) return undefined;
  return replay.frames(new Error('stack').stack ?? '');
}

function noInstance(instance: number, count: number): WasiRrError {
  return new WasiRrError(
    'OPTION_INVALID',
    count === 1
      ? 'the run is that of a core module: it has no instances to choose from.'
      : `there is no core instance ${instance}; those of the run are 0 to ${count - 1} (wasi-rr info lists them).`,
  );
}
