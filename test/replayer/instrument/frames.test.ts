/** Frames as they are spilled: function, pc and the locals of every frame, at every instruction. */
import { expect, test } from 'vitest';
import { FRAME_HEADER, FRAME_PC, frameLayout } from '../../../replayer/instrument/frame-layout.ts';
import { probesOf } from '../../../replayer/instrument/hooks.ts';
import { instrument } from '../../../replayer/instrument/rewrite.ts';
import { wasmFrames } from '../../../wasm/traps.ts';
import { compileWat } from '../../guests/wat.ts';
import { allFunctions, allPcs, growFrames } from './variants.ts';

// i32 i64 f32 f64, then a v128, a reference and an i32
const WAT = `(module
  (func $inner (param i32 i64 f32 f64) (result i32) (local v128 funcref i32)
    (local.set 4 (i32x4.splat (i32.const 7)))
    (local.set 6 (i32.add (local.get 0) (i32.const 1)))
    (if (local.get 0) (then
      (return (call $inner (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 2) (local.get 3)))))
    (nop) (local.get 6))
  (func (export "run") (result i32) (call $inner (i32.const 3) (i64.const -5) (f32.const 1.5) (f64.const 2.25))))`;
const INNER = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0, 0x7f];
const NOP = 0x01;

test.each(['where calls need them', 'where they are set'])('locals are stored %s', async (how) => {
  const module = await compileWat(WAT);
  const pcs = allPcs(module);
  const nop = [...pcs].find((pc) => module[pc] === NOP) as number;
  const steps = how === 'where they are set';
  const made = instrument(module, {
    frames: 'spill',
    tick: true,
    ...(steps ? { steps: allFunctions(module) } : { breaks: new Set([nop]) }),
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
  const probes = probesOf(exports, made.prefix);
  growFrames(probes);
  const { offsets, size } = frameLayout(INNER);
  const seen: unknown[] = [];
  let places: readonly { func: number; offset: number }[] = [];
  probes.set('stop', (pc, depth) => {
    if (pc !== nop) return;
    const view = new DataView(probes.memory('frames').buffer);
    expect(depth).toBe(5);
    // the outermost frame has no locals
    for (let base = FRAME_HEADER, level = 0; level < 4; base += size, level++) {
      const at = (local: number) => base + (offsets[local] as number);
      expect(view.getUint32(base, true)).toBe(0);
      seen.push([
        view.getInt32(at(0), true),
        view.getBigInt64(at(1), true),
        view.getFloat32(at(2), true),
        view.getFloat64(at(3), true),
        view.getInt32(at(4) + 12, true),
        view.getInt32(at(6), true),
      ]);
    }
    expect(probes.global('top').value).toBe(FRAME_HEADER + 4 * size);
    const stored = [0, ...[0, 1, 2].map((level) => FRAME_HEADER + level * size)].map((base) =>
      view.getUint32(base + FRAME_PC, true),
    );
    places = wasmFrames(new Error('stack').stack ?? '').map(({ func, offset }) => ({
      func,
      offset: made.original(offset),
    }));
    // V8 and the frames agree on where each caller stands
    expect(places.slice(1).map(({ offset }) => offset)).toEqual(stored.reverse());
  });
  if (steps) probes.global('armed').value = 100;
  expect((exports.run as () => number)()).toBe(1);
  const row = (n: number) => [n, -5n, 1.5, 2.25, 7, n + 1];
  expect(seen).toEqual([row(3), row(2), row(1), row(0)]);
  expect(places.map(({ func }) => func)).toEqual([0, 0, 0, 0, 1]);
});

test('ticks count function entries and loop heads, and stop where they are told to', async () => {
  const module = await compileWat(`(module (func (export "run") (local i32)
    (loop (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 10))))))`);
  const made = instrument(module, { tick: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
  const probes = probesOf(exports, made.prefix);
  const stops: number[] = [];
  probes.set('ticked', (pc) => stops.push(pc));
  for (const tick of [1n, 2n, 11n, 12n]) {
    probes.global('ticksLeft').value = tick;
    (exports.run as () => void)();
    expect(probes.global('ticksLeft').value).toBe(tick - 11n);
  }
  const loop = [...allPcs(module)][0] as number;
  expect(stops).toEqual([loop, loop + 2, loop + 2]);
});

test('more frames than there is room for make room', async () => {
  const module = await compileWat(`(module (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.add (i32.const 1)
      (call $down (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))`);
  const size = FRAME_HEADER + 4;
  const depth = 5000;
  const made = instrument(module, { frames: 'spill' });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
  const probes = probesOf(exports, made.prefix);
  probes.global('limit').value = 1000;
  let asked = 0;
  probes.set('room', () => {
    asked++;
    probes.global('limit').value = Number(probes.global('limit').value) * 2;
  });
  expect((exports.down as (n: number) => number)(depth)).toBe(depth);
  expect(asked).toBe(Math.ceil(Math.log2(((depth + 1) * size) / 1000)));
  expect(probes.global('top').value).toBe(0);
});

test('an unknown instruction is refused by its name, a cut one too', async () => {
  const module = await compileWat('(module (func (nop) (nop) (nop)))');
  const patched = (bytes: readonly number[]) => {
    const copy = module.slice();
    const at = [...allPcs(module)][0] as number;
    copy.set(bytes, at);
    return copy;
  };
  expect(() => instrument(patched([0xfc, 0x7f]), {})).toThrow(
    expect.objectContaining({ code: 'MODULE_UNSUPPORTED' }),
  );
  expect(() => instrument(patched([0x27]), {})).toThrow(
    expect.objectContaining({ code: 'MODULE_UNSUPPORTED' }),
  );
  // a constant that swallows the end
  expect(() => instrument(patched([0x01, 0x01, 0x41, 0xff]), {})).toThrow(
    expect.objectContaining({ code: 'MODULE_INVALID' }),
  );
  expect(() => instrument(patched([0x0b]), {})).toThrow(
    expect.objectContaining({ code: 'MODULE_INVALID' }),
  );
});

test('the end of a function, in a stack trace, is its last instruction', async () => {
  const module = await compileWat('(module (func (export "run") (nop)))');
  const last = Math.max(...allPcs(module));
  const made = instrument(module, {
    ...{ frames: 'depth', calls: true, steps: allFunctions(module) },
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(made.bytes));
  const probes = probesOf(exports, made.prefix);
  probes.global('armed').value = 1;
  const places: number[] = [];
  const look = () => {
    const [frame] = wasmFrames(new Error('stack').stack ?? '');
    places.push(made.original(frame?.offset ?? -1));
  };
  probes.set('stop', look);
  probes.set('left', look);
  (exports.run as () => void)();
  // before nop, before the end, and where it is left
  expect(places).toEqual([last - 1, last, last]);
});
