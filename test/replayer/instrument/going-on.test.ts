/** Frames that go on in a function of a patch, from any tick that is in them. */
import { describe, expect, test } from 'vitest';
import { FRAME_PC } from '../../../replayer/instrument/frame-layout.ts';
import { type Probes, probesOf } from '../../../replayer/instrument/hooks.ts';
import type { ModuleLayout } from '../../../replayer/instrument/module-layout.ts';
import { applyPatch, goOn, makePatch } from '../../../replayer/instrument/patching.ts';
import type { InstrumentPlan } from '../../../replayer/instrument/plan.ts';
import { Rewriting } from '../../../replayer/instrument/rewrite.ts';
import { frameSize, ticksOfFrames } from '../../../replayer/timetravel/frames.ts';
import { compileWat } from '../../guests/wat.ts';

const PLAN: InstrumentPlan = {
  ...{ tick: true, frames: 'spill', steps: new Set(), globals: true, patchable: true, ages: true },
};

/** Each a function `run`, with what it calls; loops in blocks of all kinds, and branches out of them. */
const MODULES: Readonly<Record<string, string>> = {
  'a loop behind code': `
    (func (export "run") (param i32) (result i32) (local i32 i64 f32 f64 v128)
      (local.set 2 (i64.const 7)) (local.set 3 (f32.const 1.5)) (local.set 4 (f64.const 2.5))
      (local.set 5 (v128.const i64x2 3 4))
      (loop $l
        (local.set 2 (i64.add (local.get 2) (i64.extend_i32_u (local.get 1))))
        (local.set 3 (f32.add (local.get 3) (f32.const 1)))
        (local.set 4 (f64.add (local.get 4) (f64.const 1)))
        (local.set 5 (i64x2.add (local.get 5) (v128.const i64x2 1 1)))
        (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0))))
      (i32.add (i32.wrap_i64 (local.get 2)) (i32.add (i32.trunc_f32_s (local.get 3))
        (i32.add (i32.trunc_f64_s (local.get 4)) (i32.wrap_i64 (i64x2.extract_lane 1 (local.get 5)))))))`,
  'loops in loops and blocks': `
    (global $g (mut i32) (i32.const 0))
    (func (export "run") (param i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
      (block $out
        (global.set $g (i32.const 1))
        (block $in
          (br_if $in (i32.eqz (local.get 0)))
          (loop $outer
            (local.set $j (i32.const 0))
            (block $skip
              (br_if $skip (i32.and (local.get $i) (i32.const 1)))
              (loop $inner
                (local.set $sum (i32.add (local.get $sum) (local.get $j)))
                (br_if $out (i32.gt_u (local.get $sum) (i32.const 1000)))
                (br_if $inner (i32.lt_u
                  (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get 0)))))
            (block $a (block $b (block $c
              (br_table $a $b $c (i32.rem_u (local.get $i) (i32.const 3))))
              (local.set $sum (i32.add (local.get $sum) (i32.const 100))) (br $a))
              (local.set $sum (i32.add (local.get $sum) (i32.const 10))))
            (loop $again
              (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
              (br_if $again (i32.and (local.get $sum) (i32.const 3))))
            (br_if $outer (i32.lt_u
              (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0)))
            (br $out)))
        (local.set $sum (i32.const -1)))
      (i32.add (local.get $sum) (global.get $g)))`,
  'ifs, with and without else, and results': `
    (func (export "run") (param i32) (result i32) (local $i i32) (local $sum i32)
      (loop $rounds
        (if (i32.and (local.get $i) (i32.const 1))
          (then
            (local.set $sum (i32.add (local.get $sum) (i32.const 3)))
            (loop $odd (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
              (br_if $odd (i32.and (local.get $sum) (i32.const 2)))))
          (else
            (if (i32.and (local.get $i) (i32.const 2)) (then
              (loop $even (local.set $sum (i32.add (local.get $sum) (i32.const 7)))
                (br_if $even (i32.and (local.get $sum) (i32.const 1))))))
            (local.set $sum (i32.xor (local.get $sum) (i32.const 0x55)))
            (if (i32.gt_u (local.get $i) (i32.const 100)) (then (return (i32.const -7))))))
        (br_if $rounds (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
      (block $value (result i32)
        (drop (br_if $value (local.get $sum) (i32.eqz (local.get 0))))
        (loop $last (result i32)
          (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br_if $last (local.get $i))
          (i32.mul (local.get $sum) (i32.const 3)))))`,
  'calls, one of itself': `
    (func $leaf (param i32) (result i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i32.const 2))
    (func $run (export "run") (param i32) (result i32) (local $sum i32)
      (if (i32.le_u (local.get 0) (i32.const 1)) (then (return (i32.const 1))))
      (loop $l
        (local.set $sum (i32.add (local.get $sum)
          (i32.add (call $leaf (i32.const 3)) (call $run (i32.sub (local.get 0) (i32.const 2))))))
        (br_if $l (i32.lt_u (local.get $sum) (i32.const 20))))
      (i32.add (call $leaf (i32.const 1)) (local.get $sum)))`,
  'a value beneath a loop: it goes on at its beginning only': `
    (func (export "run") (param i32) (result i32)
      (i32.const 5)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i32.add (local.get 0)))`,
  'an exception that leaves a loop': `
    (tag $e (param i32))
    (func $throws (param i32) (if (i32.gt_u (local.get 0) (i32.const 3)) (then (throw $e (local.get 0)))))
    (func (export "run") (param i32) (result i32) (local $i i32)
      (block $caught (result i32)
        (try_table (catch $e $caught)
          (loop $l
            (call $throws (local.get $i))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0)))))
        (i32.const -1)))`,
};

