/**
 * The core modules of a component as they are run: under names that tell in V8's stack traces whose frame
 * one is.
 */
import { messageOf, WasiRrError } from '../../errors.ts';
import type { CoreInstance } from '../../traces/instances.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { withModuleName } from '../../wasm/module-name.ts';
import { namedFrames, type WasmFrame } from '../../wasm/traps.ts';
import { type InstrumentedModule, instrument } from '../instrument/rewrite.ts';
import { withOverflow } from '../overflow.ts';

/** A core module that was made ready to run. */
export interface RunnableCore {
  readonly module: WebAssembly.Module;
  /** Name of the export that is its start function, where it was made one. */
  readonly start: string | undefined;
  /** Where an offset in it was in the recorded module. */
  readonly original: (offset: number) => number;
  /** Under which names it exports memories, where others were added to the recorded module's. */
  readonly memories?: readonly string[];
  /** What the added exports begin with of code that counts its frames for {@link OverflowEnd}. */
  readonly counts?: string | undefined;
}

/** Gives the module of an instance. @throws WasiRrError REPLAY_FAILED, TRACE_CORRUPT */
export type RunnableOf = (instance: CoreInstance) => RunnableCore;

/** A frame of one of the core instances; the place is that in the recorded module. */
export interface CoreFrame extends WasmFrame {
  readonly instance: number;
  readonly module: number;
}

/** A name that says of which instance a frame is, and one that says of which it may be. */
const OWN = 'wasi-rr-instance-';
const SHARED = 'wasi-rr-shared-';
const OWNED = new RegExp(`^${OWN}(\\d+)$`);

/**
 * Instances of one module that run at the same time are few, but a server makes them anew after each trap: so
 * many are compiled, and used in turn.
 */
const VARIANTS = 4;

/** By instance: the first of those with which it shares a compiled module. */
export function sharedModules(instances: readonly CoreInstance[]): readonly number[] {
  const byModule = new Map<number, number[]>();
  return instances.map(({ id, module }) => {
    const same = byModule.get(module) ?? [];
    byModule.set(module, same);
    same.push(id);
    return same[(same.length - 1) % VARIANTS] as number;
  });
}

/** A module's bytes for one instance alone. */
export function tagged(bytes: Uint8Array, instance: number) {
  return withModuleName(bytes, `${OWN}${instance}`);
}

/** A module's bytes for all instances that share it. @param first of them */
export function taggedForAll(bytes: Uint8Array, first: number) {
  return withModuleName(bytes, `${SHARED}${first}`);
}

/**
 * A stack trace that names instances where it named shared modules: of those that share one, the latest runs.
 * @param made how many instances there are when the stack is looked at
 */
export function withInstances(stack: string, shared: readonly number[], made: number): string {
  return stack.replaceAll(new RegExp(`${SHARED}(\\d+)`, 'g'), (_, first: string) => {
    return OWN + shared.lastIndexOf(Number(first), made - 1);
  });
}

/** What a module is called in V8's stack traces stands for an instance, and code lies so many bytes behind. */
export type ModuleNames = Readonly<
  Record<string, { readonly instance: number; readonly shift: number }>
>;

/** By the names of shared modules. @param made how many instances there are; of some that share one, the latest */
export function moduleNames(trace: TraceReader, made: number, runnable: RunnableOf): ModuleNames {
  const instances = trace.instances().slice(0, made);
  const shared = sharedModules(instances);
  return Object.fromEntries(
    instances.map((instance) => [
      `${SHARED}${shared[instance.id]}`,
      { instance: instance.id, shift: -runnable(instance).original(0) },
    ]),
  );
}

/**
 * The modules as they were recorded, but for their names, and for what counts frames where stacks overflowed.
 * @param changed makes what is compiled of them; it leaves offsets as they are
 */
export function recordedModules(
  trace: TraceReader,
  changed: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): RunnableOf {
  const made = new Map<number, RunnableCore>();
  const shared = sharedModules(trace.instances());
  return ({ id, module }) => {
    const first = shared[id] ?? id;
    const known = made.get(first);
    if (known !== undefined) return known;
    const recorded = trace.module(module);
    const counting = countingFrames(trace, recorded);
    const { bytes, shift } = taggedForAll(counting?.bytes ?? recorded, first);
    const original = counting?.original ?? ((offset: number) => offset);
    const core = {
      module: compiled(trace, changed(bytes)),
      start: counting?.start,
      original: (offset: number) => original(offset - shift),
      counts: counting?.prefix,
    };
    made.set(first, core);
    return core;
  };
}

/** A module made to count its frames; undefined where no stack overflowed, or it is not known how to change it. */
export function countingFrames(
  trace: TraceReader,
  bytes: Uint8Array,
): InstrumentedModule | undefined {
  const plan = withOverflow(trace, {});
  if (!plan.deepest) return undefined;
  try {
    return instrument(bytes, plan);
  } catch (thrown) {
    // it replays all the same, but for how deep it gets
    if (thrown instanceof WasiRrError && thrown.code === 'MODULE_UNSUPPORTED') return undefined;
    throw thrown;
  }
}

/** @throws WasiRrError REPLAY_FAILED */
export function compiled(trace: TraceReader, bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw cannotRun(trace, cause);
  }
}

export function cannotRun(trace: TraceReader, cause: unknown): WasiRrError {
  const { runtime } = trace.meta;
  return new WasiRrError(
    'REPLAY_FAILED',
    `the component does not run here: ${messageOf(cause)}. It was recorded with Node ${runtime.node} ` +
      `(V8 ${runtime.v8}); this is Node ${process.version}.`,
    { cause },
  );
}

/**
 * The frames of core instances in V8's stack trace, innermost first.
 * @param stack with instances ({@link withInstances}); @param instances by id
 */
export function coreFrames(
  stack: string,
  instances: readonly CoreInstance[],
  runnable: RunnableOf,
): CoreFrame[] {
  return namedFrames(stack).flatMap(({ frame, of = '' }) => {
    const instance = instances[Number(OWNED.exec(of)?.[1] ?? -1)];
    if (instance === undefined) return [];
    const { id, module } = instance;
    const offset = runnable(instance).original(frame.offset);
    return [{ ...frame, offset, instance: id, module }];
  });
}
