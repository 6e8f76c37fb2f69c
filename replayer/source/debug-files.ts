/** What a trace holds of its program's source besides the module: debug information and source files. */
import { WasiRrError } from '../../errors.ts';
import type { AttachmentEntry } from '../../traces/attachments.ts';
import type { TraceReader } from '../../traces/reader.ts';
import { DebugInfo, type ExtraDebugFiles } from '../dwarf/debug-info.ts';
import { findDebugSections } from '../dwarf/sections.ts';
import { SourceMapLines } from './source-map.ts';

export interface DebugFiles extends ExtraDebugFiles {
  readonly sourceMap?: Uint8Array | undefined;
}

/** @returns nothing of what is damaged: a module explains itself, if less well */
export function debugFilesOf(trace: TraceReader): DebugFiles {
  const entries = trace.attachments();
  const of = (kind: AttachmentEntry['kind']) =>
    entries.filter((entry) => entry.kind === kind).flatMap((entry) => readable(trace, entry));
  return { external: of('debug')[0], split: of('split'), sourceMap: of('source-map')[0] };
}

/**
 * The text of a source file that a trace holds.
 * @param file as the debug information names it
 */
export function storedSource(trace: TraceReader, file: string): string | undefined {
  const entries = trace.attachments();
  const stored = entries.find(({ kind, name }) => kind === 'source' && name === file);
  const [bytes] = stored === undefined ? [] : readable(trace, stored);
  if (bytes !== undefined) return Buffer.from(bytes).toString();
  for (const entry of entries) {
    if (entry.kind !== 'source-map') continue;
    const [json] = readable(trace, entry);
    const text = json && SourceMapLines.of(trace.module(), json)?.sources().get(file);
    if (text !== undefined) return text;
  }
  return undefined;
}

function readable(trace: TraceReader, entry: AttachmentEntry): Uint8Array[] {
  try {
    return [trace.attachment(entry)];
  } catch (thrown) {
    if (thrown instanceof WasiRrError) return [];
    throw thrown;
  }
}

/**
 * What a file is that may explain a module, and what is wrong with it for this one.
 * @param module as it was recorded
 * @returns undefined for a file that explains no module
 */
export function examineDebugFile(
  module: Uint8Array,
  file: Uint8Array,
): { readonly kind: DebugFileKind; readonly problem: string | undefined } | undefined {
  if (file[0] === OPEN_BRACE) {
    const map = SourceMapLines.of(module, file);
    return map && { kind: 'source-map', problem: mapProblem(map) };
  }
  try {
    const { sections, split, codeSize } = findDebugSections(file);
    if (split.info !== undefined) return { kind: 'split', problem: splitProblem(module, file) };
    if (sections.info === undefined) return undefined;
    const own = findDebugSections(module).codeSize;
    const same = codeSize === 0 || codeSize === own;
    const problem = `it belongs to another build: its code has ${codeSize} bytes, that of the module ${own}`;
    return { kind: 'debug', problem: same ? undefined : problem };
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

export type DebugFileKind = Exclude<AttachmentEntry['kind'], 'source'>;

const OPEN_BRACE = 0x7b;

function mapProblem(map: SourceMapLines): string | undefined {
  const [first] = map.rows();
  if (first === undefined) return 'it maps nothing';
  if (map.framesAt(first.offset).length > 0) return undefined;
  return 'it maps no byte of the code: it belongs to another build, or is no map of a module';
}

function splitProblem(module: Uint8Array, file: Uint8Array): string | undefined {
  const missing = (split: readonly Uint8Array[]) =>
    DebugInfo.of(module, { split })?.missingUnits ?? 0;
  return missing([file]) < missing([])
    ? undefined
    : 'it belongs to another build: the module has no unit of it';
}
