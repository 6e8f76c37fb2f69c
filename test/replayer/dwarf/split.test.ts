/**
 * Debug information outside of the module: split DWARF against the same program built without, and a module whose
 * debug sections stand in another file.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  DebugInfo,
  type ExtraDebugFiles,
  type SourceCall,
} from '../../../replayer/dwarf/debug-info.ts';
import type { Machine } from '../../../replayer/dwarf/machine.ts';
import { placeOfVariable } from '../../../replayer/dwarf/place.ts';
import { findDebugSections } from '../../../replayer/dwarf/sections.ts';
import type { Variable } from '../../../replayer/dwarf/variables.ts';
import { examineDebugFile } from '../../../replayer/source/debug-files.ts';
import { withoutDebugSections } from './sections.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, 'programs', name));

/** A frame in which each thing has a value of its own, by its number. */
const MACHINE: Machine = {
  local: (index) => ({ bits: BigInt(1000 + 16 * index), size: 4 }),
  global: (index) => ({ bits: BigInt(5000 + 16 * index), size: 4 }),
  operand: (index) => ({ bits: BigInt(9000 + 16 * index), size: 4 }),
  memory: (address, length) => new Uint8Array(length).fill(address & 0xff),
};

function placeText(debug: DebugInfo, call: SourceCall, { entry }: Variable, offset: number) {
  const frame = { entry: call.entry, address: debug.addressOf(offset), machine: MACHINE };
  try {
    const place = placeOfVariable(entry, MACHINE, frame);
    return JSON.stringify(place, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  } catch (thrown) {
    return `${thrown}`;
  }
}

/** By byte of code: the calls that stand there, with the variables that can be seen, their types and places. */
function told(module: Uint8Array, extra?: ExtraDebugFiles): string[] {
  const debug = DebugInfo.of(module, extra);
  if (debug === undefined) return [];
  const { codeStart } = debug.layout;
  const lines: string[] = [];
  for (let offset = codeStart; offset < codeStart + codeSize(module); offset++) {
    const calls = debug.callsAt(offset).map((call) => {
      const shown = call.variables().map((variable) => {
        const type = debug.types.typeOf(variable.entry)?.name;
        return `${variable.name}: ${type} at ${placeText(debug, call, variable, offset)}`;
      });
      return `${JSON.stringify(call.frame)} ${shown.join(', ')}`;
    });
    lines.push(calls.join(' < '));
  }
  return lines;
}

const codeSize = (module: Uint8Array) => findDebugSections(module).codeSize;

describe.each([4, 5])('split DWARF %i', (version) => {
  const PROGRAMS = [
    ['a package', 'shapes', [`shapes-dwarf${version}.dwp`]],
    ['files', 'shapes', [`other-dwarf${version}.dwo`, `shapes-dwarf${version}.dwo`]],
    ['a file', 'classes', [`classes-dwarf${version}.dwo`]],
  ] as const;

  test.each(PROGRAMS)('%s says of %s what an unsplit build says', (_, program, files) => {
    const module = read(`split/${program}-dwarf${version}.wasm`);
    const whole = read(`${program}-O2-dwarf${version}.wasm`);
    const split = files.map((file) => read(`split/${file}`));
    const text = told(module, { split });
    expect(text.filter((line) => line !== '').length).toBeGreaterThan(100);
    expect(text).toEqual(told(whole));
    expect(DebugInfo.of(module, { split })?.problems).toEqual([]);
  });

  test('without its files, lines are known and it is told what is missing', () => {
    const module = read(`split/shapes-dwarf${version}.wasm`);
    const debug = DebugInfo.of(module);
    expect([...(debug?.rows() ?? [])].length).toBeGreaterThan(20);
    expect(debug?.missingUnits).toBe(2);
    const one = DebugInfo.of(module, { split: [read(`split/other-dwarf${version}.dwo`)] });
    expect(one?.missingUnits).toBe(1);
    expect(one?.problems).toEqual([
      expect.stringMatching(/1 of 2 compilation units .*wasi-rr attach/),
    ]);
  });

  test('damaged, it says less and throws nothing', () => {
    const module = read(`split/shapes-dwarf${version}.wasm`);
    const file = read(`split/shapes-dwarf${version}.dwp`);
    for (let at = 8; at < file.length; at += 13) {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
      const debug = DebugInfo.of(module, { split: [damaged] });
      for (let offset = 0; offset < module.length; offset += 37) debug?.framesAt(offset);
      expect(debug?.problems.every((text) => typeof text === 'string') ?? true).toBe(true);
    }
  });
});

describe('a file of its own', () => {
  const whole = read('classes-O0-dwarf5.wasm');
  const stripped = withoutDebugSections(whole);

  test('says what the module would', () => {
    expect(DebugInfo.of(stripped)).toBeUndefined();
    const text = told(stripped, { external: whole });
    expect(text).toEqual(told(whole));
    expect(text.filter((line) => line !== '').length).toBeGreaterThan(100);
  });
});

describe('what a file is', () => {
  const split = read('split/shapes-dwarf5.wasm');
  test.each([
    ['classes-O0-dwarf5.wasm', 'debug', undefined],
    ['shapes-O0-dwarf5.wasm', 'debug', /another build: its code has \d+ bytes/],
    ['split/shapes-dwarf5.dwp', 'split', /another build: the module has no unit of it/],
  ])('%s', (file, kind, problem) => {
    const found = examineDebugFile(
      withoutDebugSections(read('classes-O0-dwarf5.wasm')),
      read(file),
    );
    expect(found?.kind).toBe(kind);
    if (problem === undefined) expect(found?.problem).toBeUndefined();
    else expect(found?.problem).toMatch(problem);
  });

  test('split files fit their module alone', () => {
    expect(examineDebugFile(split, read('split/shapes-dwarf5.dwp'))).toEqual({ kind: 'split' });
    expect(examineDebugFile(split, read('split/other-dwarf5.dwo'))).toEqual({ kind: 'split' });
    expect(examineDebugFile(split, read('split/other-dwarf4.dwo'))?.problem).toMatch(/no unit/);
  });

  test.each([
    ['text', 'int main(void) { return 0; }'],
    ['other JSON', '{"version":3}'],
    ['no JSON', '{'],
    ['nothing', ''],
    ['a wasm file that ends early', '\0asm\x01\0\0\0\x01'],
  ])('%s explains nothing', (_, text) => {
    expect(examineDebugFile(split, Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});
