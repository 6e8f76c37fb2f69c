/**
 * Locals that are stored only where they may have changed are the locals: at every stop, in every frame, they
 * are what a guest shows that stores each local where it is set.
 */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../../examples/cases.ts';
import { type Probes, probesOf } from '../../../replayer/instrument/hooks.ts';
import { type ModuleLayout, readLayout } from '../../../replayer/instrument/module-layout.ts';
import type { InstrumentPlan } from '../../../replayer/instrument/plan.ts';
import { instrument } from '../../../replayer/instrument/rewrite.ts';
import { readFrames } from '../../../replayer/timetravel/frames.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { compileWat } from '../../guests/wat.ts';
import { Scratch } from '../../recorder/scratch.ts';
import { allFunctions, allPcs, growFrames, replayInstrumented } from './variants.ts';

const scratch = new Scratch('stale-locals');
afterAll(() => scratch.remove());

/** One text a stop, and one every so many ticks: where it is, and the locals of all frames. */
function watchFrames(
  probes: Probes,
  layout: ModuleLayout,
  wanted: ReadonlySet<number>,
  every: bigint,
): string[] {
  const seen: string[] = [];
  const look = (what: string) => (pc: number) => {
    if (what === 'stop' && !wanted.has(pc)) return;
    const top = Number(probes.global('top').value);
    const frames = readFrames(layout, probes.memory('frames').buffer, top, pc);
    const locals = frames.map(({ func, locals }) => `${func}(${locals.map(String)})`);
    seen.push(`${what} ${pc}: ${locals.join(' ')}`);
  };
  probes.set('stop', look('stop'));
  probes.set('ticked', (pc) => {
    probes.global('ticksLeft').value = every;
    look('ticked')(pc);
  });
  probes.global('ticksLeft').value = every;
  return seen;
}

/** @returns plans of a guest that follows which locals are stale, and of one that stores each */
function plans(module: Uint8Array, breaks: ReadonlySet<number>): InstrumentPlan[] {
  const both: InstrumentPlan = { tick: true, frames: 'spill' };
  return [
    { ...both, breaks },
    { ...both, steps: allFunctions(module) },
  ];
}

const nth = (pcs: ReadonlySet<number>, every: number) =>
  new Set([...pcs].filter((_, i) => i % every === 0));

describe('examples', () => {
  const names = ['heapsmash-O2', 'flakyparse-O0g', 'rustslice-O2'];
  test.each(names)('%s', async (name) => {
    const example = exampleCases().find((one) => one.name === name);
    if (example === undefined) throw new Error(`no example ${name}`);
    const { trace } = await scratch.recordExample(example);
    const reader = new TraceReader(trace);
    const module = reader.module();
    reader.close();
    const breaks = nth(allPcs(module, 3), 7);
    const [some, all] = plans(module, breaks).map((plan) => {
      let seen: string[] = [];
      replayInstrumented(trace, plan, (probes, { layout }) => {
        if (plan.steps) probes.global('armed').value = 0x7fffffff;
        seen = watchFrames(probes, layout, breaks, 97n);
      });
      // marks of the structure are no steps
      return seen.filter((line) => !structural(module, line));
    });
    expect(some?.length).toBeGreaterThan(100);
    expect(some).toEqual(all);
  });
});

function structural(module: Uint8Array, line: string): boolean {
  const pc = Number(/stop (\d+)/.exec(line)?.[1]);
  return [0x02, 0x03, 0x05, 0x0b, 0x06, 0x07, 0x18, 0x19, 0x1f].includes(module[pc] ?? 0x01);
}

