/** Runs until one fails: what is told of each, and an end between two runs. */
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type RepeatOptions, recordUntilFails } from '../../recorder/until-fails.ts';
import { program } from '../guests/assemble.ts';
import { guestModule } from '../guests/guests.ts';
import { compileWat } from '../guests/wat.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('until-fails');
const stdin = openSync('/dev/null', 'r');
afterAll(() => {
  closeSync(stdin);
  scratch.remove();
});

async function repeated(name: string, options: Partial<RepeatOptions> = {}) {
  const folder = scratch.fresh();
  const module = await guestModule(name);
  const report = await recordUntilFails({ module, stdin, folder, runs: 4, ...options });
  return { report, folder };
}

test('a program that never fails: the report of the last run, no trace', async () => {
  const seen: number[] = [];
  const { report, folder } = await repeated('exit-0', { onRun: (run) => seen.push(run) });
  expect(report).toMatchObject({ run: 4, outcome: { kind: 'exit', code: 0 } });
  expect(report.trace).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
  expect(seen).toEqual([1, 2, 3, 4]);
});

test('one that fails: its trace, and what it printed', async () => {
  const printed: string[] = [];
  const wat = program('(func (export "_start") (say "printed\n") (call $proc_exit (i32.const 3)))');
  const { report, folder } = await repeated('exit-0', {
    module: await compileWat(wat),
    onPrinted: async ({ stdout, stderr }) => {
      printed.push(readFileSync(stdout, 'utf8'), readFileSync(stderr, 'utf8'));
    },
  });
  expect(report).toMatchObject({ run: 1, outcome: { kind: 'exit', code: 3 } });
  expect(readdirSync(folder)).toEqual([basename(report.trace ?? '')]);
  expect(printed).toEqual(['printed\n', '']);
});

describe('an end between two runs', () => {
  test('is the end of those before: the run that had not begun leaves nothing', async () => {
    const stop = new AbortController();
    const { report, folder } = await repeated('exit-0', {
      signal: stop.signal,
      onRun: (run) => {
        if (run === 3) stop.abort('SIGINT');
      },
    });
    expect(report).toMatchObject({ run: 2, outcome: { kind: 'exit', code: 0 } });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('before the first is the reason that was given', async () => {
    const signal = AbortSignal.abort('SIGINT');
    const from = openSync(join(import.meta.dirname, 'until-fails.test.ts'), 'r');
    await expect(repeated('exit-0', { signal, stdin: from })).rejects.toBe('SIGINT');
    closeSync(from);
  });
});

test.each([0, -1, 1.5, Number.NaN])('%d runs are refused', async (runs) => {
  await expect(repeated('exit-0', { runs })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});
