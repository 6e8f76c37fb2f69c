/**
 * A recorded run, replayed with another module: it diverges at the first call that the other module makes
 * otherwise, and says what that was. The guests catch everything there is to catch.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { program } from '../guests/assemble.ts';
import { compileWat } from '../guests/wat.ts';
import { type RecordedRun, Scratch } from '../recorder/scratch.ts';
import { replayed } from './replayed.ts';

const scratch = new Scratch('altered-module');
afterAll(() => scratch.remove());

const guarded = (call: string): string => `try ${call} catch_all (nop) end`;
const LINES = ['(say "one\n")', '(drop (call $sched_yield))', '(say "two\n")'];

function wat({
  lines = LINES,
  end = '(call $proc_exit (i32.const 3))',
  grow = 0,
}: {
  lines?: readonly string[];
  end?: string;
  grow?: number;
} = {}): string {
  return program(`
  (memory (export "memory") 1)
  (func (export "_start")
    ${grow ? `(drop (memory.grow (i32.const ${grow})))` : ''}
    ${lines.map(guarded).join('\n    ')}
    ${guarded(end)}
    ${guarded('(drop (call $sched_yield))')}
    ${guarded('(say "after the end\n")')})`);
}

let run: RecordedRun;
beforeAll(async () => {
  run = await scratch.record({ module: await compileWat(wat()) });
});

// events: 0 enter, 1 "one", 2 yield, 3 "two", 4 proc_exit, 5 unwind
const cases = [
  {
    what: 'another text',
    module: wat({ lines: ['(say "one\n")', '(drop (call $sched_yield))', '(say "twO\n")'] }),
    event: 3,
    mismatch: { what: 'bytes', offset: 10, recorded: 111, actual: 79 },
    expected: 'fd_write(1<stdout>, "two\\n", [4])',
    actual: 'fd_write(1<stdout>, "twO\\n", [4])',
  },
  {
    what: 'an extra call',
    module: wat({ lines: [...LINES.slice(0, 2), '(drop (call $sched_yield))', ...LINES.slice(2)] }),
    event: 3,
    mismatch: { what: 'function' },
    expected: 'fd_write(1<stdout>, "two\\n", [4])',
    actual: 'sched_yield()',
  },
  {
    what: 'a missing call',
    module: wat({ lines: LINES.filter((_, i) => i !== 1) }),
    event: 2,
    mismatch: { what: 'function' },
    expected: 'sched_yield()',
    actual: 'fd_write(1<stdout>, "two\\n", [4])',
  },
  {
    what: 'another exit code',
    module: wat({ end: '(call $proc_exit (i32.const 4))' }),
    event: 4,
    mismatch: { what: 'argument', index: 0, recorded: 3, actual: 4 },
    expected: 'proc_exit(3)',
    actual: 'proc_exit(4)',
  },
  {
    what: 'no exit',
    module: wat({ end: '(nop)' }),
    event: 4,
    mismatch: { what: 'function' },
    expected: 'proc_exit(3)',
    actual: 'sched_yield()',
  },
  {
    what: 'a trap before the exit',
    module: wat({ end: '(unreachable)' }),
    event: 4,
    mismatch: { what: 'ending', actual: 'trap: unreachable' },
    expected: 'proc_exit(3)',
    actual: 'trap: unreachable',
  },
  {
    what: 'a return before the exit',
    module: wat({ end: '(return)' }),
    event: 4,
    mismatch: { what: 'ending', actual: '_start returned' },
    expected: 'proc_exit(3)',
    actual: '_start returned',
  },
  {
    what: 'more memory',
    module: wat({ grow: 1 }),
    event: 1,
    mismatch: { what: 'memory-size', recorded: 1, actual: 2 },
    expected: 'fd_write(1<stdout>, "one\\n", [4])',
    actual: 'fd_write(1<stdout>, "one\\n", [4])',
  },
  {
    what: 'an import that was not there',
    module: wat({ lines: ['(drop (call $fd_close (i32.const 9)))', ...LINES] }),
    event: 1,
    mismatch: { what: 'function' },
    expected: 'fd_write(1<stdout>, "one\\n", [4])',
    actual: expect.stringMatching(/^fd_close\(/),
  },
  {
    what: 'no _start',
    module: '(module (memory (export "memory") 1))',
    event: 1,
    mismatch: { what: 'ending' },
    expected: 'fd_write(1<stdout>, "one\\n", [4])',
    actual: 'the module exports no function _start',
  },
];

describe('another module diverges at its first other call', () => {
  test.each(cases)('$what', async ({ module, event, mismatch, expected, actual }) => {
    const report = await replayed(run.trace, { module: await compileWat(module) });
    expect(report.status).toBe('diverged');
    expect(report.divergence).toMatchObject({ event, mismatch, expected, actual });
    expect(report.divergence?.likelyCause).toContain('the module is not the recorded one');
    const before = ['', 'one\n', 'one\n', 'one\n', 'one\ntwo\n'];
    expect(report.stdout.toString()).toBe(before[event - (event === 1 ? 1 : 0)]);
  });

  test('with the guest frames that led there', async () => {
    const [another] = cases;
    const report = await replayed(run.trace, { module: await compileWat(another?.module ?? '') });
    const names = report.divergence?.frames.map(({ name }) => name);
    expect(names).toEqual(['say', undefined]);
  });

  test('a module that cannot be linked to the log is no replay at all', async () => {
    const module = await compileWat(
      '(module (import "env" "memory" (memory 1)) (func (export "_start")))',
    );
    await expect(replayed(run.trace, { module })).rejects.toMatchObject({ code: 'REPLAY_FAILED' });
  });

  test('a module that is none', async () => {
    await expect(replayed(run.trace, { module: Uint8Array.of(0, 97) })).rejects.toMatchObject({
      code: 'REPLAY_FAILED',
    });
  });
});

test('the other build of an example diverges from the recorded one', async () => {
  const cases = exampleCases();
  const one = cases.find(({ name }) => name === 'uninit-O0g');
  const other = cases.find(({ name }) => name === 'uninit-O2');
  if (one === undefined || other === undefined) throw new Error('no uninit');
  const { trace } = await scratch.recordExample(one);
  expect(await replayed(trace)).toMatchObject({ status: 'identical' });
  const report = await replayed(trace, { module: readFileSync(other.wasm) });
  expect(report).toMatchObject({ status: 'diverged', divergence: { frames: expect.anything() } });
});
