/** All units of one file: finds entries by offset, and types by signature. */
import type { AbbreviationTable } from './abbreviations.ts';
import type { Entry } from './entry.ts';
import type { Integer } from './input.ts';
import type { DebugSections } from './sections.ts';
import { type Contributions, Unit, type UnitFile } from './unit.ts';

export interface DebugFileOptions {
  /** Whether the sections are those of a `.dwo` or `.dwp`. */
  readonly split: boolean;
  /** Where a unit's share of each section begins, by the unit's offset; of a `.dwp`. */
  readonly contributions?: (offset: number) => Contributions | undefined;
}

export class DebugFile implements UnitFile {
  readonly sections: DebugSections;
  readonly split: boolean;
  readonly abbreviations = new Map<number, AbbreviationTable>();
  /** In the order of the file. */
  readonly units: readonly Unit[];
  /** What was left out, and why. */
  readonly problem: string | undefined;
  /** `.debug_types` of DWARF 4, whose references stay within it. */
  private readonly types: DebugFile | undefined;
  private signatures: Map<Integer, Unit> | undefined;

  constructor(sections: DebugSections, options: DebugFileOptions, parent?: DebugFile) {
    this.sections = sections;
    this.split = options.split;
    const units: Unit[] = [];
    const size = sections.info?.length ?? 0;
    let problem: string | undefined;
    for (let offset = 0; offset < size; ) {
      try {
        const contributions = options.contributions?.(offset);
        const unit = new Unit(this, offset, parent !== undefined, contributions);
        units.push(unit);
        offset = unit.end;
      } catch (thrown) {
        // the units before it are as good as they were
        if (!(thrown instanceof RangeError)) throw thrown;
        problem = thrown.message;
        break;
      }
    }
    this.units = units;
    this.problem = problem;
    this.parent = parent;
    if (sections.types !== undefined && parent === undefined) {
      this.types = new DebugFile({ ...sections, info: sections.types }, options, this);
    }
  }

  private readonly parent: DebugFile | undefined;

  entryAt(offset: number): Entry {
    const entry = this.unitAt(offset).entryAt(offset);
    if (entry === undefined) throw new RangeError('a reference leads to no entry');
    return entry;
  }

  typeOf(signature: Integer): Entry | undefined {
    const top = this.parent ?? this;
    top.signatures ??= new Map(
      [...top.units, ...(top.types?.units ?? [])].flatMap((unit) =>
        unit.signature === undefined ? [] : [[unit.signature, unit]],
      ),
    );
    const unit = top.signatures.get(signature);
    return unit?.entryAt(unit.typeOffset);
  }

  private unitAt(offset: number): Unit {
    const { units } = this;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((units[middle] as Unit).start <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = units[low - 1];
    if (unit === undefined || offset >= unit.end) {
      throw new RangeError('a reference leads out of all units');
    }
    return unit;
  }
}
