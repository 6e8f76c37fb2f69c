/** Why a module's code has no lines of the source, where it was built with debug information. */
import type { DebugInfo } from '../dwarf/debug-info.ts';
import { findDebugSections } from '../dwarf/sections.ts';
import type { DebugFiles } from './debug-files.ts';

/**
 * @param files what the trace has besides the module. @param debug what was read of both
 * @returns for people; undefined where nothing is wrong: the module has none, or none of some function
 */
export function missingLines(
  module: Uint8Array,
  files: DebugFiles,
  debug: DebugInfo | undefined,
): string | undefined {
  if (debug !== undefined) {
    const [problem] = debug.check();
    if (problem !== undefined) return problem;
    const { missingUnits } = debug;
    if (missingUnits === 0) return undefined;
    const split = missingUnits === 1 ? 'a split file' : `${missingUnits} split files`;
    return `debug information is in ${split} (.dwo) that the trace does not have: wasi-rr attach puts them there`;
  }
  const named = namedFile(module);
  if (named === undefined || files.sourceMap !== undefined) return undefined;
  return `debug information is in ${named}, which the trace does not have: wasi-rr attach puts it there`;
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
