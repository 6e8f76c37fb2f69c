/** Ways through a function that are easy to get wrong: counters behind a catch, tail calls, breaks at marks of the structure. */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { expect, test } from 'vitest';
import { type Probes, probesOf } from '../../../replayer/instrument/hooks.ts';
import { readLayout } from '../../../replayer/instrument/module-layout.ts';
import type { InstrumentPlan } from '../../../replayer/instrument/plan.ts';
import { instrument } from '../../../replayer/instrument/rewrite.ts';
import { readFrames } from '../../../replayer/timetravel/frames.ts';
import { allFunctions, allPcs, growFrames } from './variants.ts';

function start(module: Uint8Array, plan: InstrumentPlan, imports: WebAssembly.Imports = {}) {
  const made = instrument(module, plan);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes), imports);
  const probes = probesOf(exports, made.prefix);
  if (plan.frames === 'spill') growFrames(probes);
  return { run: exports.run as (...args: number[]) => number, probes, layout: made.layout };
}

const last = (module: Uint8Array, func: number) => {
  const { bodyEnds, importedFunctions } = readLayout(module);
  return (bodyEnds[func - importedFunctions] as number) - 1;
};

function framesOf(probes: Probes, module: Uint8Array, pc?: number) {
  const top = Number(probes.global('top').value);
  const frames = readFrames(readLayout(module), probes.memory('frames').buffer, top, pc);
  return frames.map(({ func }) => func);
}

test.each(['br_if 0 (i32.const 0)', 'nop'])(
  'a clause that leads to the end of the function finds its own frame there (%s)',
  async (more) => {
    const module = await parse(`(module (tag $e)
      (func $deep (param i32)
        (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))) (throw $e))
      (func $catcher (try_table (catch $e 0) (call $deep (i32.const 3))) (${more}) (unreachable))
      (func (export "run") (result i32) (call $catcher) (i32.const 7)))`);
    const end = last(module, 1);
    const { run, probes } = start(module, { frames: 'spill', breaks: new Set([end]) });
    const seen: unknown[] = [];
    probes.set('stop', (pc, depth) =>
      seen.push([depth, probes.global('depth').value, framesOf(probes, module, pc)]),
    );
    expect(run()).toBe(7);
    expect(seen).toEqual([[2, 2, [1, 2]]]);
    expect(probes.global('top').value).toBe(0);
  },
);

test('a tail call of the host is made by the frame that makes it', async () => {
  const module = await parse(`(module (import "h" "host" (func $host (param i32) (result i32)))
    (func $inner (param i32) (result i32) (return_call $host (i32.add (local.get 0) (i32.const 1))))
    (func (export "run") (result i32) (i32.add (call $inner (i32.const 40)) (i32.const 1))))`);
  const seen: unknown[] = [];
  const host = (value: number) => {
    seen.push([value, probes.global('depth').value, framesOf(probes, module)]);
    return value;
  };
  const { run, probes } = start(module, { frames: 'spill', calls: true }, { h: { host } });
  const left: number[] = [];
  probes.set('left', (func) => left.push(func));
  expect(run()).toBe(42);
  expect(seen).toEqual([[41, 2, [1, 2]]]);
  expect(left).toEqual([1, 2]);
  expect(probes.global('depth').value).toBe(0);
});

test('breaks at every mark of the structure are met by who falls into them', async () => {
  const module = await parse(`(module (tag $e)
    (func (export "run") (param i32) (result i32) (local i32)
      (block $out
        (loop $again
          (if (local.get 0)
            (then (local.set 1 (i32.add (local.get 1) (i32.const 1))))
            (else (br $out)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br $again)))
      (block (try_table (catch_all 0) (nop)))
      (local.get 1)))`);
  const pcs = allPcs(module);
  const { run, probes } = start(module, { breaks: pcs });
  const met = new Map<number, number>();
  probes.set('stop', (pc) => met.set(pc, (met.get(pc) ?? 0) + 1));
  expect(run(3)).toBe(3);
  const of = (code: number) =>
    [...pcs].filter((pc) => module[pc] === code).map((pc) => met.get(pc) ?? 0);
  // block, loop, if, else, br, try_table
  expect([0x02, 0x03, 0x04, 0x05, 0x0c, 0x1f].map(of)).toEqual([
    [1, 1],
    [1],
    [4],
    [3],
    [1, 3],
    [1],
  ]);
  // of the if: nobody falls out of it by its end, one who took the else left by a branch; of the loop and
  // the block: left by branches; of the try_table and its block; of the function
  expect(of(0x0b)).toEqual([0, 0, 0, 1, 1, 1]);
});

test('stops before every instruction are the same with every break set, and the same as steps', async () => {
  const module = await parse(`(module
    (func $f (param i32) (result i32) (if (result i32) (local.get 0)
      (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0))))
    (func (export "run") (result i32) (call $f (i32.const 3))))`);
  const record = (plan: InstrumentPlan) => {
    const { run, probes } = start(module, { tick: true, frames: 'spill', ...plan });
    if (plan.steps) probes.global('armed').value = 0x7fffffff;
    const seen: string[] = [];
    probes.set('stop', (pc, depth) => {
      const ticks = -Number(probes.global('ticksLeft').value);
      seen.push(`${pc} ${depth} ${ticks} ${framesOf(probes, module, pc)}`);
    });
    expect(run()).toBe(3);
    return seen;
  };
  const steps = record({ steps: allFunctions(module) });
  const structure = new Set([0x05, 0x0b]);
  const ends = new Set([last(module, 0), last(module, 1)]);
  const breaks = record({ breaks: allPcs(module) }).filter((line) => {
    const pc = Number(line.split(' ')[0]);
    return !structure.has(module[pc] as number) || ends.has(pc);
  });
  expect(breaks).toEqual(steps);
  expect(steps.length).toBeGreaterThan(30);
});

test.each([
  ['a form of type', [1, 4, 1, 0x5d, 0, 0]],
  ['a type', [1, 5, 1, 0x60, 1, 0x65, 0]],
  ['a section', [14, 1, 0]],
  ['a kind of import', [2, 7, 1, 1, 0x61, 1, 0x62, 9, 0]],
])('%s that is not known is refused by name', (what, section) => {
  const module = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section]);
  expect(() => instrument(module, {})).toThrow(
    expect.objectContaining({
      code: 'MODULE_UNSUPPORTED',
      message: expect.stringContaining(`${what} that wasi-rr does not know`),
    }),
  );
});

test('a function that V8 would not take any more is refused by name', async () => {
  const module = await parse(
    `(module (memory 1) (func (export "run") ${'(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)'.repeat(5000)}
      (i32.store (i32.const 0) (i32.const 1))))`,
  );
  expect(WebAssembly.validate(new Uint8Array(module))).toBe(true);
  expect(WebAssembly.validate(instrument(module, { dirty: false }).bytes)).toBe(true);
  expect(() => instrument(module, { watch: true })).toThrow(
    expect.objectContaining({ code: 'MODULE_UNSUPPORTED' }),
  );
});
