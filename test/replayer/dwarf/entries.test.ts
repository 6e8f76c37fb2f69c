/** Types and locations of every entry, as llvm-dwarfdump has them; the goldens were made of its output. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDebugSections } from '../../../replayer/dwarf/sections.ts';
import { HAS_DWARFDUMP } from './dwarfdump.ts';
import { dumpEntries, type EntryRecord, readEntries } from './entries.ts';

const MODULES = [
  ...modulesIn(join(import.meta.dirname, 'programs')),
  ...modulesIn(join(import.meta.dirname, '../../../examples/wasm')),
];
/** Larger ones, where there are. */
const CORPUS = process.env.WASI_RR_CORPUS;
const MORE = CORPUS === undefined ? [] : modulesIn(CORPUS, { recursive: true });
const GOLDEN = 'golden/entries.txt';
const RUST = /^(ledger|rustslice)-/;

function modulesIn(
  folder: string,
  options: { readonly recursive: boolean } = { recursive: false },
) {
  return readdirSync(folder, { encoding: 'utf8', ...options })
    .filter((name) => name.endsWith('.wasm') && !name.endsWith('.component.wasm'))
    .map((name) => join(folder, name))
    .filter((path) => findDebugSections(readFileSync(path)).sections.info !== undefined);
}

/** As names are cut, which in Rust are of any length. */
function cut(name: string | undefined): string | undefined {
  return name !== undefined && name.length > 1000 ? `${name.slice(0, 1000)}…` : name;
}

function summary(read: (path: string) => readonly EntryRecord[]): string {
  // of Rust the tool writes some types otherwise, see below
  const lines = MODULES.filter((path) => !RUST.test(basename(path))).map((path) => {
    const records = read(path);
    const hash = createHash('sha256').update(JSON.stringify(records)).digest('hex').slice(0, 16);
    const types = records.filter(({ type }) => type !== undefined).length;
    const locations = records.filter(({ location }) => location !== undefined).length;
    const what = `${records.length} entries ${types} types ${locations} locations`;
    return `${basename(path)} ${what} ${hash}\n`;
  });
  return lines.join('');
}

test('types and locations are those of the goldens', async () => {
  await expect(summary(readEntries)).toMatchFileSnapshot(GOLDEN);
});

describe.runIf(HAS_DWARFDUMP)('llvm-dwarfdump', () => {
  test.each([...MODULES, ...MORE])('%s', (path) => {
    const expected = dumpEntries(path);
    const actual = readEntries(path);
    expect(actual.length).toBe(expected.length);
    for (const [i, theirs] of expected.entries()) {
      const ours = actual[i];
      // it writes the arguments of a Rust variant once more, and of an array of arrays the outer length alone
      const more = cut(theirs.type)?.startsWith(`${ours?.type}<`);
      const fewer = theirs.type?.endsWith(']') && ours?.type?.startsWith(`${theirs.type}[`);
      const type = more || fewer ? ours?.type : cut(theirs.type);
      if (JSON.stringify(ours) !== JSON.stringify({ ...theirs, type }))
        expect(ours).toEqual({ ...theirs, type });
    }
  });

  test('made the goldens', async () => {
    await expect(summary(dumpEntries)).toMatchFileSnapshot(GOLDEN);
  });
});
