/** One unit of `.debug_info`: its header, and what its entries refer to (DWARF 5, section 7.5.1). */
import { type Abbreviation, type AbbreviationTable, readAbbreviations } from './abbreviations.ts';
import { Entry } from './entry.ts';
import type { FormContext, RawValue } from './forms.ts';
import { DwarfInput, type Integer, type OffsetSize, stringAt } from './input.ts';
import { AT, UNIT } from './names.ts';
import type { DebugSections, SectionName } from './sections.ts';

/** Where a unit's share of each section begins; all 0 but in a `.dwp`. */
export type Contributions = Readonly<Partial<Record<SectionName, number>>>;

/** What units have in common that stand in one file. */
export interface UnitFile {
  readonly sections: DebugSections;
  /** Whether it is a split file: its tables have no bases of their own. */
  readonly split: boolean;
  readonly abbreviations: Map<number, AbbreviationTable>;
  /** The entry that a reference means. @throws RangeError where there is none */
  entryAt(offset: number): Entry;
  /** The type that a signature means. */
  typeOf(signature: Integer): Entry | undefined;
}

interface Bases {
  readonly strOffsets: number;
  readonly addr: number;
  readonly rnglists: number;
  readonly loclists: number;
  /** Added to offsets into `.debug_ranges` (split units of GNU's DWARF 4). */
  readonly ranges: number;
}

export class Unit implements FormContext {
  readonly file: UnitFile;
  readonly version: number;
  readonly type: number;
  readonly addressSize: number;
  readonly offsetSize: OffsetSize;
  readonly start: number;
  readonly end: number;
  /** Of a type unit: its signature, and where its type is. */
  readonly signature: Integer | undefined;
  readonly typeOffset: number;
  readonly contributions: Contributions;
  /** The unit of the module that stands for this one, which is in a split file. */
  skeleton: Unit | undefined;
  private readonly headerDwoId: Integer | undefined;
  private readonly rootOffset: number;
  private readonly tableOffset: number;
  private cachedTable: AbbreviationTable | undefined;
  private cachedRoot: Entry | undefined;
  private cachedBases: Bases | undefined;

  /**
   * @param offset of the unit in the section
   * @param isTypes whether the section is `.debug_types` of DWARF 4
   * @throws RangeError where there is no unit of a known version
   */
  constructor(file: UnitFile, offset: number, isTypes: boolean, contributions: Contributions = {}) {
    const info = file.sections.info;
    if (info === undefined) throw new RangeError('there is no section .debug_info');
    const input = new DwarfInput(info, offset);
    const { length, offsetSize } = input.initialLength();
    const end = input.position + length;
    if (end > info.length) throw new RangeError('a unit reaches beyond its section');
    this.file = file;
    this.start = offset;
    this.end = end;
    this.offsetSize = offsetSize;
    this.contributions = contributions;
    this.version = input.u16();
    if (this.version < 2 || this.version > 5) {
      throw new RangeError(`debug information is of DWARF ${this.version}; 2 to 5 are known`);
    }
    let abbreviations: number;
    let headerDwoId: Integer | undefined;
    let signature: Integer | undefined;
    let typeOffset = 0;
    if (this.version >= 5) {
      this.type = input.u8();
      this.addressSize = input.u8();
      abbreviations = input.offset(offsetSize);
      if (this.type === UNIT.skeleton || this.type === UNIT.splitCompile) headerDwoId = input.u64();
    } else {
      this.type = isTypes ? UNIT.type : UNIT.compile;
      abbreviations = input.offset(offsetSize);
      this.addressSize = input.u8();
    }
    if (this.addressSize !== 4 && this.addressSize !== 8) {
      throw new RangeError(`debug information has addresses of ${this.addressSize} bytes`);
    }
    if (this.type === UNIT.type || this.type === UNIT.splitType) {
      signature = input.u64();
      typeOffset = offset + input.offset(offsetSize);
    }
    this.headerDwoId = headerDwoId;
    this.signature = signature;
    this.typeOffset = typeOffset;
    this.rootOffset = input.position;
    this.tableOffset = abbreviations + (contributions.abbrev ?? 0);
  }

  /** @throws RangeError where the unit is empty */
  get root(): Entry {
    this.cachedRoot ??= this.entryAt(this.rootOffset);
    if (this.cachedRoot === undefined) throw new RangeError('a unit has no entry');
    return this.cachedRoot;
  }

  /** What binds a skeleton to its split unit; undefined for others. */
  get dwoId(): Integer | undefined {
    if (this.headerDwoId !== undefined) return this.headerDwoId;
    const value = this.root.attribute(AT.gnuDwoId);
    return value?.kind === 'constant' ? value.value : undefined;
  }

  /** The entry at an offset of the section; undefined for the mark that ends a list of children. */
  entryAt(offset: number): Entry | undefined {
    const input = this.inputAt(offset);
    const code = input.uleb();
    if (code === 0) return undefined;
    return new Entry(this, offset, input.position, this.abbreviation(code));
  }

