import { describe, expect, test } from 'vitest';
import { MAX_FRAMES, MAX_NAME, type TrapKind, trapFrom, wasmFrames } from '../../wasm/traps.ts';
import { cpuMs } from '../cpu-time.ts';
import { compileWat } from '../guests/wat.ts';

/** What a guest throws that does this. */
async function thrownBy(body: string, fields = ''): Promise<unknown> {
  const bytes = await compileWat(`(module ${fields} (func (export "run") ${body}))`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  try {
    (exports.run as () => void)();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('each kind, of a real trap', () => {
  const traps: [TrapKind, string, string?][] = [
    ['unreachable', '(unreachable)'],
    ['memory-out-of-bounds', '(drop (i32.load (i32.const 65536)))', '(memory 1)'],
    [
      'memory-out-of-bounds',
      '(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2))',
      '(memory 1)',
    ],
    [
      'memory-out-of-bounds',
      '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 9))',
      '(memory 1) (data $d "abc")',
    ],
    ['table-out-of-bounds', '(call_indirect (i32.const 9))', '(table 1 funcref)'],
    ['table-out-of-bounds', '(drop (table.get (i32.const 9)))', '(table 1 funcref)'],
    [
      'table-out-of-bounds',
      '(table.fill (i32.const 0) (ref.null func) (i32.const 9))',
      '(table 1 funcref)',
    ],
    ['divide-by-zero', '(drop (i32.div_s (i32.const 1) (i32.const 0)))'],
    ['divide-by-zero', '(drop (i64.rem_u (i64.const 1) (i64.const 0)))'],
    ['integer-overflow', '(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))'],
    ['invalid-conversion', '(drop (i32.trunc_f64_s (f64.const nan)))'],
    ['invalid-conversion', '(drop (i64.trunc_f32_u (f32.const -2)))'],
    [
      'indirect-call-type',
      '(call_indirect (param i32) (i32.const 1) (i32.const 0))',
      '(table funcref (elem $f)) (func $f)',
    ],
    ['stack-overflow', '(call $f)', '(func $f (call $f) (drop (i32.const 0)))'],
    ['uncaught-exception', '(throw $t)', '(tag $t)'],
  ];

  test.each(traps)('%s: %s', async (kind, body, fields) => {
    const trap = trapFrom(await thrownBy(body, fields));
    expect(trap.kind).toBe(kind);
    expect(trap.message).not.toBe('');
  });

  test('an entry of a table that is null is the wrong type to V8, and nothing to others', async () => {
    const trap = trapFrom(await thrownBy('(call_indirect (i32.const 0))', '(table 1 funcref)'));
    expect(trap.kind).toMatch(/^(null-reference|indirect-call-type)$/);
  });

  test('what is no trap', () => {
    expect(trapFrom(new TypeError('no'))).toEqual({ kind: 'other', message: 'no', frames: [] });
    expect(trapFrom('a string')).toEqual({ kind: 'other', message: 'a string', frames: [] });
    expect(trapFrom(undefined)).toEqual({ kind: 'other', message: 'undefined', frames: [] });
    // a RangeError of JavaScript that is no overflow
    expect(trapFrom(new RangeError('Invalid array length')).kind).toBe('other');
    // the words of a trap in the mouth of another error
    expect(trapFrom(new Error('unreachable')).kind).toBe('other');
  });
});

describe('frames', () => {
  test('innermost first, with function index, byte offset and name', async () => {
    const trap = trapFrom(
      await thrownBy(
        '(call $outer)',
        '(func $inner (nop) (unreachable)) (func $outer (call $inner))',
      ),
    );
    expect(trap.frames.map(({ func, name }) => ({ func, name }))).toEqual([
      { func: 0, name: 'inner' },
      { func: 1, name: 'outer' },
      { func: 2, name: undefined },
    ]);
    const bytes = await compileWat(
      '(module (func $inner (nop) (unreachable)) (func $outer (call $inner)) (func (export "run") (call $outer)))',
    );
    // `unreachable` is opcode 0
    expect(bytes[trap.frames[0]?.offset ?? -1]).toBe(0);
  });

  test('of a stack overflow: no more than are kept', async () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 5 * MAX_FRAMES;
    const thrown = await thrownBy('(call $f)', '(func $f (call $f) (drop (i32.const 0)))');
    Error.stackTraceLimit = stackTraceLimit;
    expect(trapFrom(thrown).frames).toHaveLength(MAX_FRAMES);
  });

  test.each([
    ['a name with parentheses', 'f(int, (anonymous namespace)::g)'],
    ['a name with a space and an offset', 'wasm-function[7]:0x11'],
    [
      'a name that is a line of a stack',
      'x)\\n    at y (wasm://wasm/01234567:wasm-function[9]:0x99)\\n    at z',
    ],
    ['an empty name', ''],
  ])('%s does not change where they point', async (_what, name) => {
    const quoted = name.replaceAll(' ', '\\20').replaceAll('\\n', '\\0a');
    const wat = `(module (func $${'f'} (@name "${quoted}") (unreachable)) (func (export "run") (call 0)))`;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(await compileWat(wat)));
    let stack = '';
    try {
      (exports.run as () => void)();
    } catch (thrown) {
      stack = (thrown as Error).stack ?? '';
    }
    const functions = wasmFrames(stack).map(({ func }) => func);
    expect(functions.at(-1)).toBe(1);
    expect(functions).toContain(0);
  });

  test('a name of a megabyte costs no time, and is not kept whole', () => {
    const line = `    at ${' ('.repeat(500_000)} (wasm://wasm/01234567:wasm-function[3]:0x40)`;
    const began = cpuMs();
    const [frame] = wasmFrames(`Error\n${line}\n${line.slice(0, -1)}!\n`);
    expect(cpuMs() - began).toBeLessThan(20_000);
    expect(frame).toMatchObject({ func: 3, offset: 0x40 });
    const blank = `Error\n    at ${'\n'.repeat(500_000)} (wasm://wasm/01234567:wasm-function[3]:0x40)`;
    expect(wasmFrames(blank)).toEqual([]);
    expect(cpuMs() - began).toBeLessThan(20_000);
    expect(frame?.name?.length ?? 0).toBeLessThanOrEqual(MAX_NAME);
  });
});
