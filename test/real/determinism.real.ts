/** Whole programs with made-up time and random bytes: what differs from run to run is the same then. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realCases } from '../../examples/real-cases.ts';
import { NPM_PROGRAMS } from './npm-programs.ts';
import { programOf } from './program.ts';
import { runRecorded, runReplayed } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-determinism-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SAME = { clock: {}, random: {} };

const programs = [...realCases().map(programOf), ...NPM_PROGRAMS].filter(({ large }) => !large);

describe.each(programs)('$name', (program) => {
  it('prints and writes the same twice, times and random data included, and replays', async () => {
    const trace = join(folder, `${program.name}.wrr`);
    const first = await runRecorded(program, trace, SAME);
    const second = await runRecorded(program, `${trace}2`, SAME);
    expect(second.exit).toBe(first.exit);
    expect(second.stdout.toString('latin1')).toBe(first.stdout.toString('latin1'));
    expect(second.stderr.toString('latin1')).toBe(first.stderr.toString('latin1'));
    expect(second.files).toEqual(first.files);
    expect((await runReplayed(trace)).status).toBe('identical');
  });
});
