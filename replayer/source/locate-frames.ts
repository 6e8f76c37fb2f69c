/** Adds to the frames of a stack where in the source they stand. */
import { DebugInfo, type SourceFrame } from '../dwarf/debug-info.ts';

/**
 * @param module as it was recorded
 * @param frames with byte offsets in it: of a caller, of its call
 * @returns the same frames; `source` is innermost first and empty where nothing is known
 */
export function locateFrames<Frame extends { readonly offset: number }>(
  module: Uint8Array,
  frames: readonly Frame[],
): readonly (Frame & { readonly source: readonly SourceFrame[] })[] {
  const debug = frames.length === 0 ? undefined : DebugInfo.of(module);
  return frames.map((frame) => ({ ...frame, source: debug?.framesAt(frame.offset) ?? [] }));
}
