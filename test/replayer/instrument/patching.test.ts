/** Functions that take the place of others in an instance of a rewritten module. */
import { expect, test } from 'vitest';
import { probesOf } from '../../../replayer/instrument/hooks.ts';
import { applyPatch, makePatch, switchOn } from '../../../replayer/instrument/patching.ts';
import type { InstrumentPlan } from '../../../replayer/instrument/plan.ts';
import { Rewriting } from '../../../replayer/instrument/rewrite.ts';
import { compileWat } from '../../guests/wat.ts';

const PLAN: InstrumentPlan = {
  ...{ tick: true, frames: 'depth', steps: new Set(), globals: true, patchable: true },
};

/** Functions: 0 imported, 1 to 4, and `run`. */
const MODULE = `(module
  (import "env" "host" (func $host (param i32) (result i32)))
  (memory 1 4) (memory $other 1) (global $sum (mut i64) (i64.const 0))
  (tag $thrown (param i32))
  (table $called 3 funcref) (elem (table $called) (i32.const 0) func $host $square $catches)
  (data $words "words")
  (func $square (param i32) (result i32)
    (global.set $sum (i64.add (global.get $sum) (i64.extend_i32_u (local.get 0))))
    (i32.mul (local.get 0) (local.get 0)))
  (func $throws (param i32) (throw $thrown (local.get 0)))
  (func $catches (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $thrown $caught) (call $throws (local.get 0))) (i32.const -1)))
  (func $words (memory.init $words (i32.const 0) (i32.const 0) (i32.const 5)))
  (func $both (param i32) (result i32)
    (i32.store $other (i32.const 8) (call $host (local.get 0)))
    (call_indirect $called (param i32) (result i32) (i32.const 3) (i32.const 2))
    (return_call_indirect $called (param i32) (result i32) (i32.const 1)))
  (func (export "run") (result i32)
    (call $words)
    (i32.add (i32.add (call $square (i32.const 5)) (call $both (i32.const 1)))
      (i32.add (i32.load8_u (i32.const 1)) (i32.load $other (i32.const 8))))))`;
const [SQUARE, THROWS, CATCHES, WORDS, BOTH, RUN] = [1, 2, 3, 4, 5, 6];

/** Runs the module with some functions stepping. @returns undefined where these cannot be replaced */
async function run(functions: readonly number[], on: readonly number[] = functions) {
  const rewriting = new Rewriting(await compileWat(MODULE), PLAN);
  const made = rewriting.module();
  const steps = new Set(functions);
  const patch = makePatch(made.layout, rewriting.added, steps, {
    ...PLAN,
    steps,
    patchable: false,
  });
  if (patch === undefined) return undefined;
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(Uint8Array.from(made.bytes)),
    {
      env: { host: (value: number) => value + 100 },
    },
  );
  const probes = probesOf(exports, made.prefix);
  const stops: { readonly pc: number; readonly depth: number }[] = [];
  probes.set('stop', (pc, depth) => stops.push({ pc, depth }));
  probes.global('armed').value = 0x7fffffff;
  applyPatch(new WebAssembly.Module(Uint8Array.from(patch.bytes)), exports);
  switchOn(probes, on);
  const result = (exports.run as () => number)();
  const { bodyStarts, bodyEnds, importedFunctions } = made.layout;
  const stopped = stops.map(({ pc }) => {
    const index = bodyStarts.findIndex((start, i) => pc >= start && pc < (bodyEnds[i] ?? 0));
    return index + importedFunctions;
  });
  return {
    ...{ result, stopped: [...new Set(stopped)].sort(), depths: stops.map(({ depth }) => depth) },
    ...{ ticks: -Number(probes.global('ticksLeft').value), depth: probes.global('depth').value },
  };
}

test('the functions of a patch stop, and what they share with the others stays one', async () => {
  const plain = await run([]);
  expect(plain).toMatchObject({ stopped: [], depth: 0 });
  // 5 * 5, 3 * 3, "o", 1 + 100
  expect(plain?.result).toBe(25 + 9 + 0x6f + 101);
  for (const functions of [
    [SQUARE],
    [THROWS],
    [CATCHES],
    [BOTH],
    [RUN],
    [SQUARE, THROWS, CATCHES, BOTH, RUN],
  ]) {
    const patched = await run(functions);
    expect(patched).toMatchObject({ stopped: functions, depth: 0 });
    expect(patched?.result).toBe(plain?.result);
    expect(patched?.ticks).toBe(plain?.ticks);
  }
});

test('a function of a patch that is not switched on is the one that it was', async () => {
  const all = [SQUARE, THROWS, CATCHES, BOTH, RUN];
  for (const on of [[], [CATCHES], [SQUARE, RUN], [BOTH]]) {
    const patched = await run(all, on);
    expect(patched).toMatchObject({ stopped: on, depth: 0, ticks: 7 });
    expect(patched?.result).toBe(25 + 9 + 0x6f + 101);
  }
});

test('a patch is put into its instance alone', async () => {
  const first = await run([SQUARE]);
  expect(first?.stopped).toEqual([SQUARE]);
  expect((await run([]))?.stopped).toEqual([]);
});

test('a function that needs a segment of its module cannot stand in another', async () => {
  expect(await run([WORDS])).toBeUndefined();
  expect(await run([SQUARE, WORDS])).toBeUndefined();
});

test('functions of a module whose memory threads share are not replaced', async () => {
  const module = await compileWat('(module (memory 1 1 shared) (func (export "run")))');
  const rewriting = new Rewriting(module, PLAN);
  const made = rewriting.module();
  expect(makePatch(made.layout, rewriting.added, new Set([0]), PLAN)).toBeUndefined();
});
