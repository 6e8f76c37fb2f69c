/**
 * Makes keyframes of a trace's memories: one replay of the run in which every store marks its page. It is compared
 * with the recording as any replay is, to its end. Runs in the calling thread, which should have a stack as large
 * as a batch replay's.
 */
import { passedAt, reachedAt } from '../../traces/keyframes/moments.ts';
import type { KeyframeParts } from '../../traces/keyframes/parts.ts';
import { KeyframeWriter } from '../../traces/keyframes/writer.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { readDeclarations } from '../../wasm/binary.ts';
import { exportMemories } from '../../wasm/exported-memories.ts';
import { ComponentReplay } from '../component/component-replay.ts';
import { type CoreLayout, coreLayout, memoryExports } from '../component/core-layout.ts';
import {
  compiled,
  type RunnableCore,
  sharedModules,
  taggedForAll,
} from '../component/core-modules.ts';
import { dirtyMap } from '../instrument/additions.ts';
import { type Probes, probesOf } from '../instrument/hooks.ts';
import type { InstrumentPlan } from '../instrument/plan.ts';
import { instrument } from '../instrument/rewrite.ts';
import { readGlobal } from '../session/globals.ts';
import type { GlobalContent } from '../session/messages.ts';
import { observeHostWrites } from '../timetravel/host-writes.ts';
import { differs, replayInstrumented } from '../timetravel/instrumented-replay.ts';
import { TravelTarget } from '../timetravel/travel-target.ts';
import { DirtyPages } from './dirty-pages.ts';

export interface KeyframeOptions {
  /** Bytes that the keyframes may take. */
  readonly budget: number;
  /** Is told of every event that passes; what it throws ends the replay. */
  readonly onEvent?: (event: number) => void;
  /** See DirtyPages: for tests. */
  readonly paranoid?: boolean;
}

const DIRTY: InstrumentPlan = { dirty: true, globals: true };

/** @throws WasiRrError DIVERGENCE, MODULE_UNSUPPORTED, MODULE_INVALID, and as a batch replay */
export async function makeKeyframes(
  trace: TraceReader,
  options: KeyframeOptions,
): Promise<KeyframeParts> {
  const { budget, paranoid } = options;
  const writer = new KeyframeWriter(budget);
  const pages = new DirtyPages({ writer, events: trace.eventCount, paranoid });
  if (trace.meta.flavour === 'component') await ofComponent(trace, pages, options);
  else await ofModule(trace, pages, options);
  pages.end();
  return writer.finish();
}

async function ofModule(
  trace: TraceReader,
  pages: DirtyPages,
  { onEvent = () => {} }: KeyframeOptions,
) {
  let answered = false;
  const host = observeHostWrites(onEvent, (_event, address, length) => {
    answered = true;
    pages.wrote(0, address, length);
  });
  await replayInstrumented(
    new TravelTarget(trace),
    DIRTY,
    ({ probes, layout, exports: { memory } }) => {
      if (memory instanceof WebAssembly.Memory) pages.follow(0, memory, probes.memory(dirtyMap(0)));
      pages.followGlobals(0, layout.globals, () => ownGlobals(probes, layout.globals));
    },
    {
      ...host,
      before: (event, ...call) => {
        host.before(event, ...call);
        answered = false;
        pages.come(reachedAt(event));
      },
      after: (event, ...call) => {
        host.after(event, ...call);
        pages.come(passedAt(event), !answered);
      },
    },
    (event) => {
      if (event >= 0) pages.come(reachedAt(event));
      pages.come(passedAt(event), event >= 0);
    },
  );
}

async function ofComponent(
  trace: TraceReader,
  pages: DirtyPages,
  { onEvent = () => {} }: KeyframeOptions,
) {
  const layout = coreLayout(trace);
  const programs = dirtyPrograms(trace, layout);
  let changed = false;
  pages.come(passedAt(-1));
  const replay = new ComponentReplay(trace, {
    runnable: ({ id }) => programs(id),
    onInstance: (id, exports) => {
      const { prefix, memoryNames, globals } = programs(id);
      const probes = probesOf(exports, prefix);
      pages.followGlobals(id, globals, () => ownGlobals(probes, globals));
      for (const [index, number] of layout.instances[id]?.memories.entries() ?? []) {
        const memory = exports[memoryNames[index] ?? ''];
        if (!(memory instanceof WebAssembly.Memory)) continue;
        pages.follow(number, memory, probes.memory(dirtyMap(index)));
      }
    },
    onReach: (event) => {
      onEvent(event);
      changed = false;
      pages.come(reachedAt(event));
    },
    onChange: (_event, change) => {
      changed = true;
      if (change.kind === 'write') pages.wrote(change.memory, change.address, change.bytes.length);
    },
    onEvent: (event) => pages.come(passedAt(event), !changed),
  });
  const end = await replay.run();
  if (end.kind === 'diverged') throw differs(end.divergence.event);
}

interface DirtyProgram extends RunnableCore {
  readonly prefix: string;
  /** How many. */
  readonly globals: number;
  /** By index: under which name it exports a memory. */
  readonly memoryNames: readonly string[];
}

/** Of an instance, by id. */
function dirtyPrograms(trace: TraceReader, layout: CoreLayout): (id: number) => DirtyProgram {
  const shared = sharedModules(trace.instances());
  const made = new Map<number, DirtyProgram>();
  return (id) => {
    const first = shared[id] ?? id;
    let program = made.get(first);
    if (program === undefined) {
      program = dirtyProgram(trace, layout.instances[first]?.module ?? 0, first);
      made.set(first, program);
    }
    return program;
  };
}

function dirtyProgram(trace: TraceReader, module: number, first: number): DirtyProgram {
  const recorded = trace.module(module);
  const { bytes, start, original, prefix, layout } = instrument(recorded, DIRTY);
  const seen = exportMemories(bytes);
  const named = taggedForAll(seen.bytes, first);
  const shift = seen.shift + named.shift;
  return {
    module: compiled(trace, named.bytes),
    start,
    prefix,
    globals: layout.globals,
    original: (offset) => original(offset - shift),
    memories: memoryExports(readDeclarations(recorded)).map(({ name }) => name),
    memoryNames: seen.names,
  };
}

/** Values by index. */
function ownGlobals(probes: Probes, count: number): GlobalContent[] {
  return Array.from({ length: count }, (_, index) => {
    const global = probes.own(index);
    return global === undefined ? 'not there' : readGlobal(global);
  });
}
