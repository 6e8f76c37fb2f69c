/**
 * Makes patches: small modules whose functions take the place of those of a rewritten module, in the instance that
 * they import everything from. Rewriting and compiling 20 MB anew costs many times the run; with a patch, all but
 * its functions stays code that V8 has compiled and optimized. Every index is the recorded module's.
 */
import { withModuleName } from '../../wasm/module-name.ts';
import { OPCODES } from '../../wasm/opcodes.ts';
import {
  addedEntries,
  copySection,
  extended,
  FUNCREF,
  FUNCTIONS,
  PLACED,
  putAddedBodies,
} from './added-sections.ts';
import {
  type Additions,
  ownGlobal,
  type PatchingLayout,
  sharedName,
  unsignedLeb,
} from './additions.ts';
import { bodyReader } from './body-reader.ts';
import { hintsSection } from './branch-hints.ts';
import { GO_ON, goTo, placeOf, placeOfPatched } from './divert-snippet.ts';
import { FunctionRewriter } from './function-rewriter.ts';
import type { Probes } from './hooks.ts';
import { type ModuleLayout, SECTION } from './module-layout.ts';
import { offsetMap } from './offset-map.ts';
import { OP } from './opcode-numbers.ts';
import type { InstrumentPlan } from './plan.ts';
import { EXTERN } from './shared-parts.ts';
import { behindLeb, WasmOutput } from './wasm-output.ts';

export interface Patch {
  readonly bytes: Uint8Array;
  /** Index of each function that it has. */
  readonly functions: ReadonlySet<number>;
  /** Of those that step: at which ticks one can go on in a frame that is there ({@link goOn}). */
  readonly resumable: ReadonlyMap<number, ReadonlySet<number>>;
  /** As InstrumentedModule's, of an offset in the patch. */
  readonly original: (offset: number) => number;
}

/** Name of a patch, by which V8 tells its frames from those of the module. */
export const PATCH = 'wasi-rr-patch';
/** What a patch imports all from. */
const IMPORTED = 'patched';

/** Puts a patch in place; its functions are switched off. @param exports of the rewritten module */
export function applyPatch(patch: WebAssembly.Module, exports: WebAssembly.Exports): void {
  new WebAssembly.Instance(patch, { [IMPORTED]: exports });
}

/** From their next call on, these are the patch's. */
export function switchOn(probes: Probes, functions: Iterable<number>): void {
  const on = new Uint8Array(probes.memory('patched').buffer);
  for (const func of functions) on[func] = 1;
}

/**
 * From inside of the hook `ticked`: the function that runs goes on as the patch's, in the same frame, whose pc is that of the
 * hook. It must be {@link Patch.resumable} there.
 * @param stays whether it is switched on for other calls as well, afterwards
 */
export function goOn(probes: Probes, func: number, stays: boolean): void {
  const on = new Uint8Array(probes.memory('patched').buffer);
  on[func] = stays ? GO_ON.thenOn : GO_ON.thenOff;
}

/** Instructions about segments, which a module shares with no other. */
const SEGMENTS: ReadonlySet<number> = new Set(
  OPCODES.filter(({ immediates }) =>
    immediates.some((one) => one === 'elem' || one === 'data'),
  ).map(({ code }) => code),
);

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] as const;
/** The size of a body without locals, and the body. */
const UNREACHABLE = [3, 0, OP.unreachable, OP.end] as const;
/** Kind of a segment of elements that are only declared. */
const DECLARED = 3;
const MUTABLE = 1;

/** What some functions mention. */
interface Mentions {
  readonly called: Set<number>;
  readonly referred: Set<number>;
}

/**
 * @param added to the module that is patched, as {@link Additions} of a plan that is patchable
 * @param plan by which the functions are rewritten; adds no more than that
 * @returns undefined where some function cannot stand in another module
 * @throws WasiRrError MODULE_UNSUPPORTED for a function that becomes too large
 */
export function makePatch(
  layout: ModuleLayout,
  added: Additions,
  functions: ReadonlySet<number>,
  plan: InstrumentPlan,
): Patch | undefined {
  const { patching } = added;
  const mentions = patching && mentionsOf(layout, functions);
  if (patching === undefined || mentions === undefined) return undefined;
  const rewriter = new FunctionRewriter(layout, { ...plan, patch: true }, added);
  const { code, bodies } = codeOf(layout, added, patching, rewriter, functions, mentions.called);
  const out = new WasmOutput(code.length + (1 << 16));
  out.put(HEADER);
  writeTypes(out, layout, added);
  out.section(SECTION.import, importsOf(layout, added));
  out.section(SECTION.function, typesOf(layout, added));
  out.section(SECTION.element, elementsOf(layout, patching, functions, mentions.referred));
  const hints = hintsSection(rewriter.hints, undefined, functions);
  if (hints !== undefined) out.section(SECTION.custom, hints);
  out.section(SECTION.code, code);
  const codeAt = out.length - code.length;
  return {
    bytes: withModuleName(out.written(), PATCH).bytes,
    functions,
    resumable: rewriter.resumable,
    original: offsetMap(() => rewriter, layout, bodies, codeAt),
  };
}

