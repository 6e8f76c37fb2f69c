/** The text of functions against wabt's, instruction by instruction. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../wasm/disassembly.ts';
import { functionStarts } from '../../wasm/function-starts.ts';
import { compileWat, instructionText } from '../guests/wat.ts';

/** All functions, without the `end` that each has, which the text format does not write. */
function instructionsOf(module: Uint8Array): string[] {
  const { offsets, ends } = functionStarts(module);
  return offsets.flatMap((from, i) => {
    const { lines, problem } = disassemble(module, { from, to: ends[i] ?? from });
    expect(problem).toBeUndefined();
    return lines.slice(0, -1).map(({ text }) => text);
  });
}

/** What wabt writes besides, and how it writes floating-point numbers. */
function comparable(line: string): string {
  return line
    .replace(/;;.*$|\(;.*?;\)/g, '')
    .replace(/(f(?:32|64)\.const) .*/, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}

describe('against wabt', () => {
  it.each(['heapsmash-O0g', 'rustslice-O2', 'compute-O2'])('%s', async (name) => {
    const file = join(import.meta.dirname, `../../examples/wasm/${name}.wasm`);
    const module = new Uint8Array(readFileSync(file));
    const theirs = (await instructionText(module)).map(comparable);
    const ours = instructionsOf(module).map(comparable);
    expect(ours.length).toBeGreaterThan(1000);
    expect(ours).toEqual(theirs);
  });
});

const RARE = `(module
  (memory 1) (table 2 funcref) (tag $t (param i32))
  (global $g (mut i32) (i32.const 0))
  (type $sig (func (param i32) (result i32)))
  (func $callee (param i32) (result i32) (local.get 0))
  (func $rare (param i32) (result i32) (local v128 f64)
    (block (result i32)
      (br_table 0 1 (i32.const 7) (local.get 0)))
    (call_indirect (type $sig) (i32.const 0))
    (drop)
    (local.set 1 (v128.const i32x4 1 2 3 0xffffffff))
    (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 1) (local.get 1)))
    (v128.store8_lane offset=3 5 (i32.const 16) (local.get 1))
    (i64.store32 offset=4 align=2 (i32.const 0) (i64.const -5))
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
    (try (do (throw $t (i32.const 1))) (catch $t (drop)) (catch_all (nop)))
    (if (result i32) (global.get $g) (then (i32.const -2147483648)) (else (call $callee (i32.const 1))))
    (drop (f64.mul (f64.const -0) (f64.const 0.1)))))`;

it('writes what is rare, with names, in blocks', async () => {
  const module = await compileWat(RARE);
  const { offsets, ends } = functionStarts(module);
  const names = { func: (i: number) => ['callee', 'rare'][i], global: () => 'g' };
  const { lines, locals, problem } = disassemble(
    module,
    { from: offsets[1] ?? 0, to: ends[1] ?? 0 },
    names,
  );
  expect(problem).toBeUndefined();
  expect(locals).toEqual(['v128', 'f64']);
  const shown = lines.map(({ depth, text }) => '  '.repeat(depth) + text).join('\n');
  await expect(`${shown}\n`).toMatchFileSnapshot('golden/disassembly.txt');
  const bytes = lines.map(({ offset }) => offset);
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
});

it('ends where the bytes do not hold together, and says so', () => {
  const broken = Uint8Array.from([0, 0x41, 0x2a, 0xff, 0x0b]);
  const text = disassemble(broken, { from: 0, to: broken.length });
  expect(text.lines.map((one) => one.text)).toEqual(['i32.const 42']);
  expect(text.problem).toMatch(/unknown instruction/);
  expect(disassemble(broken, { from: 0, to: 2 }).problem).toMatch(/ends too early/);
});
