/** All globals of a module, seen from outside: nothing else of the module changes. */
import { describe, expect, test } from 'vitest';
import { exportGlobals } from '../../wasm/exported-globals.ts';
import { functionStarts } from '../../wasm/function-starts.ts';
import { exportStart } from '../../wasm/start-function.ts';
import { compileWat } from '../guests/wat.ts';

function readValue(global: WebAssembly.Global): unknown {
  try {
    return global.value;
  } catch (thrown) {
    return (thrown as Error).constructor;
  }
}

async function seen(fields: string, imports: WebAssembly.Imports = {}, most?: number) {
  const module = await compileWat(`(module ${fields})`);
  const changed = exportGlobals(module, most);
  const compiled = new WebAssembly.Module(Buffer.from(changed.bytes));
  const { exports } = new WebAssembly.Instance(compiled, imports);
  const values = changed.globals.map(({ exportName, ...global }) => {
    return { ...global, value: readValue(exports[exportName] as WebAssembly.Global) };
  });
  const moved = functionStarts(changed.bytes).offsets.map((offset) => offset - changed.shift);
  expect(moved).toEqual(functionStarts(module).offsets);
  return { ...changed, module, exports, values };
}

const hidden = (index: number, name: string | undefined, value: unknown) => ({
  ...{ index, name, value },
  exported: false,
});

describe('every global can be seen', () => {
  test('of a module without exports', async () => {
    const { values, exports } = await seen(
      '(global $a i32 (i32.const 7)) (global (mut i64) (i64.const -1)) (func $f)',
    );
    expect(values).toEqual([hidden(0, 'a', 7), hidden(1, undefined, -1n)]);
    expect(Object.keys(exports)).toHaveLength(2);
  });

  test('of a module with nothing but globals', async () => {
    expect((await seen('(global $a f64 (f64.const 0.5))')).values).toEqual([hidden(0, 'a', 0.5)]);
  });

  test('those that are exported keep their names', async () => {
    const { values, exports } = await seen(`
      (global $sp (mut i32) (i32.const 1024)) (global $shown i32 (i32.const 1))
      (global $twice i32 (i32.const 2))
      (export "first" (global $twice)) (export "second" (global $twice))
      (export "shown" (global $shown)) (func (export "f") (result i32) (global.get $sp))`);
    expect(values).toEqual([
      hidden(0, 'sp', 1024),
      { index: 1, name: 'shown', exported: true, value: 1 },
      { index: 2, name: 'first', exported: true, value: 2 },
    ]);
    expect((exports.f as () => number)()).toBe(1024);
    expect(Object.keys(exports).slice(0, 4)).toEqual(['first', 'second', 'shown', 'f']);
  });

  test('imported ones come first', async () => {
    const given = new (
      WebAssembly.Global as new (
        type: object,
        value: number,
      ) => WebAssembly.Global
    )({ value: 'i32', mutable: true }, 41);
    const { values } = await seen(
      '(import "env" "given" (global $given (mut i32))) (global $own i32 (i32.const 5))',
      { env: { given } },
    );
    expect(values).toEqual([hidden(0, 'given', 41), hidden(1, 'own', 5)]);
  });

  test('references and vectors too, though JavaScript cannot read a vector', async () => {
    const { values } = await seen(`
      (global $vector v128 (v128.const i32x4 1 2 3 4)) (global $none (mut externref) (ref.null extern))
      (global $func funcref (ref.func $f)) (func $f) (elem declare func $f)`);
    expect(values.map(({ value }) => value)).toEqual([TypeError, null, expect.any(Function)]);
  });

  test('under names that the module itself does not use', async () => {
    const taken = [0, 1, 2].map((i) => `(export "wasi-rr:global:${'$'.repeat(i)}0" (func $f))`);
    const { values, exports } = await seen(
      `(global i32 (i32.const 9)) (func $f) ${taken.join(' ')}`,
    );
    expect(values).toEqual([hidden(0, undefined, 9)]);
    expect(Object.keys(exports)).toHaveLength(4);
  });

  test('as the 128th export, whose count and size take one more byte', async () => {
    const many = Array.from({ length: 127 }, (_, i) => `(export "e${i}" (func $f))`).join('');
    const { values } = await seen(`(global $g i32 (i32.const 3)) (func $f) ${many}`);
    expect(values).toEqual([hidden(0, 'g', 3)]);
  });

  test('together with the start function', async () => {
    const module = await compileWat(`(module (global $ran (mut i32) (i32.const 0))
      (func $begin (global.set $ran (i32.const 7))) (start $begin))`);
    const start = exportStart(module);
    if (start === undefined) throw new Error('no start function');
    const { bytes, shift, globals } = exportGlobals(start.bytes);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes)));
    const ran = exports[globals[0]?.exportName ?? ''] as WebAssembly.Global;
    expect(ran.value).toBe(0);
    (exports[start.name] as () => void)();
    expect(ran.value).toBe(7);
    const moved = functionStarts(bytes).offsets.map((offset) => offset - shift - start.shift);
    expect(moved).toEqual(functionStarts(module).offsets);
  });
});

test('a module whose globals are all exported is left alone', async () => {
  const module = await compileWat('(module (global (export "g") i32 (i32.const 1)))');
  expect(exportGlobals(module)).toMatchObject({ shift: 0, hidden: 0 });
  expect(exportGlobals(module).bytes).toBe(module);
});

test('no more than asked for, besides the exported ones', async () => {
  const fields = `${'(global i32 (i32.const 1))'.repeat(5)} (export "last" (global 4))`;
  const { values, hidden: left } = await seen(fields, {}, 3);
  expect(values.map(({ index }) => index)).toEqual([0, 1, 4]);
  expect(left).toBe(2);
});

test('a module that claims billions of globals costs nothing', () => {
  const claims = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 6, 5, 0xff, 0xff, 0xff, 0xff, 0x0f];
  expect(exportGlobals(Uint8Array.from(claims))).toMatchObject({ hidden: 2 ** 32 - 1 - 1024 });
});
