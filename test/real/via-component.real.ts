/** Whole programs in C and C++ through the standard adapter: they do as they do as core modules. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleCases } from '../../examples/cases.ts';
import { realCases } from '../../examples/real-cases.ts';
import { programOf } from './program.ts';
import { type RecordedRun, runRecorded, runReplayed } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-via-component-'));
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(() => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
});

afterAll(() => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  rmSync(folder, { recursive: true, force: true });
});

/** What chance and time leave alone, and what has an end. */
const programs = [...exampleCases(), ...realCases()]
  .filter(({ flaky, timeout, name }) => !flaky && timeout === undefined && name.endsWith('-O2'))
  .map(programOf);

/** A comparison of the memory at each of its calls takes two minutes. */
const CALLS_ONLY: ReadonlySet<string> = new Set(['syscalls-O2']);

/** wasi:cli/exit knows success and failure only. */
function ending({ report: { outcome } }: RecordedRun): unknown {
  if (outcome.kind === 'exit') return outcome.code === 0 ? 'success' : 'failure';
  return outcome.kind === 'trap' ? outcome.trap.kind : outcome;
}

describe.each(programs)('$name', (program) => {
  it('prints and writes what the core module does, and replays', async () => {
    const trace = join(folder, `${program.name}.wrr`);
    const core = await runRecorded(program, trace);
    const component = await runRecorded(program, `${trace}2`, {
      viaComponent: true,
      paranoid: !CALLS_ONLY.has(program.name),
    });
    expect(ending(component)).toEqual(ending(core));
    expect(component.stdout.toString('latin1')).toBe(core.stdout.toString('latin1'));
    expect(component.files).toEqual(core.files);
    expect((await runReplayed(`${trace}2`)).status).toBe('identical');
  });
});
