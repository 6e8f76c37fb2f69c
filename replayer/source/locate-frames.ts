/** Where in the source the frames of a stack stand, and which source files there are. */
import type { TraceReader } from '../../traces/reader.ts';
import type { SourceFrame } from '../dwarf/debug-info.ts';
import { FrameNames } from './frame-names.ts';
import { SourceLines } from './source-lines.ts';

/**
 * @param trace with the module
 * @param frames with byte offsets in it: of a caller, of its call
 * @returns the same frames; `source` is innermost first and empty where nothing is known
 */
export function locateFrames<Frame extends { readonly offset: number }>(
  trace: TraceReader,
  frames: readonly Frame[],
): readonly (Frame & { readonly source: readonly SourceFrame[] })[] {
  const lines = frames.length === 0 ? undefined : FrameNames.of(trace).lines;
  return frames.map((frame) => ({ ...frame, source: lines?.framesAt(frame.offset) ?? [] }));
}

/** Source files that the debug information of a trace names. */
export function sourceNames(trace: TraceReader): readonly string[] {
  return new SourceLines(FrameNames.of(trace)).files;
}