const HELPER = '(func $call) (global $g (mut i32) (i32.const 0))';
const set = (local: number, value: number) => `(local.set ${local} (i32.const ${value}))`;
/** Ways that meet; each has calls on some ways and none on others. */
const WAYS: Readonly<Record<string, string>> = {
  'one branch of two': `(if (local.get 0) (then ${set(1, 5)} (call $call)) (else ${set(2, 6)}))
    (call $call) (if (local.get 0) (then ${set(1, 7)})) (call $call)`,
  'branches out of blocks': `(block $a (block $b ${set(1, 1)} (br_if $a (local.get 0)) ${set(2, 2)}
    (call $call) ${set(3, 3)} (br_if $b (i32.eqz (local.get 0))) (unreachable)) ${set(1, 4)}) (call $call)`,
  'a table': `(block $a (block $b (block $c ${set(1, 1)} (br_table $a $b $c (local.get 0))) ${set(2, 2)} (call $call))
    ${set(3, 3)}) (call $call)`,
  'a loop that sets behind its call': `(loop $l (call $call) ${set(1, 3)}
    (local.set 2 (i32.add (local.get 2) (i32.const 1))) (br_if $l (i32.lt_u (local.get 2) (i32.const 4)))) (call $call)`,
  'a loop in a loop': `(loop $l (call $call) (loop $m (call $call) (local.set 3 (i32.add (local.get 3) (i32.const 2)))
    (br_if $m (i32.lt_u (local.get 3) (i32.const 6)))) (local.set 3 (i32.const 1))
    (local.set 2 (i32.add (local.get 2) (i32.const 1))) (br_if $l (i32.lt_u (local.get 2) (i32.const 4)))) (call $call)`,
  'exceptions caught': `(block $h (try_table (catch_all $h) ${set(1, 8)} (call $call) ${set(2, 9)}
    (if (local.get 0) (then ${set(3, 1)} (throw $e))) (call $call))) (call $call)`,
  'an exception that leads to a loop': `(loop $l (call $call) (local.set 3 (i32.add (local.get 3) (i32.const 1)))
    (if (i32.lt_u (local.get 3) (i32.const 3)) (then (try_table (catch_all $l) ${set(1, 4)} (call $call) ${set(2, 5)}
      (throw $e))))) (call $call)`,
  'a branch on null': `(block $n ${set(1, 1)} (drop (br_on_null $n (ref.null func))) (call $call)) (call $call)
    (drop (block $f (result (ref func)) ${set(2, 1)} (br_on_non_null $f (ref.func $call)) (call $call) (unreachable))) (call $call)`,
  'dead ends': `(block (block (br_if 0 (local.get 0)) ${set(1, 2)} (br 1) ${set(2, 3)} (call $call)) ${set(3, 4)}) (call $call)
    (if (i32.eqz (local.get 0)) (then ${set(1, 9)} (return))) (call $call)`,
};
const OLD = `(try (do ${set(1, 1)} (call $call) ${set(2, 2)} (if (local.get 0) (then (throw $e))) ${set(3, 3)})
  (catch $e (call $call) ${set(1, 4)}) (catch_all ${set(2, 8)})) (call $call)
  (try (do (try (do ${set(3, 9)} (if (local.get 0) (then (throw $e))) (call $call)) (delegate 0))) (catch_all (call $call)))
  (call $call)`;

/** @param more locals, so that other ways of keeping account are taken */
const moduleOf = (
  body: string,
  more: number,
) => `(module (tag $e) ${HELPER} (elem declare func $call)
  (func $f (param i32) (local i32 i32 i32 ${'i64 '.repeat(more)}) ${body} (nop))
  (func (export "run") (call $f (i32.const 0)) (call $f (i32.const 1)) (call $f (i32.const 2))))`;

describe.each([0, 20, 40, 600])('with %d locals more', (more) => {
  test.each([...Object.entries(WAYS), ['older exceptions', OLD] as const])(
    '%s',
    async (_, body) => {
      const text = moduleOf(body, more);
      const module = body === OLD ? await compileWat(text) : await parse(text);
      const breaks = allPcs(module);
      const [some, all] = plans(module, breaks).map((plan) => {
        const made = instrument(module, plan);
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
        const probes = probesOf(exports, made.prefix);
        growFrames(probes);
        if (plan.steps) probes.global('armed').value = 0x7fffffff;
        const seen = watchFrames(probes, readLayout(module), breaks, 1n);
        (exports.run as () => void)();
        return seen.filter((line) => !structural(module, line));
      });
      expect(some).toEqual(all);
      // without stops, only calls and ticks store
      const few = plans(module, new Set()).map((plan) => {
        const made = instrument(module, { ...plan, breaks: new Set([[...breaks].at(-2) ?? 0]) });
        const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
        const probes = probesOf(exports, made.prefix);
        growFrames(probes);
        const seen = watchFrames(probes, readLayout(module), new Set(), 1n);
        (exports.run as () => void)();
        return seen;
      });
      expect(few[0]?.length).toBeGreaterThan(0);
      expect(few[0]).toEqual(few[1]);
    },
  );
});
