/** Line tables, row for row as llvm-dwarfdump has them; the goldens were made of its output. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DwarfInput } from '../../../replayer/dwarf/input.ts';
import { type LineRow, readLineTable } from '../../../replayer/dwarf/line-program.ts';
import { findDebugSections } from '../../../replayer/dwarf/sections.ts';
import { type DumpedTable, dumpLines, HAS_DWARFDUMP } from './dwarfdump.ts';

const FOLDERS = ['programs', '../../../examples/wasm'].map((folder) =>
  join(import.meta.dirname, folder),
);
const MODULES = FOLDERS.flatMap((folder) => modulesIn(folder));
/** Larger ones, where there are. */
const CORPUS = process.env.WASI_RR_CORPUS;
const MORE = CORPUS === undefined ? [] : modulesIn(CORPUS, { recursive: true });
const GOLDEN = 'golden/lines.txt';

function modulesIn(
  folder: string,
  options: { readonly recursive: boolean } = { recursive: false },
) {
  return readdirSync(folder, { encoding: 'utf8', ...options })
    .filter((name) => name.endsWith('.wasm') && !name.endsWith('.component.wasm'))
    .map((name) => join(folder, name));
}

/** Every table of the section, in the tool's words. */
function readLines(path: string): DumpedTable[] {
  const { sections } = findDebugSections(readFileSync(path));
  const tables: DumpedTable[] = [];
  const size = sections.line?.length ?? 0;
  for (let offset = 0; offset < size; ) {
    const { files, rows } = readLineTable(sections, offset, { folder: '', addressSize: 4 });
    const names = files.flatMap((file, i) => (file === undefined ? [] : [`${i} ${file}`]));
    tables.push({ offset, files: names, rows: live(rows).map(rowText) });
    const input = new DwarfInput(sections.line ?? new Uint8Array(), offset);
    offset = input.initialLength().length + input.position;
  }
  return tables;
}

/** Without the sequences of functions that the linker threw away, which the tool leaves out. */
function live(rows: readonly LineRow[]): LineRow[] {
  const kept: LineRow[] = [];
  let sequence: LineRow[] = [];
  for (const row of rows) {
    sequence.push(row);
    if (!row.endSequence) continue;
    if ((sequence[0]?.address ?? 0) < 0xfffffffe) kept.push(...sequence);
    sequence = [];
  }
  return kept;
}

function rowText(row: LineRow): string {
  const flags = [
    row.isStatement && 'is_stmt',
    row.basicBlock && 'basic_block',
    row.prologueEnd && 'prologue_end',
    row.epilogueBegin && 'epilogue_begin',
    row.endSequence && 'end_sequence',
  ].filter((flag) => flag !== false);
  const place = `${row.address.toString(16)} ${row.file}:${row.line}:${row.column}`;
  return [place, row.isa, row.discriminator, ...flags].join(' ');
}

function inNoFolder(file: string): string {
  return file.replace(/ .*\//, ' ');
}

function summary(read: (path: string) => readonly DumpedTable[]): string {
  const lines = MODULES.map((path) => {
    const tables = read(path);
    const rows = tables.flatMap((table) => table.rows);
    const hash = createHash('sha256').update(rows.join('\n')).digest('hex').slice(0, 16);
    return `${basename(path)} ${tables.length} tables ${rows.length} rows ${hash}\n`;
  });
  return lines.join('');
}

test('rows are those of the goldens', async () => {
  await expect(summary(readLines)).toMatchFileSnapshot(GOLDEN);
});

describe.runIf(HAS_DWARFDUMP)('llvm-dwarfdump', () => {
  test.each([...MODULES, ...MORE])('%s', (path) => {
    const expected = dumpLines(path);
    const actual = readLines(path);
    expect(actual.length).toBe(expected.length);
    for (const [i, table] of expected.entries()) {
      expect(actual[i]?.offset).toBe(table.offset);
      expect(actual[i]?.rows).toEqual(table.rows);
      // the tool has a file's name apart from its folder
      expect(actual[i]?.files.map(inNoFolder)).toEqual(table.files.map(inNoFolder));
    }
  });

  test('made the goldens', async () => {
    await expect(summary(dumpLines)).toMatchFileSnapshot(GOLDEN);
  });
});
