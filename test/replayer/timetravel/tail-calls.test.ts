/** A call of the host that takes the place of its caller is made where it stands, by whom it stands in. */
import { afterAll, expect, test } from 'vitest';
import { openTimeTravel } from '../../../replayer/timetravel/time-travel.ts';
import { program } from '../../guests/assemble.ts';
import { compileWat } from '../../guests/wat.ts';
import { Scratch } from '../../recorder/scratch.ts';

const scratch = new Scratch('tail-calls');
afterAll(() => scratch.remove());

/** What $through calls is known only when it does; the last call is an ordinary one, from where it was called. */
const GUEST = program(`
  (type $none (func (result i32)))
  (table funcref (elem $sched_yield $own))
  (func $own (result i32) (i32.const 0))
  (func $through (param $which i32) (result i32)
    (return_call_indirect (type $none) (local.get $which)))
  (func (export "_start")
    (drop (call $through (i32.const 1)))
    (drop (call $through (i32.const 0)))
    (drop (call $sched_yield)))`);

test('a catchpoint stops at it, in both directions, with its frame', async () => {
  const { trace } = await scratch.record({ module: await compileWat(GUEST) });
  const travel = openTimeTravel(trace);
  try {
    const points = { breaks: [], calls: ['sched_yield'], watches: [] };
    const on = (reverse: boolean) => ({ kind: 'continue', reverse, points }) as const;
    const names = ({ stack }: Awaited<ReturnType<typeof travel.move>>) =>
      stack.map(({ name, locals }) => [name, locals]);
    const start = await travel.move(undefined, { kind: 'event', event: -1 });
    const tail = await travel.move(start.mark, on(false));
    expect(tail.reason).toEqual({ kind: 'call', name: 'sched_yield' });
    expect(names(tail)).toEqual([
      ['through', [0]],
      ['_start', []],
    ]);
    expect(tail.mark.depth).toBe(2);
    const plain = await travel.move(tail.mark, on(false));
    expect(names(plain)).toEqual([['_start', []]]);
    expect(plain.mark.depth).toBe(1);
    const back = await travel.move(plain.mark, on(true));
    expect(back.mark).toEqual(tail.mark);
    // behind it, its frame is gone
    const step = { kind: 'step', size: 'instruction', reverse: false, points } as const;
    const next = await travel.move(tail.mark, { ...step, points: { ...points, calls: [] } });
    expect(names(next)).toEqual([['_start', []]]);
  } finally {
    await travel.close();
  }
});
