/** Faults for whole programs: they end, what happened replays, and correct ones come to the same result. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { realCases } from '../../examples/real-cases.ts';
import { type RepeatOptions, recordUntilFails } from '../../index.ts';
import { NPM_PROGRAMS } from './npm-programs.ts';
import { programOf } from './program.ts';
import { runRecorded, runReplayed } from './runs.ts';
import { Workspace } from './workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-chaos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

describe('lostwrite, which fails by a fault alone', () => {
  const example = exampleCases().find(({ name }) => name === 'lostwrite-O0g');
  if (example === undefined) throw new Error('no example lostwrite');
  const repeated = async (chaos?: RepeatOptions['chaos']) => {
    using workspace = new Workspace(programOf(example));
    const stdin = openSync(workspace.stdin, 'r');
    try {
      return await recordUntilFails({
        module: workspace.wasm,
        preopens: workspace.preopens,
        stdin,
        folder,
        runs: 50,
        ...(chaos && { chaos }),
      });
    } finally {
      closeSync(stdin);
    }
  };

  it.each(SEEDS)('fails within 50 runs from seed %i on', async (seed) => {
    // its own error, or a full disk, of which it says so
    expect([1, 6]).toContain(exitCode((await repeated({ seed })).outcome));
  });

  it('fails in none of 50 runs without', async () => {
    const { run, outcome } = await repeated();
    expect({ run, outcome }).toEqual({ run: 50, outcome: { kind: 'exit', code: 0 } });
  });
});

function exitCode(outcome: Awaited<ReturnType<typeof recordUntilFails>>['outcome']) {
  return outcome.kind === 'exit' ? outcome.code : outcome.kind;
}

const programs = [
  ...realCases().map(programOf),
  ...NPM_PROGRAMS.filter(({ name }) => ['esbuild commander', 'icepll', 'flite'].includes(name)),
];

describe.each(programs)('$name', (program) => {
  const shown = (bytes: Buffer) => {
    const text = bytes.toString('latin1');
    return program.varying === undefined ? text : text.replace(program.varying, '…');
  };

  it.each([
    ['gentle', 5],
    ['all', 5],
  ])('with %s faults ends, and what happened replays', async (faults, seeds) => {
    const plain = await runRecorded(program, join(folder, `${program.name}-${faults}.wrr`));
    for (let seed = 1; seed <= seeds; seed++) {
      const trace = join(folder, `${program.name}-${faults}-${seed}.wrr`);
      const run = await runRecorded(program, trace, { chaos: { seed, faults: [faults] } });
      const replayed = await runReplayed(trace);
      expect(replayed).toMatchObject({ status: 'identical', exit: run.exit });
      expect(replayed.stdout.equals(run.stdout)).toBe(true);
      if (faults !== 'gentle') continue;
      expect(run.exit, `seed ${seed}`).toBe(plain.exit);
      expect(shown(run.stdout)).toBe(shown(plain.stdout));
      expect(run.files).toEqual(plain.files);
    }
  });
});
