/**
 * What the DWARF of a module says of its code: which line of which file, in which function, inlined into
 * which. Units are indexed when a module is opened, and read when something in them is asked for. Takes
 * bytes, opens nothing; what is damaged is left out, and {@link DebugInfo.problems} says so.
 */
import { CodeLayout } from './code-layout.ts';
import { DebugFile } from './debug-file.ts';
import type { Entry } from './entry.ts';
import { Globals } from './globals.ts';
import { lazily } from './lazily.ts';
import { LineIndex, type LinePlace, placeOf } from './line-index.ts';
import { readLineTable } from './line-program.ts';
import { NamedTypes } from './named-types.ts';
import { AT } from './names.ts';
import { type AddressRange, contains, rangesOf } from './ranges.ts';
import {
  functionName,
  functionsOf,
  readScope,
  type Scope,
  scopesAt,
  type UnitFunctions,
} from './scopes.ts';
import { type DebugSections, findDebugSections, type ModuleDebug } from './sections.ts';
import { joinSplitUnits } from './split-units.ts';
import { Types } from './types.ts';
import type { Unit } from './unit.ts';
import { type Variable, variablesOf } from './variables.ts';

/** One call of the source: a wasm frame is several where calls were inlined. */
export interface SourceFrame {
  /** Demangled; undefined where the debug information names none. */
  readonly name: string | undefined;
  readonly place: LinePlace | undefined;
  /** Whether it has no wasm frame of its own: the next one of the list is what it was inlined into. */
  readonly inlined: boolean;
}

/** A stretch of code that begins at an offset, up to the next row. */
export interface SourceRow {
  /** Byte offset in the module. */
  readonly offset: number;
  readonly place: LinePlace;
  /** Whether a breakpoint on the line belongs here. */
  readonly isStatement: boolean;
  /** Whether the function's parameters are in place from here on. */
  readonly prologueEnd: boolean;
}

/** One call of the source, with what can be named in it. */
export interface SourceCall {
  readonly frame: SourceFrame;
  /** Of the wasm frame: the function that others may be inlined into. */
  readonly entry: Entry;
  /** Its own; the same object for the same call, wherever one stands in it. */
  readonly own: Entry;
  /** Parameters, then locals; inner ones behind those that they hide. @throws RangeError */
  readonly variables: () => readonly Variable[];
}

/** Wasm files that hold debug information of a module which is not in it. */
export interface ExtraDebugFiles {
  /** What `external_debug_info` names. */
  readonly external?: Uint8Array | undefined;
  /** `.dwo` and `.dwp`. */
  readonly split?: readonly Uint8Array[] | undefined;
}

export class DebugInfo {
  readonly layout: CodeLayout;
  readonly types: Types;
  readonly globals: Globals;
  readonly namedTypes: NamedTypes;
  private readonly units: readonly Unit[];
  /** Compilation units that stand in split files which were not given. */
  readonly missingUnits: number;
  private readonly said = new Set<string>();
  private readonly lineIndexes = new Map<Unit, LineIndex | undefined>();
  private readonly unitFunctions = new Map<Unit, UnitFunctions>();
  private readonly unitRanges = new Map<Unit, readonly AddressRange[]>();
  /** By offset. */
  private readonly calls = new Map<number, readonly SourceCall[]>();
  /** By address of the body. */
  private readonly scopes = new Map<number, Scope | undefined>();

  private constructor(
    module: Uint8Array,
    codeStart: number,
    { sections }: ModuleDebug,
    split: readonly DebugSections[],
  ) {
    this.layout = new CodeLayout(module, codeStart);
    const file = new DebugFile(sections, { split: false });
    if (file.problem !== undefined) this.said.add(file.problem);
    const { units, missing, problems } = joinSplitUnits(file.units, split);
    for (const problem of problems) this.said.add(problem);
    this.units = units;
    this.missingUnits = missing;
    this.types = new Types(units);
    this.globals = new Globals(units, this.types);
    this.namedTypes = new NamedTypes(units, this.types);
  }

