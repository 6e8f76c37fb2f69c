/** Faults: they find the bugs they are meant for, correct programs survive them, and what they do replays. */
import { closeSync, cpSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ExampleCase, exampleCases } from '../../examples/cases.ts';
import { FAULT_NAMES, FAULTS } from '../../recorder/chaos/faults.ts';
import { planChaos } from '../../recorder/chaos/plan.ts';
import { type RunOptions, record } from '../../recorder/record.ts';
import { type RepeatOptions, recordUntilFails } from '../../recorder/until-fails.ts';
import { replay } from '../../replayer/replay.ts';
import { isSuccess } from '../../traces/outcome.ts';
import { TraceReader } from '../../traces/reader.ts';
import { Scratch } from './scratch.ts';

const scratch = new Scratch('chaos');
const nothing = openSync('/dev/null', 'r+');
afterAll(() => {
  closeSync(nothing);
  scratch.remove();
});

function exampleOf(name: string): ExampleCase {
  const found = exampleCases().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no example ${name}`);
  return found;
}

let copies = 0;

/** What an example is run with; its files are copied, since it may change them. */
function given({ wasm, copy, args, env }: ExampleCase): RunOptions {
  const preopens = Object.entries(copy).map(([guest, host]) => {
    const folder = join(scratch.path, `files-${copies++}`);
    mkdirSync(folder);
    cpSync(host, folder, { recursive: true });
    return { host: folder, guest };
  });
  return { module: wasm, args, env, preopens, folder: join(scratch.path, 'traces') };
}

describe('finds within 50 runs', () => {
  test.each(['flakyparse-O0g', 'dirorder-O0g'])('%s, whatever the first seed', async (name) => {
    for (let seed = 1; seed <= 8; seed++) {
      const { outcome } = await recordUntilFails({
        ...given(exampleOf(name)),
        stdin: nothing,
        runs: 50,
        chaos: { seed },
      });
      expect(isSuccess(outcome), `seed ${seed}`).toBe(false);
    }
  });
});

describe('a program that only a fault brings down', () => {
  const lostwrite = (options: Partial<RepeatOptions>) =>
    recordUntilFails({
      ...given(exampleOf('lostwrite-O0g')),
      stdin: nothing,
      runs: 50,
      ...options,
    });

  test('is found, by the fault that it cannot take', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { outcome, trace } = await lostwrite({ chaos: { seed, faults: ['gentle'] } });
      expect(outcome, `seed ${seed}`).toEqual({ kind: 'exit', code: 6 });
      expect(injected(trace).map(({ fault }) => fault)).toContain('short-write');
    }
  });

  test('is not found without, nor by faults that it copes with', async () => {
    const faults = FAULT_NAMES.filter((name) => name !== 'short-write' && FAULTS[name].gentle);
    for (const options of [{}, { chaos: { seed: 1, faults } }]) {
      const { run, outcome } = await lostwrite({ ...options, runs: 3 });
      expect({ run, outcome }).toEqual({ run: 3, outcome: { kind: 'exit', code: 0 } });
    }
  });
});

const SEEDS = [1, 2, 3, 4, 5, 6];

async function chaotic(seed: number) {
  const { outcome, trace } = await record({
    ...given(exampleOf('heapsmash-ok-O0g')),
    stdin: nothing,
    stdout: nothing,
    paranoid: true,
    chaos: { seed, faults: ['gentle'] },
  });
  return { outcome, trace: trace ?? '', faults: injected(trace) };
}

test('a correct program survives gentle faults, and what they did replays', async () => {
  let faults = 0;
  for (const seed of SEEDS) {
    const run = await chaotic(seed);
    expect(run.outcome).toEqual({ kind: 'exit', code: 0 });
    expect((await replay({ trace: run.trace })).status).toBe('identical');
    faults += run.faults.length;
  }
  expect(faults).toBeGreaterThan(5);
});

describe('the same seed', () => {
  test('does the same to the same calls', async () => {
    for (const seed of SEEDS) {
      const [first, second] = [await chaotic(seed), await chaotic(seed)];
      expect(second.faults).toEqual(first.faults);
    }
  });

  test('another one has another plan', () => {
    const plans = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
      JSON.stringify(planChaos({ seed }).faults),
    );
    expect(new Set(plans).size).toBeGreaterThan(4);
  });
});

test('every fault has a run in which it takes part', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    for (const { name } of planChaos({ seed }).faults) seen.add(name);
  }
  expect([...seen].sort()).toEqual([...FAULT_NAMES].sort());
});

test.each([[{ seed: -1 }], [{ seed: 1.5 }], [{ seed: 2 ** 32 }], [{ faults: ['rain'] }]])(
  '%j is refused',
  (options) => {
    expect(() => planChaos(options)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }) as Error,
    );
  },
);

test('runs that pass leave no trace and say so', async () => {
  const { run, outcome, trace } = await recordUntilFails({
    ...given({ ...exampleOf('syscalls-O0g'), args: ['10'] }),
    stdin: nothing,
    runs: 3,
  });
  expect({ run, outcome, trace }).toEqual({
    run: 3,
    outcome: { kind: 'exit', code: 0 },
    trace: undefined,
  });
});

function injected(trace: string | undefined) {
  const reader = new TraceReader(trace ?? '');
  try {
    return reader.injections();
  } finally {
    reader.close();
  }
}