interface Seen {
  readonly tick: number;
  readonly depth: number;
  readonly pc: number;
}

interface Made {
  readonly module: WebAssembly.Module;
  readonly layout: ModuleLayout;
  readonly prefix: string;
  readonly patch: WebAssembly.Module;
  readonly resumable: ReadonlyMap<number, ReadonlySet<number>>;
}

async function make(wat: string): Promise<Made> {
  const rewriting = new Rewriting(await compileWat(`(module ${wat})`), PLAN);
  const { bytes, layout, prefix } = rewriting.module();
  const steps = new Set(layout.bodyStarts.keys());
  const plan = { ...PLAN, steps, patchable: false };
  let patch = makePatch(layout, rewriting.added, steps, plan);
  if (patch && !WebAssembly.validate(Uint8Array.from(patch.bytes))) {
    patch = makePatch(layout, rewriting.added, steps, { ...plan, fromBeginning: steps });
  }
  if (patch === undefined) throw new Error('no patch');
  const compiled = (code: Uint8Array) => new WebAssembly.Module(Uint8Array.from(code));
  const { resumable } = patch;
  return { module: compiled(bytes), layout, prefix, patch: compiled(patch.bytes), resumable };
}

interface Ran {
  readonly result: number;
  readonly stops: readonly Seen[];
  readonly ticks: readonly Seen[];
}

/** @param ticked told of each tick; @param on whether all steps from the beginning */
function run(
  { module, layout, prefix, patch }: Made,
  on: boolean,
  ticked: (at: Seen, probes: Probes) => void,
): Ran {
  const { exports } = new WebAssembly.Instance(module);
  const probes = probesOf(exports, prefix);
  const stops: Seen[] = [];
  const ticks: Seen[] = [];
  let tick = 0;
  probes.global('armed').value = 0x7fffffff;
  probes.global('ticksLeft').value = 1n;
  probes.global('lastTick').value = 1n;
  probes.set('stop', (pc, depth) => stops.push({ tick, depth, pc }));
  probes.set('ticked', (pc, depth) => {
    tick++;
    ticks.push({ tick, depth, pc });
    ticked({ tick, depth, pc }, probes);
    probes.global('ticksLeft').value = 1n;
    probes.global('lastTick').value = BigInt(tick + 1);
  });
  applyPatch(patch, exports);
  if (on) new Uint8Array(probes.memory('patched').buffer).fill(1, 0, layout.functions.length);
  const result = (exports.run as (n: number) => number)(7);
  expect(probes.global('depth').value).toBe(0);
  expect(probes.global('top').value).toBe(0);
  return { result, stops, ticks };
}

const funcAt = ({ bodyStarts, bodyEnds }: ModuleLayout, pc: number) =>
  bodyStarts.findIndex((start, i) => pc >= start && pc < (bodyEnds[i] ?? 0));

describe.each(Object.entries(MODULES))('%s', (name, wat) => {
  test('from each tick on, the frame stops where it would if it had stopped all along', async () => {
    const made = await make(wat);
    const { layout, resumable } = made;
    const all = run(made, true, () => {});
    const plain = run(made, false, () => {});
    expect(plain).toEqual({ ...all, stops: [] });
    let loops = 0;
    for (const at of all.ticks) {
      const func = funcAt(layout, at.pc);
      if (!resumable.get(func)?.has(at.pc)) continue;
      if (!isEntry(layout, at.pc)) loops++;
      const gone = run(made, false, (now, probes) => {
        if (now.tick !== at.tick) return;
        const top = Number(probes.global('top').value);
        const { buffer } = probes.memory('frames');
        new DataView(buffer).setUint32(top - frameSize(layout, func) + FRAME_PC, at.pc, true);
        goOn(probes, func, false);
      });
      expect(gone.result).toBe(plain.result);
      expect(gone.ticks).toEqual(plain.ticks);
      // until it ends: what is called in it does not step, and other frames as deep come behind it
      const ends = all.ticks.find(
        ({ tick, depth, pc }) =>
          tick > at.tick &&
          (depth < at.depth ||
            (depth === at.depth &&
              all.ticks.some((one) => one.tick === tick && isEntry(layout, pc)))),
      );
      const own = all.stops.filter(
        ({ tick, depth }) =>
          depth === at.depth && tick >= at.tick && tick < (ends?.tick ?? Number.POSITIVE_INFINITY),
      );
      expect(gone.stops.filter(({ depth }) => depth === at.depth)).toEqual(own);
      expect(gone.stops.length).toBe(own.length);
    }
    if (name.includes('only') || name.includes('exception')) expect(loops).toBe(0);
    else expect(loops).toBeGreaterThan(3);
  });

  test('each frame has the last tick that was in it', async () => {
    const made = await make(wat);
    const last: number[] = [];
    run(made, false, ({ tick, depth }, probes) => {
      last.length = depth - 1;
      last[depth - 1] = tick;
      const top = Number(probes.global('top').value);
      const frames = ticksOfFrames(made.layout, probes.memory('frames').buffer, top);
      expect(frames.map((frame) => frame.tick)).toEqual(last);
    });
  });
});

function isEntry(layout: ModuleLayout, pc: number): boolean {
  const start = layout.bodyStarts[funcAt(layout, pc)] ?? 0;
  // a few bytes of locals at most lie before it
  return pc - start <= 1 + 2 * (layout.bytes[start] ?? 0);
}
