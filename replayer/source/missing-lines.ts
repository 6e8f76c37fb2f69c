/** Why a module's code has no lines of the source, where it was built with debug information. */
import type { DebugInfo } from '../dwarf/debug-info.ts';
import { findDebugSections } from '../dwarf/sections.ts';
import type { DebugFiles } from './debug-files.ts';

/** What is wrong with it as far as it was looked at; undefined where it has nothing of some function. For people. */
export function debugProblem({ problems, missingUnits }: DebugInfo): string | undefined {
  const [problem] = problems;
  if (problem !== undefined || missingUnits === 0) return problem;
  const split = missingUnits === 1 ? 'a split file' : `${missingUnits} split files`;
  return `debug information is in ${split} (.dwo) that the trace does not have: wasi-rr attach puts them there`;
}

/** Which file a module without debug information names for it. @param files what the trace has besides the module */
export function missingFile(module: Uint8Array, files: DebugFiles): string | undefined {
  const named = files.sourceMap === undefined ? namedFile(module) : undefined;
  return (
    named &&
    `debug information is in ${named}, which the trace does not have: wasi-rr attach puts it there`
  );
}

function namedFile(module: Uint8Array): string | undefined {
  try {
    const { external, sourceMap } = findDebugSections(module);
    return external ?? sourceMap;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
