/** What a session runs: the modules of a trace, changed so that all of their state can be seen. */
import type { TraceReader } from '../../traces/reader.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import { exportGlobals, type VisibleGlobal } from '../../wasm/exported-globals.ts';
import { exportMemories } from '../../wasm/exported-memories.ts';
import { exportStart } from '../../wasm/start-function.ts';
import { type CoreLayout, memoryExports } from '../component/core-layout.ts';
import {
  countingFrames,
  type RunnableCore,
  sharedModules,
  taggedForAll,
} from '../component/core-modules.ts';

/** A module that was made ready for a session: its globals and memories, and a start function, are exports. */
export interface RunnableInstance extends RunnableCore {
  readonly globals: readonly VisibleGlobal[];
  /** How many globals cannot be seen. */
  readonly hiddenGlobals: number;
  /** By index: under which name it exports a memory. */
  readonly memoryNames: readonly string[];
}

export interface ComponentProgram {
  readonly layout: CoreLayout;
  /** Of an instance, by id. */
  readonly runnable: (instance: number) => RunnableInstance;
}

/** Compiles, or gives what was compiled before. @param instance the first that uses it */
export type Compile = (bytes: Uint8Array, instance: number) => WebAssembly.Module;

/** @throws WasiRrError TRACE_CORRUPT, REPLAY_FAILED */
export function runnableModule(trace: TraceReader, compile: Compile): RunnableInstance {
  const bytes = trace.module();
  const made = countingFrames(trace, bytes);
  const start = made ? undefined : exportStart(bytes);
  const all = exportGlobals(made?.bytes ?? start?.bytes ?? bytes);
  const shift = (start?.shift ?? 0) + all.shift;
  const original = made?.original ?? ((offset: number) => offset);
  const own = made?.layout.globals ?? Number.POSITIVE_INFINITY;
  return {
    module: compile(all.bytes, 0),
    start: made?.start ?? start?.name,
    original: (offset) => original(offset - shift),
    counts: made?.prefix,
    globals: all.globals.filter(({ index }) => index < own),
    hiddenGlobals: all.hidden,
    memoryNames: ['memory'],
  };
}

/** @throws WasiRrError TRACE_CORRUPT, REPLAY_FAILED */
export function runnableComponent(
  trace: TraceReader,
  layout: CoreLayout,
  compile: Compile,
): ComponentProgram['runnable'] {
  const shared = sharedModules(trace.instances());
  const made = new Map<number, RunnableInstance>();
  for (const first of new Set(shared)) {
    const module = layout.instances[first]?.module ?? 0;
    made.set(first, instanceOf(trace, first, module, compile));
  }
  return (instance) => made.get(shared[instance] ?? instance) as RunnableInstance;
}

function instanceOf(
  trace: TraceReader,
  id: number,
  module: number,
  compile: Compile,
): RunnableInstance {
  const recorded = trace.module(module);
  const counting = countingFrames(trace, recorded);
  const start = counting ? undefined : exportStart(recorded);
  const all = exportGlobals(counting?.bytes ?? start?.bytes ?? recorded);
  const seen = exportMemories(all.bytes);
  const named = taggedForAll(seen.bytes, id);
  const shift = (start?.shift ?? 0) + all.shift + seen.shift + named.shift;
  const original = counting?.original ?? ((offset: number) => offset);
  const own = counting?.layout.globals ?? Number.POSITIVE_INFINITY;
  return {
    module: compile(named.bytes, id),
    start: counting?.start ?? start?.name,
    original: (offset) => original(offset - shift),
    memories: memoryExports(readDeclarations(recorded)).map(({ name }) => name),
    counts: counting?.prefix,
    globals: all.globals.filter(({ index }) => index < own),
    hiddenGlobals: all.hidden,
    memoryNames: seen.names,
  };
}
