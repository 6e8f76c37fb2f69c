/**
 * The core modules of a component as they are run: each instance has one of its own, whose name tells in
 * V8's stack traces whose frame one is.
 */
import { messageOf, WasiRrError } from '../../errors.ts';
import type { CoreInstance } from '../../traces/instances.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { withModuleName } from '../../wasm/module-name.ts';
import { namedFrames, type WasmFrame } from '../../wasm/traps.ts';

/** A core module that was made ready to run. */
export interface RunnableCore {
  readonly module: WebAssembly.Module;
  /** Name of the export that is its start function, where it was made one. */
  readonly start: string | undefined;
  /** Where an offset in it was in the recorded module. */
  readonly original: (offset: number) => number;
  /** Under which names it exports memories, where others were added to the recorded module's. */
  readonly memories?: readonly string[];
}

/** Gives the module of an instance. @throws WasiRrError REPLAY_FAILED, TRACE_CORRUPT */
export type RunnableOf = (instance: CoreInstance) => RunnableCore;

/** A frame of one of the core instances; the place is that in the recorded module. */
export interface CoreFrame extends WasmFrame {
  readonly instance: number;
  readonly module: number;
}

const TAG = 'wasi-rr-instance-';
const TAGGED = new RegExp(`^${TAG}(\\d+)$`);

/** A module's bytes with the name by which {@link coreFrames} finds its frames. */
export function tagged(bytes: Uint8Array, instance: number) {
  return withModuleName(bytes, `${TAG}${instance}`);
}

/** The modules as they were recorded, but for their names. */
export function recordedModules(trace: TraceReader): RunnableOf {
  const made = new Map<number, RunnableCore>();
  return ({ id, module }) => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const { bytes, shift } = tagged(trace.module(module), id);
    const core = {
      module: compiled(trace, bytes),
      start: undefined,
      original: (offset: number) => offset - shift,
    };
    made.set(id, core);
    return core;
  };
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
 * @param instances by id
 */
export function coreFrames(
  stack: string,
  instances: readonly CoreInstance[],
  runnable: RunnableOf,
): CoreFrame[] {
  return namedFrames(stack).flatMap(({ frame, of = '' }) => {
    const instance = instances[Number(TAGGED.exec(of)?.[1] ?? -1)];
    if (instance === undefined) return [];
    const { id, module } = instance;
    const offset = runnable(instance).original(frame.offset);
    return [{ ...frame, offset, instance: id, module }];
  });
}
