/**
 * Lines of a module by a source map (ECMA-426), as AssemblyScript's compiler and emscripten -gsource-map make it:
 * one generated line, whose columns are byte offsets in the module. Says nothing of functions and variables.
 */
import { eachMapping, FlattenMap, type TraceMap } from '@jridgewell/trace-mapping';
import { type FunctionStarts, functionAt, functionStarts } from '../../wasm/function-starts.ts';
import type { SourceFrame, SourceRow } from '../dwarf/debug-info.ts';
import { tidyPath } from '../dwarf/line-index.ts';

export class SourceMapLines {
  private readonly map: TraceMap;
  private readonly starts: FunctionStarts;
  /** By offset. */
  private readonly mappings: readonly SourceRow[];

  private constructor(module: Uint8Array, map: TraceMap) {
    this.map = map;
    this.starts = functionStarts(module);
    const mappings: SourceRow[] = [];
    eachMapping(map, ({ generatedLine, generatedColumn, source, originalLine, originalColumn }) => {
      if (generatedLine !== 1 || source === null || originalLine === null) return;
      mappings.push({
        offset: generatedColumn,
        place: { file: tidyPath(source), line: originalLine, column: originalColumn + 1 },
        isStatement: true,
        prologueEnd: false,
      });
    });
    this.mappings = mappings;
  }

  /** @returns undefined for bytes that are no source map of a module */
  static of(module: Uint8Array, json: Uint8Array): SourceMapLines | undefined {
    try {
      const map = new FlattenMap(Buffer.from(json).toString());
      return new SourceMapLines(module, map);
    } catch {
      // whatever a parser makes of JSON that is something else
      return undefined;
    }
  }

  framesAt(offset: number): readonly SourceFrame[] {
    const place = this.placeAt(offset);
    return place === undefined ? [] : [{ name: undefined, place, inlined: false }];
  }

  rows(): readonly SourceRow[] {
    return this.mappings;
  }

  /** The source files that the map holds itself, by the names that its places have. */
  sources(): ReadonlyMap<string, string> {
    const { sources, sourcesContent } = this.map;
    const found = new Map<string, string>();
    this.map.resolvedSources.forEach((resolved, i) => {
      const text = sourcesContent?.[i];
      const name = sources[i] === null ? undefined : resolved;
      if (name !== undefined && typeof text === 'string') found.set(tidyPath(name), text);
    });
    return found;
  }

  /** The last mapping at or before an offset, in the same function. */
  private placeAt(offset: number) {
    const { mappings, starts } = this;
    let low = 0;
    let high = mappings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((mappings[middle] as SourceRow).offset <= offset) low = middle + 1;
      else high = middle;
    }
    const found = mappings[low - 1];
    const index = functionAt(starts, offset) - starts.imported;
    const start = starts.offsets[index];
    const within = start !== undefined && offset < (starts.ends[index] ?? 0);
    return found && within && found.offset >= start ? found.place : undefined;
  }
}
