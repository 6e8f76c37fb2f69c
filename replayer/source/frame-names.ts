/** Gives places in a module's code names and lines. What the module does not have is looked for once. */

import type { TraceReader } from '../../traces/reader.ts';
import { type FunctionStarts, functionAt, functionStarts } from '../../wasm/function-starts.ts';
import { moduleName } from '../../wasm/module-name.ts';
import { type FunctionName, FunctionNames } from '../../wasm/names.ts';
import { tableFunctions } from '../../wasm/table-functions.ts';
import { DebugInfo, type SourceFrame, type SourceRow } from '../dwarf/debug-info.ts';
import type { StackFrame } from '../session/messages.ts';
import { type DebugFiles, debugFilesOf } from './debug-files.ts';
import { debugProblem, missingFile } from './missing-lines.ts';
import { SourceMapLines } from './source-map.ts';

/** Which line of the source the code is. */
export interface LineSource {
  framesAt(offset: number): readonly SourceFrame[];
  rows(): Iterable<SourceRow>;
}

export class FrameNames {
  private readonly module: Uint8Array;
  private readonly files: DebugFiles;
  private names: FunctionNames | undefined;
  private starts: FunctionStarts | undefined;
  private table: ReadonlyMap<number, number> | undefined;
  /** Null: the module has none. */
  private debug: DebugInfo | null | undefined;
  private mapped: SourceMapLines | null | undefined;
  /** Null: no file is missing. */
  private missing: string | null | undefined;

  /** @param module as it was recorded. @param files that explain it */
  constructor(module: Uint8Array, files: DebugFiles = {}) {
    this.module = module;
    this.files = files;
  }

  /**
   * Of a trace's module, with the files that the trace has for it: none for those of a component.
   * @param module number of a component's; @throws as TraceReader.module
   */
  static of(trace: TraceReader, module = 0): FrameNames {
    const files = trace.meta.flavour === 'component' ? {} : debugFilesOf(trace);
    return new FrameNames(trace.module(module), files);
  }

  /**
   * The frame that stands at a byte offset of the module.
   * @param func index; found by the offset unless given. @param given the name that V8 knows
   */
  frame(offset: number, func = this.functionAt(offset), given?: string): StackFrame {
    const known = this.nameOf(func);
    const name = known?.name ?? given;
    const mangled = known?.raw === name ? undefined : known?.raw;
    return { func, offset, name, mangled, ...this.located(offset) };
  }

  /** What the debug information says of a byte offset of the module, or why it says nothing. */
  located(offset: number): Pick<StackFrame, 'source' | 'sourceProblem'> {
    const source = this.lines?.framesAt(offset) ?? [];
    if (source.length > 0) return { source };
    const sourceProblem = this.problem;
    return { source, ...(sourceProblem !== undefined && { sourceProblem }) };
  }

  private get problem(): string | undefined {
    if (this.source !== undefined) return debugProblem(this.source);
    this.missing ??= missingFile(this.module, this.files) ?? null;
    return this.missing ?? undefined;
  }

  /** What the module calls itself. */
  get moduleName(): string | undefined {
    return moduleName(this.module);
  }

  /** Name of the function at an index of table 0, which is what a pointer to a function holds. */
  functionInTable(index: number): string | undefined {
    this.table ??= tableFunctions(this.module);
    const func = this.table.get(index);
    return func === undefined ? undefined : this.nameOf(func)?.name;
  }

  /** Name of a function by its index. */
  nameOf(func: number): FunctionName | undefined {
    this.names ??= new FunctionNames(this.module);
    return this.names.get(func);
  }

  /** Its DWARF; undefined for a module without. */
  get source(): DebugInfo | undefined {
    if (this.debug === undefined) this.debug = DebugInfo.of(this.module, this.files) ?? null;
    return this.debug ?? undefined;
  }

  /** By its DWARF, else by a source map; undefined for a module without either. */
  get lines(): LineSource | undefined {
    if (this.source !== undefined) return this.source;
    const { sourceMap } = this.files;
    this.mapped ??= (sourceMap && SourceMapLines.of(this.module, sourceMap)) ?? null;
    return this.mapped ?? undefined;
  }

  /** Index of the function whose body holds a byte offset. */
  functionAt(offset: number): number {
    return functionAt(this.bodies, offset);
  }

  /** Byte offsets of a function's body in the module; undefined for one that is imported, or is not there. */
  bodyOf(func: number): { readonly from: number; readonly to: number } | undefined {
    const { imported, offsets, ends } = this.bodies;
    const [from, to] = [offsets[func - imported], ends[func - imported]];
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  /** Functions with code, by index. */
  *functions(): Generator<{ readonly func: number; readonly from: number }, undefined> {
    const { imported, offsets } = this.bodies;
    for (let i = 0; i < offsets.length; i++) {
      const from = offsets[i];
      if (from !== undefined) yield { func: imported + i, from };
    }
  }

  private get bodies(): FunctionStarts {
    this.starts ??= functionStarts(this.module);
    return this.starts;
  }
}
