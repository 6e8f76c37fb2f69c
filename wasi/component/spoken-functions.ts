/** Which functions that a component imports have words: the others only tell its runtime how to go on. */
import type { CoreMeanings } from './core-meanings.ts';
import { SPOKEN } from './runtime-words.ts';

/** @param functions the dictionary of a trace @returns their ids */
export function spokenFunctions(
  meanings: CoreMeanings,
  functions: Iterable<{ readonly id: number; readonly direction: string }>,
): number[] {
  return [...functions]
    .filter(({ id, direction }) => {
      if (direction !== 'import') return false;
      const builtin = meanings.builtin(id)?.name;
      return meanings.imported(id) !== undefined || (builtin !== undefined && builtin in SPOKEN);
    })
    .map(({ id }) => id);
}
