/**
 * `.debug_line`: runs a unit's line number program, of DWARF 2 to 5 (DWARF 5, section 6.2). Rows come
 * out as the file has them, tombstones too.
 */
import { readForm } from './forms.ts';
import { DwarfInput, type OffsetSize, stringAt } from './input.ts';
import { CONTENT } from './names.ts';
import type { DebugSections } from './sections.ts';

/** One row of the matrix. */
export interface LineRow {
  readonly address: number;
  /** Index into {@link LineTable.files}. */
  readonly file: number;
  /** 0: no line of the source. */
  readonly line: number;
  /** From 1; 0: the whole line. */
  readonly column: number;
  /** Where a debugger should stop for this line. */
  readonly isStatement: boolean;
  readonly basicBlock: boolean;
  readonly endSequence: boolean;
  readonly prologueEnd: boolean;
  readonly epilogueBegin: boolean;
  readonly isa: number;
  readonly discriminator: number;
}

export interface LineTable {
  readonly version: number;
  readonly addressSize: number;
  /** Paths by file index, joined with their folders; a hole is no file. */
  readonly files: readonly (string | undefined)[];
  readonly rows: readonly LineRow[];
}

export interface LineProgramOptions {
  /** Folder of the unit, which the paths of DWARF 2 to 4 start from. */
  readonly folder: string;
  /** Where that of DWARF 2 to 4 does not say. */
  readonly addressSize: number;
}

/** Column formats of a table of names (the standard knows 5), and files that a table may have. */
const MAX_FORMATS = 32;