function mentionsOf(layout: ModuleLayout, functions: ReadonlySet<number>): Mentions | undefined {
  const called = new Set<number>();
  const referred = new Set<number>();
  for (const func of functions) {
    const reader = bodyReader(layout, func - layout.importedFunctions);
    while (!reader.atEnd) {
      reader.next();
      const { code, index } = reader;
      if (SEGMENTS.has(code)) return undefined;
      if (code === OP.call || code === OP.returnCall) called.add(index);
      else if (code === OP.refFunc) {
        called.add(index);
        referred.add(index);
      }
    }
  }
  return { called, referred };
}

/** Bodies of all functions: those that are not the patch's own go on in the other module. */
function codeOf(
  layout: ModuleLayout,
  added: Additions,
  patching: PatchingLayout,
  rewriter: FunctionRewriter,
  functions: ReadonlySet<number>,
  called: ReadonlySet<number>,
): { readonly code: WasmOutput; readonly bodies: Uint32Array } {
  const count = layout.bodyStarts.length;
  const code = new WasmOutput(4 * count + (functions.size << 14) + 16);
  const bodies = new Uint32Array(count);
  const body = new WasmOutput(64);
  code.u32(count + added.functions.length);
  for (let index = 0; index < count; index++) {
    const func = layout.importedFunctions + index;
    const from = code.length;
    if (functions.has(func)) rewriter.rewrite(index, code);
    else if (called.has(func)) {
      body.reset();
      body.byte(0);
      goTo(body, layout, patching, { func, place: placeOf(func) });
      body.byte(OP.end);
      code.u32(body.length);
      code.put(body.written());
    } else code.put(UNREACHABLE);
    bodies[index] = behindLeb(code.bytes, from);
  }
  putAddedBodies(code, added);
  return { code, bodies };
}

function writeTypes(out: WasmOutput, layout: ModuleLayout, added: Additions): void {
  const section = layout.sections.find(({ id }) => id === SECTION.type);
  const more = addedEntries(SECTION.type, layout, added);
  if (more.count > 0) out.section(SECTION.type, extended(layout.bytes, section, more));
  else if (section !== undefined) copySection(out, layout.bytes, section);
}

function importsOf(layout: ModuleLayout, added: Additions): WasmOutput {
  const entries: { readonly name: string; readonly description: Uint8Array | readonly number[] }[] =
    [];
  const { patching, globals, memories, ownGlobals } = added;
  const add = (name: string, description: Uint8Array | readonly number[]) => {
    entries.push({ name: added.prefix + name, description });
  };
  for (let func = 0; func < layout.importedFunctions; func++) {
    add(sharedName('functions', func), [
      EXTERN.function,
      ...unsignedLeb(layout.functions[func] as number),
    ]);
  }
  if (patching) {
    const { shared, table } = patching;
    for (const kind of ['tables', 'memories', 'tags'] as const) {
      for (const [index, one] of shared[kind].entries()) add(sharedName(kind, index), one);
    }
    add(sharedName('tables', table), [EXTERN.tables, FUNCREF, 0, 0]);
    for (let i = 0; i < ownGlobals; i++) add(ownGlobal(i), shared.globals[i] as Uint8Array);
  }
  for (const { name } of memories) add(name, [EXTERN.memories, 0, 0]);
  for (const { name, type } of globals) add(name, [EXTERN.globals, ...type, MUTABLE]);
  const out = new WasmOutput(1 << 12);
  out.u32(entries.length);
  for (const { name, description } of entries) {
    out.name(IMPORTED);
    out.name(name);
    out.put(description);
  }
  return out;
}

function typesOf({ functions, importedFunctions }: ModuleLayout, added: Additions): WasmOutput {
  const out = new WasmOutput(2 * functions.length + 16);
  out.u32(functions.length - importedFunctions + added.functions.length);
  for (let func = importedFunctions; func < functions.length; func++) {
    out.u32(functions[func] as number);
  }
  for (const { type } of added.functions) out.u32(type);
  return out;
}

/** Puts each function at its place, and names those that code refers to. */
function elementsOf(
  layout: ModuleLayout,
  { table }: PatchingLayout,
  functions: ReadonlySet<number>,
  referred: ReadonlySet<number>,
): WasmOutput {
  const out = new WasmOutput(1 << 12);
  out.u32(functions.size + (referred.size > 0 ? 1 : 0));
  for (const func of functions) {
    out.byte(PLACED);
    out.u32(table);
    out.byte(OP.i32Const);
    out.s32(placeOfPatched(func, layout));
    out.put([OP.end, FUNCTIONS, 1]);
    out.u32(func);
  }
  if (referred.size > 0) {
    out.put([DECLARED, FUNCTIONS]);
    out.u32(referred.size);
    for (const func of referred) out.u32(func);
  }
  return out;
}
