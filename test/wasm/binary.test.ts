import { describe, expect, test } from 'vitest';
import { binaryKind, readDeclarations } from '../../wasm/binary.ts';
import { cpuMs } from '../cpu-time.ts';
import { guestModule, guests } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { randomFrom } from '../wasi/random.ts';

describe('declarations are what V8 says they are', () => {
  const valid = guests.filter(({ name }) => name !== 'invalid-module');

  test.each(valid)('$name', async ({ name }) => {
    const bytes = await guestModule(name);
    const module = new WebAssembly.Module(bytes);
    const { imports, exports } = readDeclarations(bytes);
    const shape = ({ name, kind }: { name: string; kind: string }) => ({ name, kind });
    expect(exports.map(shape)).toEqual(WebAssembly.Module.exports(module).map(shape));
    expect(imports.map(({ module, name, kind }) => ({ module, name, kind }))).toEqual(
      WebAssembly.Module.imports(module).map(({ module, name, kind }) => ({ module, name, kind })),
    );
  });
});

describe('types', () => {
  test('of imported and exported functions', async () => {
    const { imports, exports } = readDeclarations(
      await compileWat(`(module
        (import "a" "f" (func (param i32 i64 f32 f64) (result i32)))
        (func (export "g") (param v128 externref) (result funcref i64) (unreachable))
        (export "again" (func 0)))`),
    );
    expect(imports[0]?.type).toEqual({ params: ['i32', 'i64', 'f32', 'f64'], results: ['i32'] });
    expect(exports.map(({ type }) => type)).toEqual([
      { params: ['v128', 'ref'], results: ['ref', 'i64'] },
      { params: ['i32', 'i64', 'f32', 'f64'], results: ['i32'] },
    ]);
  });

  test('that the GC proposal declares are passed over', () => {
    // (rec (type (struct (field (mut i32)))) (type (sub final (array (ref null 0))))) (type (func))
    const types = [2, 0x4e, 2, 0x5f, 1, 0x7f, 1, 0x4f, 0, 0x5e, 0x63, 0, 0, 0x60, 0, 1, 0x7e];
    const bytes = moduleOf([
      [1, types],
      [3, [1, 2]],
      [7, [1, 1, 0x66, 0, 0]],
      [10, [1, 4, 0, 0x42, 0, 0x0b]],
    ]);
    expect(WebAssembly.Module.exports(new WebAssembly.Module(bytes))).toHaveLength(1);
    expect(readDeclarations(bytes).exports).toEqual([
      { name: 'f', kind: 'function', index: 0, type: { params: [], results: ['i64'] } },
    ]);
  });

  test.each([
    ['(memory 1)', { shared: false, address: 'i32', initial: 1, maximum: undefined }],
    ['(memory 0 65536)', { shared: false, address: 'i32', initial: 0, maximum: 65536 }],
    ['(memory 1 2 shared)', { shared: true, address: 'i32', initial: 1, maximum: 2 }],
    ['(memory i64 1 4294967296)', { shared: false, address: 'i64', initial: 1, maximum: 2 ** 32 }],
    [
      '(import "a" "m" (memory 3))',
      { shared: false, address: 'i32', initial: 3, maximum: undefined },
    ],
  ])('of %s', async (field, expected) => {
    expect(readDeclarations(await compileWat(`(module ${field})`)).memories).toEqual([expected]);
  });

  test('a start section is told', async () => {
    const start = '(module (func $f) (start $f))';
    expect(readDeclarations(await compileWat(start))).toMatchObject({ hasStart: true });
    expect(readDeclarations(await compileWat('(module)'))).toMatchObject({ hasStart: false });
  });
});

describe('the first bytes', () => {
  const kinds: [string, number[], string][] = [
    ['a module', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], 'module'],
    ['a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 'component'],
    ['a module of another version', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], 'unknown'],
    ['seven bytes of a module', [0, 0x61, 0x73, 0x6d, 1, 0, 0], 'unknown'],
    ['a text', [...Buffer.from('(module)')], 'unknown'],
    ['nothing', [], 'unknown'],
  ];
  test.each(kinds)('of %s', (_what, bytes, kind) => {
    expect(binaryKind(Uint8Array.from(bytes))).toBe(kind);
  });
});

describe('what is no module ends soon, in a RangeError if in any', () => {
  /** Milliseconds for a module of a few hundred bytes, on a machine that has other things to do as well. */
  const PATIENCE = 10_000;

  function read(bytes: Uint8Array): void {
    const began = cpuMs();
    try {
      readDeclarations(bytes);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(RangeError);
    }
    expect(cpuMs() - began).toBeLessThan(PATIENCE);
  }

  test('cut off at every byte', async () => {
    for (const name of ['reactor', 'imports-missing', 'relaxed-simd', 'exception-rethrown']) {
      const bytes = await guestModule(name);
      for (let size = 0; size < bytes.length; size++) read(bytes.subarray(0, size));
    }
  });

  test('random bytes in the place of others', async () => {
    const random = randomFrom(11);
    for (const name of ['reactor', 'imports-missing', 'threads']) {
      const bytes = await guestModule(name);
      for (let i = 0; i < 1500; i++) {
        const changed = Uint8Array.from(bytes);
        for (let changes = 1 + random.below(4); changes > 0; changes--) {
          changed[8 + random.below(Math.min(300, bytes.length - 8))] = random.below(256);
        }
        read(changed);
      }
    }
  });

  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  test.each([
    ['2^32 - 1 types', [1, huge]],
    ['2^32 - 1 imports', [2, huge]],
    ['2^32 - 1 functions', [3, huge]],
    ['2^32 - 1 memories', [5, huge]],
    ['2^32 - 1 exports', [7, huge]],
    ['a name of 2^32 - 1 bytes', [7, [1, ...huge]]],
    ['a number of ten bytes', [1, new Array(10).fill(0xff)]],
    ['2^32 - 1 types in a group', [1, [1, 0x4e, ...huge]]],
    ['groups in groups', [1, [1, ...new Array(200).fill([0x4e, 1]).flat()]]],
  ] as [string, [number, number[]]][])('%s', (_what, section) => {
    read(moduleOf([section]));
  });

  test('a section that reaches beyond the end', () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    expect(() => readDeclarations(Uint8Array.from([...header, 1, 0xff, 0x7f]))).toThrow(RangeError);
  });
});

function moduleOf(sections: readonly (readonly [id: number, content: readonly number[]])[]) {
  const body = sections.flatMap(([id, content]) => [
    id,
    (content.length & 0x7f) | 0x80,
    content.length >> 7,
    ...content,
  ]);
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...body]);
}