const STANDARD = {
  extended: 0,
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;

const EXTENDED = { endSequence: 1, setAddress: 2, defineFile: 3, setDiscriminator: 4 } as const;

interface Header {
  readonly version: number;
  readonly addressSize: number;
  readonly minInstruction: number;
  readonly maxOperations: number;
  readonly defaultStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operands: readonly number[];
  readonly folders: string[];
  readonly files: (string | undefined)[];
  /** Where the program itself stands. */
  readonly program: number;
  readonly end: number;
}

/**
 * @param offset of the unit's table in `.debug_line`
 * @throws RangeError where the table does not hold together
 */
export function readLineTable(
  sections: DebugSections,
  offset: number,
  options: LineProgramOptions,
): LineTable {
  const section = sections.line;
  if (section === undefined) throw new RangeError('there is no section .debug_line');
  const header = readHeader(sections, section, offset, options);
  const input = new DwarfInput(section, header.program, header.end);
  const rows = runProgram(input, header, options);
  const { version, addressSize, files } = header;
  return { version, addressSize, files, rows };
}

function readHeader(
  sections: DebugSections,
  section: Uint8Array,
  offset: number,
  options: LineProgramOptions,
): Header {
  const start = new DwarfInput(section, offset);
  const { length, offsetSize } = start.initialLength();
  const input = new DwarfInput(section, start.position, start.position + length);
  const version = input.u16();
  if (version < 2 || version > 5) {
    throw new RangeError(`a line table is of DWARF ${version}; 2 to 5 are known`);
  }
  let { addressSize } = options;
  if (version >= 5) {
    addressSize = input.u8();
    input.skip(1);
  }
  const headerLength = input.offset(offsetSize);
  const program = input.position + headerLength;
  const minInstruction = input.u8();
  const maxOperations = version >= 4 ? Math.max(1, input.u8()) : 1;
  const defaultStatement = input.u8() !== 0;
  const lineBase = input.i8();
  const lineRange = input.u8();
  const opcodeBase = input.u8();
  if (lineRange === 0) throw new RangeError('a line table has steps of no lines');
  const operands = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operands.push(input.u8());
  const { folders, files } =
    version >= 5
      ? readNewNames(input, sections, offsetSize, addressSize)
      : readOldNames(input, options.folder);
  const end = input.limit;
  const sizes = { version, addressSize, minInstruction, maxOperations, defaultStatement };
  const steps = { lineBase, lineRange, opcodeBase, operands };
  return { ...sizes, ...steps, folders, files, program, end };
}

function readOldNames(input: DwarfInput, folder: string) {
  const folders = [folder];
  for (let name = input.string(); name !== ''; name = input.string()) {
    folders.push(joinPath(folder, name));
  }
  // files count from 1
  const files: (string | undefined)[] = [undefined];
  for (let name = input.string(); name !== ''; name = input.string()) {
    files.push(joinPath(folders[input.uleb()] ?? '', name));
    // time and size
    input.uleb();
    input.uleb();
  }
  return { folders, files };
}

function readNewNames(
  input: DwarfInput,
  sections: DebugSections,
  offsetSize: OffsetSize,
  addressSize: number,
) {
  const context = { version: 5, addressSize, offsetSize, start: 0 };
  const table = (): { path: string; folder: number }[] => {
    const formats: { content: number; form: number }[] = [];
    const count = input.u8();
    if (count > MAX_FORMATS) throw new RangeError('a line table has too many columns of names');
    for (let i = 0; i < count; i++) formats.push({ content: input.uleb(), form: input.uleb() });
    const names: { path: string; folder: number }[] = [];
    const entries = input.uleb();
    // entries of no bytes would go on for ever
    if (formats.length === 0 && entries > 0) throw new RangeError('a line table has empty names');
    for (let i = 0; i < entries; i++) {
      const before = input.position;
      let path = '';
      let folder = 0;
      for (const { content, form } of formats) {
        const value = readForm(input, form, context, undefined);
        if (content === CONTENT.directory && value.kind === 'constant') {
          folder = Number(value.value);
        } else if (content === CONTENT.path) {
          if (value.kind === 'string') path = value.value;
          else if (value.kind === 'stringAt') path = stringAt(sections[value.section], value.value);
        }
      }
      if (input.position === before) throw new RangeError('a line table has empty names');
      names.push({ path, folder });
    }
    return names;
  };
  const given = table().map(({ path }) => path);
  const folders = given.map((path) => joinPath(given[0] ?? '', path));
  const files = table().map(({ path, folder }) => joinPath(folders[folder] ?? '', path));
  return { folders, files };
}

/** `path` from `folder` on, if it is relative; a Windows path is absolute, too. */
function joinPath(folder: string, path: string): string {
  if (folder === '' || folder === path || /^([/\\]|[A-Za-z]:[/\\])/.test(path)) return path;
  return folder.endsWith('/') ? folder + path : `${folder}/${path}`;
}

/** Hot: one turn an opcode, and a large module has millions. */
function runProgram(input: DwarfInput, header: Header, { folder }: LineProgramOptions): LineRow[] {
  const { minInstruction, maxOperations, defaultStatement } = header;
  const { lineBase, lineRange, opcodeBase, operands, addressSize, files, folders } = header;
  const rows: LineRow[] = [];
  const size = 2 ** (8 * addressSize);
  let address = 0;
  let operation = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let isStatement = defaultStatement;
  let isa = 0;
  let discriminator = 0;
  let basicBlock = false;
  let prologueEnd = false;
  let epilogueBegin = false;
  const advance = (operations: number) => {
    const total = operation + operations;
    address = (address + minInstruction * Math.floor(total / maxOperations)) % size;
    operation = total % maxOperations;
  };
  const emit = (endSequence: boolean) => {
    const marks = { isStatement, basicBlock, endSequence, prologueEnd, epilogueBegin };
    rows.push({ address, file, line, column, ...marks, isa, discriminator });
    discriminator = 0;
    basicBlock = false;
    prologueEnd = false;
    epilogueBegin = false;
  };
  while (!input.atEnd) {
    const opcode = input.u8();
    if (opcode >= opcodeBase) {
      const step = opcode - opcodeBase;
      advance(Math.floor(step / lineRange));
      line = (line + lineBase + (step % lineRange)) >>> 0;
      emit(false);
      continue;
    }
    switch (opcode) {
      case STANDARD.extended: {
        const length = input.uleb();
        const next = input.position + length;
        const kind = length === 0 ? 0 : input.u8();
        if (kind === EXTENDED.endSequence) {
          emit(true);
          address = 0;
          operation = 0;
          file = 1;
          line = 1;
          column = 0;
          isStatement = defaultStatement;
          isa = 0;
        } else if (kind === EXTENDED.setAddress) {
          address = input.unsigned(length - 1);
          operation = 0;
        } else if (kind === EXTENDED.setDiscriminator) discriminator = input.uleb();
        else if (kind === EXTENDED.defineFile) {
          const name = input.string();
          files.push(joinPath(folders[input.uleb()] ?? folder, name));
        }
        input.position = Math.min(next, input.limit);
        break;
      }
      case STANDARD.copy:
        emit(false);
        break;
      case STANDARD.advancePc:
        advance(input.uleb());
        break;
      case STANDARD.advanceLine:
        line = (line + input.sleb()) >>> 0;
        break;
      case STANDARD.setFile:
        file = input.uleb();
        break;
      case STANDARD.setColumn:
        column = input.uleb();
        break;
      case STANDARD.negateStatement:
        isStatement = !isStatement;
        break;
      case STANDARD.setBasicBlock:
        basicBlock = true;
        break;
      case STANDARD.constAddPc:
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case STANDARD.fixedAdvancePc:
        address = (address + input.u16()) % size;
        operation = 0;
        break;
      case STANDARD.setPrologueEnd:
        prologueEnd = true;
        break;
      case STANDARD.setEpilogueBegin:
        epilogueBegin = true;
        break;
      case STANDARD.setIsa:
        isa = input.uleb();
        break;
      default:
        // an opcode of the future says how many operands it has
        for (let left = operands[opcode] ?? 0; left > 0; left--) input.uleb();
    }
  }
  return rows;
}