  /**
   * @param extra what stands in other files
   * @returns undefined for a module without DWARF, or one that is no module
   */
  static of(module: Uint8Array, extra: ExtraDebugFiles = {}): DebugInfo | undefined {
    try {
      const own = findDebugSections(module);
      const debug = own.sections.info || !extra.external ? own : findDebugSections(extra.external);
      if (debug.sections.info === undefined) return undefined;
      const split = extra.split?.map((file) => findDebugSections(file).split) ?? [];
      return new DebugInfo(module, own.codeStart, debug, split);
    } catch (thrown) {
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  }

  /** What is wrong with the debug information, as far as it was looked at; for people. */
  get problems(): readonly string[] {
    return [...this.said];
  }

  /**
   * The calls of the source that stand at a place in the code, innermost first.
   * @param offset byte offset in the module of an instruction; of a caller, of its call
   * @returns empty where the debug information says nothing
   */
  framesAt(offset: number): readonly SourceFrame[] {
    return this.callsAt(offset).map(({ frame }) => frame);
  }

  /** As {@link framesAt}, with what can be named in each call. The latest places are kept. */
  callsAt(offset: number): readonly SourceCall[] {
    let calls = this.calls.get(offset);
    if (calls === undefined) {
      if (this.calls.size >= MOST_CALLS) this.calls.clear();
      calls = this.readCalls(offset);
      this.calls.set(offset, calls);
    }
    return calls;
  }

  private readCalls(offset: number): readonly SourceCall[] {
    const address = this.addressOf(offset);
    const scope = this.scopeAt(address);
    if (scope === undefined) return [];
    return this.reading([], () => {
      const calls: SourceCall[] = [];
      let place = this.placeAt(scope.entry.unit, address);
      let blocks: Scope[] = [];
      for (const inner of scopesAt(scope, address).reverse()) {
        blocks.unshift(inner);
        if (inner.kind === 'block') continue;
        const frame = { name: functionName(inner.entry), place, inlined: inner.kind === 'inlined' };
        const scopes = blocks;
        calls.push({
          ...{ frame, entry: scope.entry, own: inner.entry },
          variables: lazily(() => variablesOf(scopes)),
        });
        place = this.callPlace(inner.entry);
        blocks = [];
      }
      return calls;
    });
  }

  /** All rows of the line tables, unit by unit; within a unit in the order of the code. */
  *rows(): Generator<SourceRow, undefined> {
    for (const unit of this.units) {
      const lines = this.linesOf(unit);
      if (lines === undefined) continue;
      for (const row of lines.rows()) {
        const place = lines.place(row);
        if (place === undefined) continue;
        const { isStatement, prologueEnd } = row;
        yield { offset: row.address + this.layout.codeStart, place, isStatement, prologueEnd };
      }
    }
  }

  /** The function whose code holds an offset; of inlined calls, the one around them. */
  functionAt(offset: number): Entry | undefined {
    return this.scopeAt(this.addressOf(offset))?.entry;
  }

  /** Where an entry was declared, by the first of what it is made of that says so. */
  declaredAt(entry: Entry): LinePlace | undefined {
    return this.reading(undefined, () => {
      const declared = entry.originWith(AT.declLine);
      const files = declared && this.linesOf(declared.unit)?.files;
      const file = entry.originWith(AT.declFile)?.number(AT.declFile);
      if (declared === undefined || files === undefined || file === undefined) return undefined;
      return placeOf(files, file, declared.number(AT.declLine) ?? 0, 0);
    });
  }

  /** Goes through what may not hold together: what there is until then. */
  readable<T>(otherwise: T, read: () => T): T {
    return this.reading(otherwise, read);
  }

  /** What DWARF calls the place of a byte of the module. */
  addressOf(offset: number): number {
    return offset - this.layout.codeStart;
  }

  /** The function, with all that is in it, whose code holds an address; memoized. */
  private scopeAt(address: number): Scope | undefined {
    const body = this.layout.bodyAt(address);
    if (body === undefined) return undefined;
    if (!this.scopes.has(body.low)) {
      const entry = this.functionEntryAt(address);
      this.scopes.set(body.low, entry && this.reading(undefined, () => readScope(entry)));
    }
    return this.scopes.get(body.low);
  }

  private functionEntryAt(address: number): Entry | undefined {
    for (const unit of this.units) {
      if (!this.mayHold(unit, address)) continue;
      const { functions } = this.functionsOf(unit);
      const found = functions.find(({ low, high }) => low <= address && address < high);
      if (found !== undefined) return found.entry;
    }
    return undefined;
  }

  private functionsOf(unit: Unit): UnitFunctions {
    let found = this.unitFunctions.get(unit);
    if (found === undefined) {
      found = this.reading({ functions: [], stale: 0 }, () => functionsOf(unit, this.layout));
      if (found.stale > 0) this.said.add(STALE);
      this.unitFunctions.set(unit, found);
    }
    return found;
  }

  private mayHold(unit: Unit, address: number): boolean {
    let ranges = this.unitRanges.get(unit);
    if (ranges === undefined) {
      ranges = this.reading([], () => rangesOf((unit.skeleton ?? unit).root));
      this.unitRanges.set(unit, ranges);
    }
    return contains(ranges, address);
  }

  private linesOf(unit: Unit): LineIndex | undefined {
    if (!this.lineIndexes.has(unit)) {
      const index = this.reading(undefined, () => {
        // a split unit's lines are in the module
        const holder = unit.skeleton ?? unit;
        const offset = holder.lineOffset;
        if (offset === undefined) return undefined;
        const { folder, addressSize } = holder;
        const table = readLineTable(holder.file.sections, offset, { folder, addressSize });
        return new LineIndex(table, this.layout);
      });
      this.lineIndexes.set(unit, index);
    }
    return this.lineIndexes.get(unit);
  }

  private placeAt(unit: Unit, address: number): LinePlace | undefined {
    const lines = this.linesOf(unit);
    const row = lines?.rowAt(address);
    return row && lines?.place(row);
  }

  /** Where an inlined call stands in the function around it. */
  private callPlace(entry: Entry): LinePlace | undefined {
    const file = entry.number(AT.callFile);
    const files = this.linesOf(entry.unit)?.files;
    if (file === undefined || files === undefined) return undefined;
    return placeOf(files, file, entry.number(AT.callLine) ?? 0, entry.number(AT.callColumn) ?? 0);
  }

  /** What cannot be read is left out and told of. */
  private reading<T>(otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      this.said.add(thrown.message);
      return otherwise;
    }
  }
}

/** Places whose calls are kept: a value that is followed through a run is looked at in the same ones. */
const MOST_CALLS = 4096;

const STALE =
  'debug information is left out, it does not fit the code: a tool changed the module after it was linked, as clang -O2 does where a wasm-opt is on PATH. Build without it, or with wasm-opt -g';
