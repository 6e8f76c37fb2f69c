/** A component that is ended from outside leaves a trace up to there. */
import { afterAll, expect, test } from 'vitest';
import { Scratch } from '../recorder/scratch.ts';
import { replayed } from '../replayer/replayed.ts';
import { command, component } from './component-wat.ts';

const scratch = new Scratch('component-interrupted');
afterAll(() => scratch.remove());

test.each([
  ['a time limit', { timeoutMs: 1000 }, 'timeout'],
  ['a signal', { signal: AbortSignal.timeout(1000) }, 'TimeoutError'],
])('an endless loop, by %s', async (_what, options, by) => {
  const module = await component(
    command('(func (export "run") (result i32) (loop $again (br $again)) unreachable)'),
  );
  const run = await scratch.record({ module, ...options });
  expect(run).toMatchObject({
    outcome: { kind: 'interrupted', by: expect.stringContaining(by) },
    stuck: false,
  });
  expect(await replayed(run.trace)).toMatchObject({ status: 'prefix', events: run.events });
});
