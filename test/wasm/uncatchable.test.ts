import { expect, test } from 'vitest';
import { throwUncatchable } from '../../wasm/uncatchable.ts';
import { compileWat } from '../guests/wat.ts';

const HANDLERS = {
  catch_all: 'try (call $end) catch_all (call $caught) end',
  'try_table catch_all':
    '(block $h (try_table (catch_all $h) (call $end)) (return)) (call $caught)',
  'try_table catch_all_ref':
    '(block $h (result exnref) (try_table (catch_all_ref $h) (call $end)) (return)) (drop) (call $caught)',
  'catch_all around catch_all':
    'try try (call $end) catch_all (call $caught) end catch_all (call $caught) end',
  delegate: 'try try (call $end) delegate 0 catch_all (call $caught) end',
} as const;

async function run(body: string, end: () => never): Promise<{ thrown: unknown; caught: number }> {
  const wat = `(module
    (import "" "end" (func $end)) (import "" "caught" (func $caught))
    (func (export "run") ${body} (call $caught)))`;
  let caught = 0;
  const imports = { '': { end, caught: () => caught++ } };
  const module = new WebAssembly.Module(await compileWat(wat));
  const { exports } = new WebAssembly.Instance(module, imports);
  try {
    (exports.run as () => void)();
  } catch (thrown) {
    return { thrown, caught };
  }
  return { thrown: undefined, caught };
}

test.each(Object.entries(HANDLERS))('%s does not see it', async (_name, body) => {
  const { thrown, caught } = await run(body, throwUncatchable);
  expect(thrown).toBeInstanceOf(WebAssembly.RuntimeError);
  expect(caught).toBe(0);
});

test.each(Object.entries(HANDLERS))(
  '%s would see an exception of JavaScript',
  async (_name, body) => {
    const { thrown, caught } = await run(body, () => {
      throw new Error('exit');
    });
    expect(thrown).toBeUndefined();
    expect(caught).toBeGreaterThan(0);
  },
);

test('it stays so when JavaScript in between catches it and throws it on', async () => {
  const { thrown, caught } = await run(HANDLERS.catch_all, () => {
    try {
      return throwUncatchable();
    } catch (trap) {
      throw trap as Error;
    }
  });
  expect(thrown).toBeInstanceOf(WebAssembly.RuntimeError);
  expect(caught).toBe(0);
});
