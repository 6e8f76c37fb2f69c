/** Which frame of a stack is of interest where no motion led: libraries call the host, and panic for the program. */
import type { LocatedFrame } from '../../replayer/timetravel/messages.ts';
import type { SourceFiles } from './source-files.ts';

export interface OwnCode {
  /** Frame of wasm, 0 the innermost. */
  readonly level: number;
  /** Which of the calls of the source that stand in it, 0 the innermost. */
  readonly call: number;
}

/** Folders of what compilers bring along: their sources may be here, and are not what one debugs. */
const LIBRARIES =
  /^\/usr\/(local\/)?(include|lib|share)\/|\/rustc[-/]|\/\.cargo\/registry\/|(^|\/)~lib\/|\/lib\/std\/|\/wasi-sysroot\//;

/**
 * The innermost call of which the source is here, of the program's own code if there is such a call; undefined
 * where there is none.
 */
export function ownCode(stack: readonly LocatedFrame[], sources: SourceFiles): OwnCode | undefined {
  const isHere = (file: string) => sources.lines(file) !== undefined;
  return (
    innermost(stack, (file) => !LIBRARIES.test(file) && isHere(file)) ?? innermost(stack, isHere)
  );
}

function innermost(
  stack: readonly LocatedFrame[],
  isWanted: (file: string) => boolean,
): OwnCode | undefined {
  for (const [level, { source }] of stack.entries()) {
    const call = source.findIndex(({ place }) => place && isWanted(place.file));
    if (call >= 0) return { level, call };
  }
  return undefined;
}