  /** A cursor over the unit. @throws RangeError outside of it */
  inputAt(offset: number): DwarfInput {
    const { info } = this.file.sections;
    if (info === undefined || offset < this.start) throw new RangeError('an entry lies elsewhere');
    return new DwarfInput(info, offset, this.end);
  }

  /** A section, from this unit's share of it on. */
  section(name: SectionName): Uint8Array | undefined {
    return this.file.sections[name]?.subarray(this.contributions[name] ?? 0);
  }

  /** @throws RangeError where it is no string or its section is missing */
  text(value: RawValue): string {
    if (value.kind === 'string') return value.value;
    // strings of all units of a .dwp stand in one section
    if (value.kind === 'stringAt') return stringAt(this.file.sections[value.section], value.value);
    if (value.kind !== 'stringIndex') throw new RangeError('an attribute is no string');
    const table = this.section('str_offsets');
    if (table === undefined) throw new RangeError('the section .debug_str_offsets is missing');
    const at = this.bases.strOffsets + value.value * this.offsetSize;
    const offset = new DwarfInput(table, at).offset(this.offsetSize);
    return stringAt(this.file.sections.str, offset);
  }

  /** An address; undefined for a value that is none. @throws RangeError where its table is missing */
  address(value: RawValue): number | undefined {
    if (value.kind === 'address') return value.value;
    return value.kind === 'addressIndex' ? this.indexedAddress(value.value) : undefined;
  }

  /** @throws RangeError as {@link address} */
  indexedAddress(index: number): number {
    if (this.skeleton !== undefined) return this.skeleton.indexedAddress(index);
    const table = this.file.sections.addr;
    if (table === undefined) throw new RangeError('the section .debug_addr is missing');
    const at = this.bases.addr + index * this.addressSize;
    return new DwarfInput(table, at).unsigned(this.addressSize);
  }

  /** Where the list stands that an attribute names, in `.debug_rnglists` or `.debug_loclists`. */
  listOffset(kind: 'rnglists' | 'loclists', value: RawValue): number | undefined {
    if (value.kind === 'section') return value.value;
    // DWARF 2 and 3 had no form for it
    if (value.kind === 'constant' && this.version < 4) return Number(value.value);
    if (value.kind !== 'listIndex') return undefined;
    const table = this.section(kind);
    if (table === undefined) throw new RangeError(`the section .debug_${kind} is missing`);
    const base = this.bases[kind];
    const at = base + value.value * this.offsetSize;
    return base + new DwarfInput(table, at).offset(this.offsetSize);
  }

  /** Where the line table stands in its section. */
  get lineOffset(): number | undefined {
    const value = this.root.attribute(AT.stmtList);
    if (value?.kind === 'section') return value.value;
    return value?.kind === 'constant' && this.version < 4 ? Number(value.value) : undefined;
  }

  /** DW_LANG_*. */
  get language(): number | undefined {
    return this.root.number(AT.language);
  }

  /** The compiler and its version. */
  get producer(): string | undefined {
    return this.root.string(AT.producer);
  }

  /** The folder that it was compiled in, which relative paths start from. */
  get folder(): string {
    return this.root.string(AT.compDir) ?? this.skeleton?.folder ?? '';
  }

  get bases(): Bases {
    this.cachedBases ??= this.readBases();
    return this.cachedBases;
  }

  private readBases(): Bases {
    const { root, offsetSize } = this;
    const at = (name: number): number | undefined => {
      const value = root.attribute(name);
      return value?.kind === 'section' || value?.kind === 'constant'
        ? Number(value.value)
        : undefined;
    };
    // what a table's header takes: tables of a split file have no base but this
    const isNew = this.version >= 5;
    const after = (more: number) => (isNew ? (offsetSize === 4 ? 4 : 12) + more : 0);
    return {
      strOffsets: at(AT.strOffsetsBase) ?? after(4),
      addr: at(AT.addrBase) ?? at(AT.gnuAddrBase) ?? after(4),
      rnglists: at(AT.rnglistsBase) ?? after(8),
      loclists: at(AT.loclistsBase) ?? after(8),
      ranges: this.skeleton?.bases.ranges ?? at(AT.gnuRangesBase) ?? 0,
    };
  }

  private abbreviation(code: number): Abbreviation {
    this.cachedTable ??= this.readTable();
    const abbreviation = this.cachedTable.get(code);
    if (abbreviation === undefined) {
      throw new RangeError(`an entry has the shape ${code}, which is not among the abbreviations`);
    }
    return abbreviation;
  }

  /** Units of one source language often share a table. */
  private readTable(): AbbreviationTable {
    const { sections, abbreviations } = this.file;
    const known = abbreviations.get(this.tableOffset);
    if (known !== undefined) return known;
    if (sections.abbrev === undefined) throw new RangeError('there is no section .debug_abbrev');
    const table = readAbbreviations(sections.abbrev, this.tableOffset);
    abbreviations.set(this.tableOffset, table);
    return table;
  }
}
