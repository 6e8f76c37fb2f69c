/** Puts the units of split files (`.dwo`, `.dwp`) in the place of the skeletons that stand for them in a module. */
import { DebugFile } from './debug-file.ts';
import type { Integer } from './input.ts';
import type { DebugSections } from './sections.ts';
import type { Unit } from './unit.ts';
import { readUnitIndex } from './unit-index.ts';

export interface JoinedUnits {
  readonly units: readonly Unit[];
  /** Skeletons whose split files are not at hand. */
  readonly missing: number;
  /** What is wrong, for people. */
  readonly problems: readonly string[];
}

/** @param split sections of each split file */
export function joinSplitUnits(
  skeletons: readonly Unit[],
  split: readonly DebugSections[],
): JoinedUnits {
  const problems: string[] = [];
  const byId = new Map<Integer, Unit>();
  const idOf = (unit: Unit): Integer | undefined => {
    try {
      return unit.dwoId;
    } catch (thrown) {
      // a damaged unit is told of when it is read
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  };
  for (const sections of split) {
    const shares = sections.cu_index && readUnitIndex(sections.cu_index);
    const contributions = shares && ((offset: number) => shares.get(offset));
    const file = new DebugFile(sections, { split: true, ...(contributions && { contributions }) });
    if (file.problem !== undefined) problems.push(file.problem);
    for (const unit of file.units) {
      const id = idOf(unit);
      if (id !== undefined) byId.set(id, unit);
    }
  }
  let missing = 0;
  const units = skeletons.map((skeleton) => {
    const id = idOf(skeleton);
    if (id === undefined) return skeleton;
    const unit = byId.get(id);
    if (unit === undefined) {
      missing++;
      return skeleton;
    }
    unit.skeleton = skeleton;
    return unit;
  });
  if (missing > 0) {
    problems.push(
      `the debug information of ${missing} of ${skeletons.length} compilation units is in split files (.dwo, .dwp) that are not at hand: wasi-rr attach puts them into a trace`,
    );
  }
  return { units, missing, problems };
}
