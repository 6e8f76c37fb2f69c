/** A start function as an export: called, it does what it did; nothing else of the module changes. */
import { describe, expect, test } from 'vitest';
import { functionStarts } from '../../wasm/function-starts.ts';
import { exportStart } from '../../wasm/start-function.ts';
import { compileWat } from '../guests/wat.ts';

const body = `
  (global $ran (mut i32) (i32.const 0))
  (func $begin (global.set $ran (i32.const 7)))
  (func $ran (result i32) (global.get $ran))
  (start $begin)`;

async function startOf(fields: string) {
  const module = await compileWat(`(module ${fields} ${body})`);
  const start = exportStart(module);
  if (start === undefined) throw new Error('no start function');
  return { module, start };
}

describe('the start function', () => {
  test.each([
    ['with exports', '(export "ran" (func $ran))'],
    ['beside an export without a name', '(export "ran" (func $ran)) (export "" (func $ran))'],
    [
      'as the 128th export, whose count takes one more byte',
      `(export "ran" (func $ran)) ${Array.from({ length: 126 }, (_, i) => `(export "e${i}" (func $ran))`).join('')}`,
    ],
  ])('%s', async (_, fields) => {
    const { module, start } = await startOf(fields);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(start.bytes)));
    const ran = exports.ran as () => number;
    expect(ran()).toBe(0);
    (exports[start.name] as () => void)();
    expect(ran()).toBe(7);
    const moved = functionStarts(start.bytes).offsets.map((offset) => offset - start.shift);
    expect(moved).toEqual(functionStarts(module).offsets);
  });

  test('of a module without any export gets the only one', async () => {
    const { start } = await startOf('');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(start.bytes)));
    expect(Object.keys(exports)).toEqual([start.name]);
  });

  test('moves no code in the usual case', async () => {
    const { start } = await startOf('(export "ran" (func $ran))');
    expect(start.shift).toBe(0);
  });
});

test('a module without one is left alone', async () => {
  expect(exportStart(await compileWat('(module (func (export "f")))'))).toBeUndefined();
});
