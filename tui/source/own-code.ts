/** Which frame of a stack is of interest where no motion led: libraries call the host, and panic for the program. */
import type { LocatedFrame } from '../../replayer/timetravel/messages.ts';
import type { SourceFiles } from './source-files.ts';

export interface OwnCode {
  /** Frame of wasm, 0 the innermost. */
  readonly level: number;
  /** Which of the calls of the source that stand in it, 0 the innermost. */
  readonly call: number;
}

/** The innermost call of which the source is here; undefined where there is none. */
export function ownCode(stack: readonly LocatedFrame[], sources: SourceFiles): OwnCode | undefined {
  for (const [level, { source }] of stack.entries()) {
    const call = source.findIndex(({ place }) => place && sources.lines(place.file) !== undefined);
    if (call >= 0) return { level, call };
  }
  return undefined;
}
