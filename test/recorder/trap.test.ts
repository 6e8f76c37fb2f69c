/** What a trace keeps of a trap. */
import { afterAll, expect, test } from 'vitest';
import { TraceReader } from '../../traces/reader.ts';
import { MAX_FRAMES, MAX_NAME } from '../../wasm/traps.ts';
import { compileWat } from '../guests/wat.ts';
import { replayed } from '../replayer/replayed.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('trap');
afterAll(() => scratch.remove());

/** Recurses so many times, then traps. A frame each, of a function with this name. */
const trapping = (name: string, depth: number): Promise<Uint8Array> =>
  compileWat(`(module
    (memory (export "memory") 1)
    (func $${name} (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (unreachable)))
      (i32.add (i32.const 1) (call $${name} (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "_start")
      (i32.store (i32.const 70) (i32.const 7))
      (drop (call $${name} (i32.const ${depth})))))`);

test('its kind, its frames, and the memory as it was', async () => {
  const run = await scratch.record({ module: await trapping('f', 3) });
  expect(run.outcome).toMatchObject({
    kind: 'trap',
    trap: { kind: 'unreachable', frames: [{ func: 0, name: 'f' }, {}, {}, {}, { func: 1 }] },
  });
  const reader = new TraceReader(run.trace);
  const [snapshot] = reader.snapshots();
  expect(snapshot).toMatchObject({ event: 1, label: 'trap', memorySize: 65536 });
  const memory = reader.snapshot(snapshot?.id ?? 0);
  reader.close();
  expect(memory.findIndex((byte) => byte !== 0)).toBe(70);
  expect(memory[70]).toBe(7);
});

test('no more frames than are kept, and the same ones when it is replayed', async () => {
  const run = await scratch.record({ module: await trapping('f', 1000) });
  expect(run.outcome).toMatchObject({ trap: { frames: { length: MAX_FRAMES } } });
  expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
});

test('names of 100,000 letters in every frame: cut, and no harm to the log', async () => {
  const run = await scratch.record({ module: await trapping('n'.repeat(100_000), 300) });
  expect(run.outcome).toMatchObject({ kind: 'trap', trap: { kind: 'unreachable' } });
  const { outcome } = run;
  const [frame] = outcome.kind === 'trap' ? outcome.trap.frames : [];
  expect(frame?.name).toBe('n'.repeat(MAX_NAME));
  expect(await replayed(run.trace)).toMatchObject({ status: 'identical' });
});
