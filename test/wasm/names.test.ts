/** Function names: where they come from, what demangling makes of them, and damaged sections. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { demangle } from '../../wasm/demangle.ts';
import { functionAt, functionStarts } from '../../wasm/function-starts.ts';
import { FunctionNames } from '../../wasm/names.ts';
import { compileWat } from '../guests/wat.ts';

describe('demangling', () => {
  test.each([
    [
      '_ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi',
      /vector<int.*>::push_back\(int const&\)$/,
    ],
    ['_ZN3foo3barEv', /^foo::bar\(\)$/],
    [
      '_ZN4core3fmt9Formatter12pad_integral17h0123456789abcdefE',
      /^core::fmt::Formatter::pad_integral$/,
    ],
    ['_RNvCskwGfYPst2Cb_3foo16example_function', /^foo::example_function$/],
    ['_ZN9rustslice4main17h1f293ffda1f32afdE', /^rustslice::main$/],
  ])('%s', (mangled, readable) => {
    expect(demangle(mangled)).toMatch(readable);
  });

  test.each([
    'main',
    '_start',
    '__wasi_fd_read',
    '_Z',
    '_ZN',
    '_R',
    '',
    'runtime.mallocgc',
    '_Zürich',
  ])('leaves %j as it is', (name) => {
    expect(demangle(name)).toBe(name);
  });
});

describe('names', () => {
  const wat = `(module
    (import "env" "given" (func))
    (func $inner)
    (func (export "shown"))
    (func $_ZN3foo3barEv))`;

  test('are those of the name section, of exports and of imports', async () => {
    const names = new FunctionNames(await compileWat(wat));
    expect(names.get(1)).toEqual({ name: 'inner', raw: 'inner' });
    expect(names.get(2)).toEqual({ name: 'shown', raw: 'shown' });
    expect(names.get(3)).toEqual({ name: 'foo::bar()', raw: '_ZN3foo3barEv' });
    expect(names.get(4)).toBeUndefined();
  });

  test('are as many as can be read where the section is damaged, at any byte', async () => {
    const module = await compileWat(wat);
    for (let length = 8; length < module.length; length++) {
      expect(() => new FunctionNames(module.subarray(0, length))).not.toThrow();
    }
    for (let at = 8; at < module.length; at++) {
      const damaged = module.slice();
      damaged[at] = 0xff;
      expect(() => new FunctionNames(damaged)).not.toThrow();
    }
  });
});

test('the function at a byte offset is the one whose body holds it', () => {
  const module = readFileSync(new URL('../../examples/wasm/heapsmash-O0g.wasm', import.meta.url));
  const starts = functionStarts(module);
  expect(starts.offsets.length).toBeGreaterThan(50);
  starts.offsets.forEach((offset, i) => {
    expect(functionAt(starts, offset)).toBe(starts.imported + i);
    const next = starts.offsets[i + 1];
    if (next !== undefined) expect(functionAt(starts, next - 2)).toBe(starts.imported + i);
  });
});
