/**
 * What the core instances of a run are: their modules, and which memories they have, by what the trace says
 * of them. A run of a core module has one instance and at most one memory.
 */
import type { CoreInstance } from '../../traces/instances.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { type ModuleDeclarations, readDeclarations } from '../../wasm/binary.ts';
import { moduleName } from '../../wasm/module-name.ts';
import { trappedInstance } from './request-trap.ts';

/** A core instance of a run. */
export interface InstanceInfo {
  readonly id: number;
  /** Id of its module in the trace. */
  readonly module: number;
  /** What its module calls itself, else the name of the module's file. */
  readonly name: string;
  /** Bytes of the module. */
  readonly size: number;
  /** Numbers of the memories that it has, by its own index: imported ones first. */
  readonly memories: readonly number[];
}

/** A memory of a run. Numbers are those of the log, followed by those of memories that nobody exports. */
export interface MemoryInfo {
  /** The instance that made it, and by which index it knows it. */
  readonly instance: number;
  readonly index: number;
}

export interface CoreLayout {
  /** By id. */
  readonly instances: readonly InstanceInfo[];
  /** By number. */
  readonly memories: readonly MemoryInfo[];
  /** Id of the instance that holds the program, as far as that can be told. */
  readonly main: number;
}

interface Sketch {
  readonly plan: CoreInstance;
  readonly name: string;
  readonly size: number;
  readonly declarations: ModuleDeclarations;
  /** By index. */
  readonly memories: readonly MemoryInfo[];
}

/** @throws WasiRrError TRACE_CORRUPT; RangeError for modules whose sections do not hold together */
export function coreLayout(trace: TraceReader): CoreLayout {
  return trace.meta.flavour === 'component' ? layoutOf(trace) : onlyInstance(trace);
}

/** Names under which a module exports memories, in the order in which JavaScript lists them. */
export function memoryExports({
  exports,
}: Pick<ModuleDeclarations, 'exports'>): { name: string; index: number }[] {
  const byName = new Map(exports.map((one) => [one.name, one]));
  // an object's keys that are indices come first
  return Object.keys(Object.fromEntries(byName)).flatMap((name) => {
    const one = byName.get(name);
    return one?.kind === 'memory' ? [{ name, index: one.index }] : [];
  });
}

/** Number of the memory that is meant where none is named; one that is not there, where there is none. */
export function mainMemory({ instances, main }: CoreLayout): number {
  return instances[main]?.memories[0] ?? 0;
}

function onlyInstance(trace: TraceReader): CoreLayout {
  const bytes = trace.module();
  const memory = memoryExports(readDeclarations(bytes)).find(({ name }) => name === 'memory');
  const memories = memory === undefined ? [] : [{ instance: 0, index: memory.index }];
  const name = trace.meta.program;
  const only = { id: 0, module: 1, name, size: bytes.length, memories: memories.map(() => 0) };
  return { instances: [only], memories, main: 0 };
}

function layoutOf(trace: TraceReader): CoreLayout {
  const sketches: Sketch[] = [];
  const modules = new Map<number, Pick<Sketch, 'name' | 'size' | 'declarations'>>();
  const files = moduleFiles(trace);
  for (const plan of trace.instances()) {
    const known = modules.get(plan.module) ?? describe(trace, plan.module, files);
    modules.set(plan.module, known);
    sketches.push({ ...known, plan, memories: memoriesOf(plan, known.declarations, sketches) });
  }
  const memories = numbered(sketches);
  const instances = sketches.map(({ plan, name, size, memories: own }) => ({
    id: plan.id,
    module: plan.module,
    name,
    size,
    memories: own.map((one) => memories.indexOf(one)),
  }));
  return {
    instances,
    memories,
    main: ofFailure(trace, sketches, mainOf(trace, sketches, memories)),
  };
}

function moduleFiles(trace: TraceReader): Map<number, string> {
  const { rows } = trace.query('select id, cast(name as text) from modules');
  return new Map([...rows].map(([id, name]) => [Number(id), String(name)]));
}

function describe(trace: TraceReader, id: number, files: ReadonlyMap<number, string>) {
  const bytes = trace.module(id);
  return {
    name: moduleName(bytes) ?? files.get(id) ?? `module ${id}`,
    size: bytes.length,
    declarations: readDeclarations(bytes),
  };
}

