/**
 * Rewrites a module so that it tells what it does, by a plan (plan.ts). One pass; nothing is renumbered,
 * since all that is new stands behind what was there. Debug sections are left out, names stay. A start
 * function is made an export, so that hooks are in place before any code runs.
 */
import { BinaryInput } from '../../wasm/binary.ts';
import { addedEntries, copySection, extended, putAddedBodies } from './added-sections.ts';
import { Additions } from './additions.ts';
import { hintsSection } from './branch-hints.ts';
import { FunctionRewriter } from './function-rewriter.ts';
import {
  type ModuleLayout,
  readLayout,
  SECTION,
  SECTION_ORDER,
  type Section,
} from './module-layout.ts';
import { offsetMap } from './offset-map.ts';
import type { InstrumentPlan } from './plan.ts';
import { behindLeb, WasmOutput } from './wasm-output.ts';

export interface InstrumentedModule {
  readonly bytes: Uint8Array;
  /** What the names of all added exports begin with (hooks.ts). */
  readonly prefix: string;
  /** Name of the export that was the start function. */
  readonly start: string | undefined;
  readonly layout: ModuleLayout;
  /**
   * Byte offset in the recorded module of the instruction at a byte offset in this one (of V8's stack
   * traces): for added code, of the instruction behind it. Offsets outside of code come back as they are.
   */
  readonly original: (offset: number) => number;
}

/**
 * @param bytes a module that V8 compiles
 * @throws WasiRrError MODULE_INVALID, and MODULE_UNSUPPORTED for instructions that are not known
 */
export function instrument(
  bytes: Uint8Array,
  plan: InstrumentPlan,
  options?: RewritingOptions,
): InstrumentedModule {
  return new Rewriting(bytes, plan, options).module();
}

export interface RewritingOptions {
  /** Plan whose hooks and globals there are, for plans that follow. */
  readonly added?: InstrumentPlan;
  /** Told, now and then, which share of the functions is rewritten; what it throws ends the work. */
  readonly onShare?: (share: number) => void;
}

/** Functions between two reports: a fraction of a millisecond. */
const FUNCTIONS_TOLD = 16;

/**
 * A module that was rewritten by a plan, of which some functions can be rewritten by another one: most of 20 MB
 * is the same whatever a debugger stops at.
 */
export class Rewriting {
  private readonly layout: ModuleLayout;
  readonly added: Additions;
  private readonly rewriter: FunctionRewriter;
  /** The code section with all functions as the plan has them, and where each begins, with its size. */
  private readonly code: WasmOutput;
  private readonly starts: Uint32Array;

  /**
   * @throws WasiRrError MODULE_INVALID, and MODULE_UNSUPPORTED for instructions that are not known
   */
  constructor(
    bytes: Uint8Array,
    plan: InstrumentPlan,
    { added = plan, onShare }: RewritingOptions = {},
  ) {
    this.layout = readLayout(bytes);
    this.added = new Additions(this.layout, added);
    this.rewriter = new FunctionRewriter(this.layout, plan, this.added);
    const count = this.layout.bodyStarts.length;
    const code = new WasmOutput(bytes.length * likelyGrowth(plan) + 1024);
    this.starts = new Uint32Array(count + 1);
    code.u32(count + this.added.functions.length);
    for (let i = 0; i < count; i++) {
      this.starts[i] = code.length;
      if (i % FUNCTIONS_TOLD === 0) onShare?.(i / count);
      this.rewriter.rewrite(i, code);
    }
    this.starts[count] = code.length;
    putAddedBodies(code, this.added);
    this.code = code;
  }

  /**
   * @param other functions (indices) that are rewritten by another plan, which adds no more than there is
   * @throws WasiRrError MODULE_UNSUPPORTED for a function that becomes too large
   */
  module(
    other: ReadonlySet<number> = new Set(),
    plan: InstrumentPlan | undefined = undefined,
  ): InstrumentedModule {
    const { layout, added, rewriter, starts } = this;
    const count = layout.bodyStarts.length;
    const rewriters = plan && new FunctionRewriter(layout, plan, added);
    const changed = [...other]
      .map((func) => func - layout.importedFunctions)
      .filter((index) => rewriters !== undefined && index >= 0 && index < count)
      .sort((a, b) => a - b);
    const isSame = changed.length === 0;
    const code = isSame ? this.code : new WasmOutput(this.code.length + (changed.length << 14));
    /** Where each function's body begins in the code section, behind its size. */
    const bodies = new Uint32Array(count);
    let next = 0;
    const copyUpTo = (index: number) => {
      const from = next === 0 ? 0 : (starts[next] as number);
      const shift = isSame ? 0 : code.length - from;
      if (!isSame) code.copy(this.code.bytes, from, starts[index] as number);
      for (; next < index; next++) {
        bodies[next] = behindLeb(this.code.bytes, starts[next] as number) + shift;
      }
    };
    for (const index of changed) {
      copyUpTo(index);
      const before = code.length;
      rewriters?.rewrite(index, code);
      bodies[index] = behindLeb(code.bytes, before);
      next = index + 1;
    }
    copyUpTo(count);
    if (!isSame) code.copy(this.code.bytes, starts[count] as number, this.code.length);
    const { bytes } = layout;
    const out = new WasmOutput(code.length + bytes.length);
    out.copy(bytes, 0, 8);
    const own = new Set(changed);
    const hints = hintsSection(rewriter.hints, rewriters?.hints, other);
    const codeAt = writeSections(out, layout, added, code, hints);
    const rewriterOf = (index: number) => (own.has(index) && rewriters) || rewriter;
    return {
      bytes: out.written(),
      prefix: added.prefix,
      start: layout.start === undefined ? undefined : `${added.prefix}start`,
      layout,
      original: offsetMap(rewriterOf, layout, bodies, codeAt),
    };
  }
}

/** By how much code grows, about: less copying where it is not too little. */
function likelyGrowth({ frames, watch, reads, dirty }: InstrumentPlan): number {
  return 1.25 + (frames === 'spill' ? 1.5 : 0) + (watch || dirty ? 1 : 0) + (reads ? 2 : 0);
}

/** @returns offset of the code section's contents */
function writeSections(
  out: WasmOutput,
  layout: ModuleLayout,
  added: Additions,
  code: WasmOutput,
  hints: WasmOutput | undefined,
): number {
  const byId = new Map(layout.sections.map((section) => [section.id, section]));
  let codeAt = 0;
  for (const id of SECTION_ORDER) {
    const section = byId.get(id);
    if (id === SECTION.start) continue;
    if (id === SECTION.code) {
      if (section === undefined && added.functions.length === 0) continue;
      if (hints !== undefined) out.section(SECTION.custom, hints);
      out.section(id, code);
      codeAt = out.length - code.length;
      continue;
    }
    const more = addedEntries(id, layout, added);
    if (more.count > 0) out.section(id, extended(layout.bytes, section, more));
    else if (section !== undefined) copySection(out, layout.bytes, section);
  }
  for (const section of layout.sections) {
    if (section.id === SECTION.custom && isNames(layout.bytes, section)) {
      copySection(out, layout.bytes, section);
    }
  }
  return codeAt;
}

function isNames(bytes: Uint8Array, { body, end }: Section): boolean {
  try {
    return new BinaryInput(bytes, body, end).name() === 'name';
  } catch {
    // a custom section that does not hold together means nothing
    return false;
  }
}
