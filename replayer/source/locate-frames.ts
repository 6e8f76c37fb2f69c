/** Where in the source the frames of a stack stand, and which source files there are. */
import type { TraceReader } from '../../traces/reader.ts';
import { demangle } from '../../wasm/demangle.ts';
import type { SourceFrame } from '../dwarf/debug-info.ts';
import { FrameNames } from './frame-names.ts';
import { SourceLines } from './source-lines.ts';

export interface PlacedFrame {
  readonly func: number;
  /** Byte of the module; of a caller, of its call. */
  readonly offset: number;
  readonly name?: string | undefined;
  /** Of a component: id of the core module. Absent where it is not known. */
  readonly module?: number | undefined;
}

export interface Located {
  /** Innermost first; empty where nothing is known. */
  readonly source: readonly SourceFrame[];
  /** Why nothing is known, where the module was built with debug information; for people. */
  readonly sourceProblem?: string;
  /** What the frame's module calls itself, where `module` is given. */
  readonly moduleName?: string;
}

/**
 * @param trace with the modules
 * @returns the same frames, with readable names
 */
export function locateFrames<Frame extends PlacedFrame>(
  trace: TraceReader,
  frames: readonly Frame[],
): readonly (Frame & Located)[] {
  // of a component's older trace it is not known whose each frame is
  const whole = trace.meta.flavour !== 'component';
  const known = new Map<number | undefined, FrameNames | undefined>();
  return frames.map((frame) => {
    const { module, offset, func } = frame;
    if (!known.has(module)) {
      known.set(module, whole || module !== undefined ? FrameNames.of(trace, module) : undefined);
    }
    const names = known.get(module);
    // V8's names are cut where they are long, and mangled
    const name = names?.nameOf(func)?.name ?? (frame.name && demangle(frame.name));
    const own = module === undefined ? undefined : (names?.moduleName ?? `module ${module}`);
    return {
      ...frame,
      ...(name !== undefined && { name }),
      ...(own !== undefined && { moduleName: own }),
      ...(names?.located(offset) ?? { source: [] }),
    };
  });
}

/** Source files that the debug information of a trace names. */
export function sourceNames(trace: TraceReader): readonly string[] {
  return new SourceLines(FrameNames.of(trace)).files;
}