/** @param before the instances that were made before; what they do not export is taken for a new memory */
function memoriesOf(
  { id, links }: CoreInstance,
  { imports, memories }: ModuleDeclarations,
  before: readonly Sketch[],
): MemoryInfo[] {
  const imported = imports
    .filter(({ kind }) => kind === 'memory')
    .map(({ module, name }) => {
      const link = links.find((one) => one.module === module && one.name === name);
      return link?.kind === 'instance' ? exported(before[link.instance], link.export) : undefined;
    });
  return memories.map((_, index) => imported[index] ?? { instance: id, index });
}

function exported(from: Sketch | undefined, name: string): MemoryInfo | undefined {
  const found = from?.declarations.exports.find((one) => one.name === name);
  return found?.kind === 'memory' ? from?.memories[found.index] : undefined;
}

function numbered(sketches: readonly Sketch[]): MemoryInfo[] {
  const memories = new Set<MemoryInfo>();
  for (const { declarations, memories: own } of sketches) {
    for (const { index } of memoryExports(declarations)) {
      const memory = own[index];
      if (memory !== undefined) memories.add(memory);
    }
  }
  for (const { memories: own } of sketches) for (const memory of own) memories.add(memory);
  return [...memories];
}

/**
 * Of the instances with the memory that was at work where the run trapped, or with that of what the component exports,
 * or with those that calls point into, or with any, or of all: that of the largest module.
 */
function mainOf(
  trace: TraceReader,
  sketches: readonly Sketch[],
  memories: readonly MemoryInfo[],
): Sketch | undefined {
  const links = sketches.flatMap(({ plan }) => plan.links);
  const pointed = links.flatMap((link) =>
    link.kind === 'host' && link.lowered?.memory !== undefined
      ? (memories[link.lowered.memory] ?? [])
      : [],
  );
  const ofModules = (ids: readonly (number | undefined)[]) =>
    sketches
      .filter(({ plan }) => ids.includes(plan.module))
      .flatMap((one) => one.memories[0] ?? []);
  const lifted = trace.meta.component?.words?.lifted.map(({ module }) => module) ?? [];
  const programs = sketches.filter((one) => !isAdapter(one));
  const among = (some: readonly MemoryInfo[]) =>
    programs.filter(({ memories: own }) => own.some((memory) => some.includes(memory)));
  const choice = [
    among(ofModules([trapModule(trace)])),
    among(ofModules(lifted)),
    among(pointed),
    programs.filter((one) => one.memories.length > 0),
    sketches,
  ];
  const candidates = choice.find((some) => some.length > 0) ?? [];
  return candidates.toSorted((a, b) => b.size - a.size)[0];
}

/** The module of the innermost frame. */
function trapModule({ meta: { outcome } }: TraceReader): number | undefined {
  return outcome?.kind === 'trap' ? outcome.trap.frames[0]?.module : undefined;
}

/**
 * A server that trapped is made anew, with instances of the same modules in the same order: of those for the same
 * the one of the set that trapped last, or where none is said to have, of the last set.
 */
function ofFailure(
  trace: TraceReader,
  sketches: readonly Sketch[],
  found: Sketch | undefined,
): number {
  if (found === undefined) return 0;
  const { module, id } = found.plan;
  const alike = sketches.filter(({ plan }) => plan.module === module).map(({ plan }) => plan.id);
  const words = trace.meta.component?.words;
  const inOne = words?.instances?.filter((one) => one.module === module).length || 1;
  const next = alike[inOne];
  if (next === undefined) return id;
  const first = alike[0] ?? id;
  const last = alike.at(-inOne) ?? id;
  const of = trappedInstance(trace);
  if (of === undefined) return last;
  if (alike.includes(of)) return of;
  const period = next - first;
  return Math.min(last, first + Math.floor(of / period) * period);
}

/** Between two components there is a module that passes values on; its exports are called `adapter0` and so on. */
function isAdapter({ declarations: { exports } }: Sketch): boolean {
  return exports.length > 0 && exports.every(({ name }) => /^(\[[\w-]+\])?adapter\d+$/.test(name));
}
